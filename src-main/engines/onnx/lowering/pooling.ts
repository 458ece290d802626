import type { Pool2dAttributes, ValueId } from '../../../../src-shared/program/types.ts';
import type { LoweringContext, Lowerings } from './context.ts';
import { staticExtents } from './context.ts';
import { onnxPads, windowAxes } from './windows.ts';

/** MaxPool; the first maximum of a window wins in its indices, as the program's gradient wants. */
function writeMaxPool(
  context: LoweringContext,
  x: ValueId,
  { poolSize, strides, padding }: Pool2dAttributes,
  withIndices: boolean,
): readonly string[] {
  const [height, width] = staticExtents(context, x, [1, 2]);
  const axes = windowAxes([height!, width!], poolSize, strides, [1, 1], padding);
  return context.writer.nodes('MaxPool', [context.getChannelsFirst(x)], withIndices ? 2 : 1, {
    kernel_shape: poolSize,
    strides,
    pads: onnxPads(axes),
  });
}

export const poolingLowerings: Lowerings<'maxPool2d' | 'maxPool2dGradient'> = {
  maxPool2d(context, { attributes, inputs: [x], outputs: [output] }) {
    const withIndices = context.pooledWithGradient.has(output!);
    const [pooled, indices] = writeMaxPool(context, x!, attributes, withIndices);
    context.bindChannelsFirst(output!, pooled!);
    if (indices !== undefined) context.poolIndices.set(output!, indices);
  },

  /** Indices count from the start of the whole tensor, so all gradients are added in one flat scatter. */
  maxPool2dGradient(context, { attributes, inputs: [x, pooled, gradient], outputs: [output] }) {
    const { writer } = context;
    const indices = context.poolIndices.get(pooled!) ?? writeMaxPool(context, x!, attributes, true)[1]!;
    const dy = context.getChannelsFirst(gradient!);
    const shape = context.channelsFirstShapeOf(x!);
    const flat = writer.integers([-1]);
    const size = writer.node('ReduceProd', [shape], { keepdims: 1 });
    const zeros = writer.node('Expand', [writer.float(0), size]);
    const scattered = writer.node(
      'ScatterElements',
      [zeros, writer.node('Reshape', [indices, flat]), writer.node('Reshape', [dy, flat])],
      { axis: 0, reduction: 'add' },
    );
    context.bindChannelsFirst(output!, writer.node('Reshape', [scattered, shape]));
  },
};
