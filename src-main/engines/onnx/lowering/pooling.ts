import type { Pool2dAttributes, ValueId } from '../../../../src-shared/program/language/types.ts';
import type { LoweringContext, Lowerings } from './context.ts';
import { staticExtents } from './context.ts';
import type { WindowAxis } from './windows.ts';
import { onnxPads, windowAxes } from './windows.ts';

/** MaxPool. Its indices are those of the first maximum of a window, as the program's gradient requires. */
function writeMaxPool(
  context: LoweringContext,
  x: ValueId,
  attributes: Pool2dAttributes,
  withIndices: boolean,
): readonly string[] {
  return context.writer.nodes('MaxPool', [context.getChannelsFirst(x)], withIndices ? 2 : 1, {
    kernel_shape: attributes.poolSize,
    strides: attributes.strides,
    pads: onnxPads(poolAxes(context, x, attributes)),
  });
}

function poolAxes(
  context: LoweringContext,
  x: ValueId,
  { poolSize, strides, padding }: Pool2dAttributes,
): readonly WindowAxis[] {
  return windowAxes(staticExtents(context, x, [1, 2]), poolSize, strides, [1, 1], padding);
}

/** Number of elements of the image in each window along one axis; padding does not count. */
function coveredCounts({ inputSize, outputSize, windowSize, stride, padBefore }: WindowAxis): readonly number[] {
  return Array.from({ length: outputSize }, (_, index) => {
    const start = index * stride - padBefore;
    return Math.min(start + windowSize, inputSize) - Math.max(start, 0);
  });
}

export const poolingLowerings: Lowerings<
  'maxPool2d' | 'maxPool2dGradient' | 'averagePool2d' | 'averagePool2dGradient'
> = {
  maxPool2d(context, { attributes, inputs: [x], outputs: [output] }) {
    // A MaxPool with indices is not joined with a Pad.
    const withIndices = context.pooledWithGradient.has(output!) || context.padded.has(x!);
    const [pooled, indices] = writeMaxPool(context, x!, attributes, withIndices);
    context.bindChannelsFirst(output!, pooled!);
    if (indices !== undefined) context.poolIndices.set(output!, indices);
  },

  /** Indices are relative to the whole tensor, so one flat scatter adds all gradients. */
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
  averagePool2d(context, { attributes, inputs: [x], outputs: [output] }) {
    const pooled = context.writer.node('AveragePool', [context.getChannelsFirst(x!)], {
      kernel_shape: attributes.poolSize,
      strides: attributes.strides,
      pads: onnxPads(poolAxes(context, x!, attributes)),
      count_include_pad: 0,
    });
    context.bindChannelsFirst(output!, pooled);
  },

  /** Distributes each gradient equally over its window: a transposed convolution with ones. */
  averagePool2dGradient(context, { attributes: { poolSize, strides, padding }, inputs, outputs: [output] }) {
    const { writer } = context;
    const [like, gradient] = inputs;
    const axes = poolAxes(context, like!, { poolSize, strides, padding });
    const [rows, columns] = axes.map(coveredCounts);
    const shares = rows!.flatMap((height) => columns!.map((width) => 1 / (height * width)));
    const size = [rows!.length, columns!.length];
    // Treat every channel of every image as an image with one channel.
    const flat = writer.node('Reshape', [context.getChannelsFirst(gradient!), writer.integers([-1, 1, ...size])]);
    const shared = writer.node('Mul', [flat, writer.constant('float32', size, shares)]);
    const ones = new Array<number>(poolSize[0] * poolSize[1]).fill(1);
    const spread = writer.node('ConvTranspose', [shared, writer.constant('float32', [1, 1, ...poolSize], ones)], {
      kernel_shape: poolSize,
      strides,
      pads: onnxPads(axes),
      output_padding: axes.map((axis) => axis.remainder),
    });
    context.bindChannelsFirst(output!, writer.node('Reshape', [spread, context.channelsFirstShapeOf(like!)]));
  },
};
