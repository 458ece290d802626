import type { OperatorContext } from './graph-writer.ts';
import { activated, dilationBefore } from './kernels.ts';
import { int } from './node-attributes.ts';

/** Operations that move, copy or leave out values. */

const same =
  (op: string) =>
  (context: OperatorContext): string =>
    context.node(op, context.values());

function reshape(context: OperatorContext): string {
  if (context.has(1)) return context.node('Reshape', [context.value(0), context.value(1)]);
  return context.reshaped(context.value(0), context.optionList(0));
}

/** A size that is the whole axis is -1, so that one example stands for any number of them. */
function slice(context: OperatorContext): string {
  const [begin, sizes, { shape }] = [context.numbers(1), context.numbers(2), context.tensor(0)];
  if (begin === null || sizes === null) return context.node('Slice', context.values());
  const whole = sizes.map((size, axis) => (begin[axis] === 0 && size === shape[axis] ? -1 : size));
  return context.node('Slice', [context.value(0), context.integers(...begin), context.integers(...whole)]);
}

const MASKS = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'] as const;

function stridedSlice(context: OperatorContext): string {
  if (context.byte(MASKS.length) !== 0) return context.refused('with offsets');
  const attr = Object.fromEntries(MASKS.map((mask, field) => [mask, int(context.option(field))]));
  return context.node('StridedSlice', context.values(), attr);
}

/** Several outputs of one node. */
function outputsOf({ operator }: OperatorContext, node: string): string[] {
  return operator.outputs.map((_, index) => `${node}:${index}`);
}

function pad(context: OperatorContext): string {
  if (!context.has(2)) return context.node('Pad', [context.value(0), context.value(1)]);
  const value = context.arranged(2, { shape: [] });
  return value === null
    ? context.refused('with a computed value')
    : context.node('PadV2', [context.value(0), context.value(1), value]);
}

/** Pictures in blocks, around a convolution: it is one with dilations. */
function spaceToBatch(context: OperatorContext): string {
  const { writer, operator } = context;
  const [output = -1] = operator.outputs;
  const readers = writer.readersOf(output);
  const areDilated = readers.length > 0 && readers.every((reader) => dilationBefore(writer, reader) !== null);
  if (!areDilated || writer.isOutput(output)) return context.refused('without a convolution after it');
  return context.node('Identity', [context.value(0)]);
}

function batchToSpace(context: OperatorContext): string {
  const [crops, before] = [context.numbers(2), context.writer.producerOf(context.operator.inputs[0] ?? -1)];
  const dilation = before === null ? null : dilationBefore(context.writer, before);
  if (crops === null || dilation === null) return context.refused('without a convolution before it');
  if (crops.every((margin) => margin === 0)) return context.node('Identity', [context.value(0)]);
  return context.node('Cropped', [context.value(0), context.integers(...crops)]);
}

/** Values one after the other along an axis. */
export function joined(context: OperatorContext): string {
  const value = context.node('ConcatV2', [...context.values(), context.integers(context.option(0))]);
  return activated(context, value, context.byte(1));
}

export const moves = {
  RESHAPE: reshape,
  TRANSPOSE: same('Transpose'),
  EXPAND_DIMS: same('ExpandDims'),
  SLICE: slice,
  STRIDED_SLICE: stridedSlice,
  PAD: same('Pad'),
  PADV2: pad,
  TILE: same('Tile'),
  REVERSE_V2: same('ReverseV2'),
  SHAPE: same('Shape'),
  FILL: same('Fill'),
  RANGE: same('Range'),
  SPLIT: (context: OperatorContext) => {
    return outputsOf(context, context.node('Split', context.values(), { num_split: int(context.option(0)) }));
  },
  SPLIT_V: (context: OperatorContext) => outputsOf(context, context.node('SplitV', context.values())),
  UNPACK: (context: OperatorContext) => {
    return outputsOf(context, context.node('Unpack', context.values(), { axis: int(context.option(1)) }));
  },
  GATHER: (context: OperatorContext) => {
    const inputs = [context.value(0), context.value(1), context.integers(context.option(0))];
    return context.node('GatherV2', inputs, { batch_dims: int(context.option(1)) });
  },
  EMBEDDING_LOOKUP: (context: OperatorContext) => {
    return context.node('GatherV2', [context.value(1), context.value(0), context.integers(0)]);
  },
  DEPTH_TO_SPACE: (context: OperatorContext) => {
    return context.node('DepthToSpace', context.values(), { block_size: int(context.option(0)) });
  },
  SPACE_TO_DEPTH: (context: OperatorContext) => {
    return context.node('SpaceToDepth', context.values(), { block_size: int(context.option(0)) });
  },
  SPACE_TO_BATCH_ND: spaceToBatch,
  BATCH_TO_SPACE_ND: batchToSpace,
} as const;
