import type { Conv2dAttributes, ValueId } from '../../../../src-shared/program/types.ts';
import type { LoweringContext, Lowerings } from './context.ts';
import { staticExtents } from './context.ts';
import type { WindowAxis } from './windows.ts';
import { onnxPads, windowAxes } from './windows.ts';

interface Geometry {
  readonly axes: readonly [WindowAxis, WindowAxis];
  readonly kernelSize: readonly [number, number];
  /** Input channels of one group. */
  readonly groupChannels: number;
  readonly filters: number;
}

function geometry(context: LoweringContext, image: ValueId, kernel: ValueId, attributes: Conv2dAttributes): Geometry {
  const [height, width] = staticExtents(context, image, [1, 2]);
  const [kernelHeight, kernelWidth, groupChannels, filters] = staticExtents(context, kernel, [0, 1, 2, 3]);
  const kernelSize = [kernelHeight!, kernelWidth!] as const;
  const { strides, dilations, padding } = attributes;
  const axes = windowAxes([height!, width!], kernelSize, strides, dilations, padding);
  return { axes, kernelSize, groupChannels: groupChannels!, filters: filters! };
}

/** HWIO to filters, channels of a group, height, width: what Conv and ConvTranspose both read. */
function filtersFirst(context: LoweringContext, kernel: ValueId): string {
  return context.writer.node('Transpose', [context.get(kernel)], { perm: [3, 2, 0, 1] });
}

export const convolutionLowerings: Lowerings<'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient'> = {
  conv2d(context, { attributes, inputs: [x, kernel], outputs: [output] }) {
    const { axes, kernelSize } = geometry(context, x!, kernel!, attributes);
    const result = context.writer.node('Conv', [context.getChannelsFirst(x!), filtersFirst(context, kernel!)], {
      kernel_shape: kernelSize,
      strides: attributes.strides,
      dilations: attributes.dilations,
      group: attributes.groups,
      pads: onnxPads(axes),
    });
    context.bindChannelsFirst(output!, result);
  },

  conv2dInputGradient(context, { attributes, inputs: [like, kernel, gradient], outputs: [output] }) {
    const { axes, kernelSize } = geometry(context, like!, kernel!, attributes);
    const { strides, dilations, groups } = attributes;
    const dy = context.getChannelsFirst(gradient!);
    const mirroredPads = axes.map(({ windowSize, padBefore, padAfter, remainder }) => ({
      before: windowSize - 1 - padBefore,
      after: windowSize - 1 - padAfter + remainder,
    }));
    const direct =
      groups === 1 &&
      strides.every((stride) => stride === 1) &&
      mirroredPads.every((pad) => pad.before >= 0 && pad.after >= 0);
    if (direct) {
      // Stride 1: a convolution with the kernel turned by 180 degrees, much faster than ConvTranspose.
      const { writer } = context;
      const swapped = writer.node('Transpose', [context.get(kernel!)], { perm: [2, 3, 0, 1] });
      const turned = writer.node('Slice', [
        swapped,
        writer.integers([-1, -1]),
        writer.integers([-Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]),
        writer.integers([2, 3]),
        writer.integers([-1, -1]),
      ]);
      const pads = [...mirroredPads.map((pad) => pad.before), ...mirroredPads.map((pad) => pad.after)];
      const result = writer.node('Conv', [dy, turned], {
        kernel_shape: kernelSize,
        dilations,
        pads,
        group: 1,
        strides,
      });
      context.bindChannelsFirst(output!, result);
      return;
    }
    const result = context.writer.node('ConvTranspose', [dy, filtersFirst(context, kernel!)], {
      kernel_shape: kernelSize,
      strides,
      dilations,
      group: groups,
      pads: onnxPads(axes),
      output_padding: axes.map((axis) => axis.remainder),
    });
    context.bindChannelsFirst(output!, result);
  },

  /**
   * A convolution in which the batch plays the channels: images as [channels, N, H, W],
   * gradients as kernels [filters, N, OH, OW]; strides and dilations change roles.
   */
  conv2dKernelGradient(context, { attributes, inputs: [x, kernel, gradient], outputs: [output] }) {
    const { writer } = context;
    const { axes, kernelSize, groupChannels } = geometry(context, x!, kernel!, attributes);
    const { strides, dilations, groups } = attributes;
    const images = channelsBeforeBatch(context, x!, axes, groups, groupChannels);
    const kernels = swapBatchAndChannels(context, gradient!);
    const full = writer.node('Conv', [images, kernels], {
      kernel_shape: axes.map((axis) => axis.outputSize),
      strides: dilations,
      dilations: strides,
      group: groups,
      pads: onnxPads(axes),
    });
    // Elements that no window covers add positions after the kernel's own.
    const exact = axes.every((axis) => axis.remainder < axis.dilation);
    const cropped = exact
      ? full
      : writer.node('Slice', [full, writer.integers([0, 0]), writer.integers(kernelSize), writer.integers([2, 3])]);
    context.bind(output!, writer.node('Transpose', [cropped], { perm: [2, 3, 0, 1] }));
  },
};

function swapBatchAndChannels(context: LoweringContext, value: ValueId): string {
  const { writer } = context;
  return context.has(value, 'channelsFirst')
    ? writer.node('Transpose', [context.getChannelsFirst(value)], { perm: [1, 0, 2, 3] })
    : writer.node('Transpose', [context.get(value)], { perm: [3, 0, 1, 2] });
}

/** Images as [channels of a group, groups · N, H, W]: each group of the convolution reads its own channels. */
function channelsBeforeBatch(
  context: LoweringContext,
  x: ValueId,
  [height, width]: readonly [WindowAxis, WindowAxis],
  groups: number,
  groupChannels: number,
): string {
  const swapped = swapBatchAndChannels(context, x);
  if (groups === 1) return swapped;
  const { writer } = context;
  const size = [height.inputSize, width.inputSize];
  const apart = writer.node('Reshape', [swapped, writer.integers([groups, groupChannels, -1, ...size])]);
  const ordered = writer.node('Transpose', [apart], { perm: [1, 0, 2, 3, 4] });
  return writer.node('Reshape', [ordered, writer.integers([groupChannels, -1, ...size])]);
}
