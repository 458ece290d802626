import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import type { LoweringContext } from './context.ts';
import type { Geometry } from './geometry.ts';

/** "To the start of the axis" in ONNX's Slice with a negative step. */
const TO_THE_START = Number.MIN_SAFE_INTEGER;

/**
 * Whether a convolution computes the input gradient faster than ConvTranspose. Requires strides of
 * 1. ONNX Runtime's Conv is faster if it reads no more than ConvTranspose would write, and always
 * over three axes. Measured on 64 images of 26 × 26 and kernels of 3 × 3:
 * depthwise, 32 channels, 8 ms instead of 12; 32 to 64 channels, 34 instead of 25; on 32 volumes of
 * 7 × 7 × 7, 16 to 32 channels, 14 instead of 20.
 */
export function isFasterAsConvolution({ axes, groups, groupChannels, filters }: Geometry): boolean {
  const everyStepOne = axes.every(
    ({ stride, windowSize, padBefore, padAfter }) => stride === 1 && padBefore < windowSize && padAfter < windowSize,
  );
  return everyStepOne && (axes.length > 2 || groups > 1 || filters <= groupChannels);
}

/** The convolution of the gradient with the kernel reversed along its spatial axes, channels and filters swapped. */
export function writeInputGradientAsConvolution(
  context: LoweringContext,
  kernel: ValueId,
  gradient: ValueId,
  { axes, kernelSize, groups, groupChannels, filters }: Geometry,
): string {
  const { writer } = context;
  const each = <Item>(item: Item): Item[] => axes.map(() => item);
  const spatial = axes.map((_, axis) => axis);
  const reversed = writer.node('Slice', [
    context.get(kernel),
    writer.integers(each(-1)),
    writer.integers(each(TO_THE_START)),
    writer.integers(spatial),
    writer.integers(each(-1)),
  ]);
  // [...window, channels of a group, groups, filters of a group] to [groups · channels, filters, ...window].
  const apart = writer.node('Reshape', [
    reversed,
    writer.integers([...kernelSize, groupChannels, groups, filters / groups]),
  ]);
  const rank = axes.length;
  const swapped = writer.node('Transpose', [apart], { perm: [rank + 1, rank, rank + 2, ...spatial] });
  const weights = writer.node('Reshape', [
    swapped,
    writer.integers([groups * groupChannels, filters / groups, ...kernelSize]),
  ]);
  return writer.node('Conv', [context.getChannelsFirst(gradient), weights], {
    kernel_shape: kernelSize,
    strides: each(1),
    dilations: axes.map(({ dilation }) => dilation),
    group: groups,
    pads: [
      ...axes.map(({ windowSize, padBefore }) => windowSize - 1 - padBefore),
      ...axes.map(({ windowSize, padAfter }) => windowSize - 1 - padAfter),
    ],
  });
}
