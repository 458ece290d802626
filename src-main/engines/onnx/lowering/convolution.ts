import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import type { LoweringContext, Lowerings, OperationOf } from './context.ts';
import { geometryOf, windowedExtents } from './geometry.ts';
import { isFasterAsConvolution, writeInputGradientAsConvolution } from './input-gradient.ts';
import { writeKernelGradientAsConvolution, writeKernelGradientByPosition } from './kernel-gradient.ts';
import { onnxPads } from './windows.ts';

// Convolutions over two or three axes: ONNX's operators accept any number.

/** Kernels with more positions would need too many nodes for their gradient. */
const MAX_POSITIONS = 49;

/** HWIO to [filters, channels of a group, height, width], as Conv and ConvTranspose require. */
function filtersFirst(context: LoweringContext, kernel: ValueId): string {
  const rank = context.rank(kernel);
  const perm = [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, axis) => axis)];
  return context.writer.node('Transpose', [context.get(kernel)], { perm });
}

function convolution(
  context: LoweringContext,
  { attributes, inputs: [x, kernel], outputs: [output] }: OperationOf<'conv2d' | 'conv3d'>,
): void {
  const { axes, kernelSize } = geometryOf(context, windowedExtents(context, x!), kernel!, attributes);
  const result = context.writer.node('Conv', [context.getChannelsFirst(x!), filtersFirst(context, kernel!)], {
    kernel_shape: kernelSize,
    strides: attributes.strides,
    dilations: attributes.dilations,
    group: attributes.groups,
    pads: onnxPads(axes),
  });
  context.bindChannelsFirst(output!, result);
}

function inputGradient(
  context: LoweringContext,
  {
    attributes,
    inputs: [kernel, gradient],
    outputs: [output],
  }: OperationOf<'conv2dInputGradient' | 'conv3dInputGradient'>,
): void {
  const shape = geometryOf(context, attributes.inputSize, kernel!, attributes);
  if (isFasterAsConvolution(shape)) {
    context.bindChannelsFirst(output!, writeInputGradientAsConvolution(context, kernel!, gradient!, shape));
    return;
  }
  const { axes, kernelSize } = shape;
  const { strides, dilations, groups } = attributes;
  const inputs = [context.getChannelsFirst(gradient!), filtersFirst(context, kernel!)];
  const result = context.writer.node('ConvTranspose', inputs, {
    kernel_shape: kernelSize,
    strides,
    dilations,
    group: groups,
    pads: onnxPads(axes),
    output_padding: axes.map((axis) => axis.remainder),
  });
  context.bindChannelsFirst(output!, result);
}

function kernelGradient(
  context: LoweringContext,
  {
    attributes,
    inputs: [x, kernel, gradient],
    outputs: [output],
  }: OperationOf<'conv2dKernelGradient' | 'conv3dKernelGradient'>,
): void {
  const shape = geometryOf(context, windowedExtents(context, x!), kernel!, attributes);
  const positions = shape.kernelSize.reduce((product, size) => product * size, 1);
  const write = positions <= MAX_POSITIONS ? writeKernelGradientByPosition : writeKernelGradientAsConvolution;
  context.bind(output!, write(context, x!, gradient!, shape));
}

export const convolutionLowerings: Lowerings<
  'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient' | 'conv3d' | 'conv3dInputGradient' | 'conv3dKernelGradient'
> = {
  conv2d: convolution,
  conv2dInputGradient: inputGradient,
  conv2dKernelGradient: kernelGradient,
  conv3d: convolution,
  conv3dInputGradient: inputGradient,
  conv3dKernelGradient: kernelGradient,
};
