import { repeatElements } from '../../../../src-shared/layers/kinds/shape/repeat.ts';
import { interpolateElements } from '../../../../src-shared/layers/kinds/shape/up-sampling.ts';
import { made } from '../../../../src-shared/interchange/onnx/graph/constants.ts';
import { slicesOf, unsqueezedShape } from '../../../../src-shared/interchange/onnx/graph/fold-constants.ts';
import { numbersAttribute, textAttribute } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxTensor } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import { NodeRefusal, roles } from '../../operations/graph-program.ts';
import { mirrored, partsAlong } from '../../operations/moved-values.ts';
import { computed, emitting } from './onnx-context.ts';
import type { OnnxContext, OnnxConverter, OnnxValue } from './onnx-context.ts';

/** Operations that move or copy values, and those on shapes. */

const MAX_REPEATS = 1000;

/** A constant that can depend on the number of examples. */
function listForBatches(values: readonly [readonly number[], readonly number[]], shape?: readonly number[]): OnnxValue {
  const [a, b] = values.map((list) => made('int64', shape ?? [list.length], list));
  return { kind: 'constant', constant: { forBatches: [a!, b!], names: new Set(), initializers: new Set() } };
}

function shapeOf(context: OnnxContext): OnnxValue {
  const x = context.value(0);
  const [start, end] = [context.number('start', 0), context.number('end', Number.MAX_SAFE_INTEGER)];
  const [a, b] = ([0, 1] as const).map((batch) => context.program.sizesFor(x, batch).slice(start, end));
  return listForBatches([a!, b!]);
}

function sizeOf(context: OnnxContext): OnnxValue {
  const x = context.value(0);
  const [a, b] = ([0, 1] as const).map((batch) => [
    context.program.sizesFor(x, batch).reduce((p, size) => p * size, 1),
  ]);
  return listForBatches([a!, b!], []);
}

function reshape(context: OnnxContext): ValueId {
  const x = context.value(0);
  const keepsZeros = context.number('allowzero', 0) !== 0;
  const given = context.has(1) ? context.numbersForBatches(1) : null;
  const attribute = numbersAttribute(context.node, 'shape') ?? [];
  const [a, b] = ([0, 1] as const).map((batch) => {
    const sizes = context.program.sizesFor(x, batch);
    return (given?.[batch] ?? attribute).map((size, axis) => (size === 0 && !keepsZeros ? (sizes[axis] ?? 0) : size));
  });
  return context.program.reshape(x, [a!, b!]);
}

function flatten(context: OnnxContext): ValueId {
  const x = context.value(0);
  const rank = context.builder.shapeOf(x).length;
  const given = context.number('axis', 1);
  const axis = given < 0 ? given + rank : given;
  if (!(axis >= 1 && axis <= rank)) throw new NodeRefusal('a batch that is joined with other axes');
  const [a, b] = ([0, 1] as const).map((batch) => {
    const sizes = context.program.sizesFor(x, batch);
    const product = (list: readonly number[]): number => list.reduce((total, size) => total * size, 1);
    return [product(sizes.slice(0, axis)), product(sizes.slice(axis))];
  });
  return context.program.reshape(x, [a!, b!]);
}

function squeeze(context: OnnxContext): ValueId {
  const shape = context.shape(0);
  const given = context.list(1, 'axes')?.map((axis) => context.axis(axis, shape));
  const removed = given ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  if (removed.some((axis) => shape[axis] !== 1)) throw new NodeRefusal('an axis to remove whose size is not 1');
  const kept = shape.filter((_, axis) => !removed.includes(axis));
  return context.builder.reshape(context.value(0), kept);
}

function unsqueeze(context: OnnxContext): ValueId {
  const shape = context.shape(0);
  const sizes = unsqueezedShape(
    shape.map((size) => size ?? -1),
    context.list(1, 'axes') ?? [],
  );
  const result = sizes.map((size) => (size === -1 ? null : size));
  if (shape[0] === null && result[0] !== null) throw new NodeRefusal('a new axis before the batch axis');
  return context.builder.reshape(context.value(0), result);
}

function transpose(context: OnnxContext): ValueId {
  const shape = context.shape(0);
  const order = numbersAttribute(context.node, 'perm') ?? [...shape.keys()].toReversed();
  if (shape[0] === null && order[0] !== 0) throw new NodeRefusal('a batch axis that is moved');
  return context.builder.transpose(context.value(0), order);
}

/** In a file for one example, values without examples are the same for all of them. */
function forEachExample({ builder, program }: OnnxContext, values: readonly ValueId[]): readonly ValueId[] {
  const example = values.find((value) => builder.shapeOf(value)[0] === null);
  if (example === undefined || program.fixedBatch !== 1) return values;
  return values.map((value) => {
    const [first, ...sizes] = builder.shapeOf(value);
    if (first !== 1) return value;
    return builder.plain('broadcastLike', value, program.valueLike([null, ...sizes], example));
  });
}

function concat(context: OnnxContext): ValueId {
  const values = context.inputs.map((_, index) => context.value(index));
  const shape = context.builder.shapeOf(values[0]!);
  const axis = context.axis(context.number('axis', 1), shape);
  context.requireWithin([axis], shape);
  return context.builder.concat(forEachExample(context, values), axis);
}

const split: OnnxConverter = (context) => {
  const x = context.value(0);
  const shape = context.builder.shapeOf(x);
  const axis = context.axis(context.number('axis', 0), shape);
  context.requireWithin([axis], shape);
  const size = shape[axis]!;
  const count = context.node.outputs.length;
  const each = Math.ceil(size / count);
  const even = Array.from({ length: count }, (_, at) => Math.min(each, size - at * each));
  const sizes = context.list(1, 'split') ?? even;
  if (sizes.some((part) => part < 1) || sizes.reduce((sum, part) => sum + part, 0) !== size) {
    throw new NodeRefusal(`parts of ${sizes.join(', ')} of ${size}`);
  }
  return partsAlong(context.builder, x, axis, sizes).map(computed);
};

/** Indices along an axis. */
function gathered({ builder }: OnnxContext, x: ValueId, axis: number, indices: readonly number[]): ValueId {
  return builder.gather(x, builder.constant('int32', [indices.length], indices), axis);
}

function slice(context: OnnxContext): ValueId {
  const x = context.value(0);
  const shape = context.builder.shapeOf(x);
  const [a, b] = ([0, 1] as const).map((batch) => {
    const tensors = context.inputs.map((input) =>
      input?.kind === 'constant' ? input.constant.forBatches[batch] : null,
    );
    if (context.inputs.some((input, index) => index > 0 && input?.kind === 'computed')) {
      throw new NodeRefusal('a slice that depends on the examples');
    }
    return slicesOf(context.node, tensors, context.program.sizesFor(x, batch));
  });
  return a!.reduce((value, { axis, start, step, count }, index) => {
    const other = b![index]!;
    if (shape[axis] === null) {
      const isWhole = [a![index]!, other].every((each, batch) => {
        return each.start === 0 && each.step === 1 && each.count === context.program.sizesFor(x, batch as 0 | 1)[0];
      });
      if (isWhole) return value;
      throw new NodeRefusal('a part of a batch');
    }
    if (start !== other.start || count !== other.count || count === 0)
      throw new NodeRefusal('a slice without a known size');
    const now = context.builder.shapeOf(value);
    if (step === 1) {
      const starts = now.map((_, each) => (each === axis ? start : 0));
      return context.builder.slice(
        value,
        starts,
        now.map((_, each) => (each === axis ? count : -1)),
      );
    }
    if (step === -1 && count === shape[axis]) return context.builder.reverse(value, axis);
    return gathered(
      context,
      value,
      axis,
      Array.from({ length: count }, (_, at) => start + at * step),
    );
  }, x);
}

function gather(context: OnnxContext): ValueId {
  const { builder } = context;
  const isTable = !context.isComputed(0);
  const x = context.value(0, roles.embeddings);
  const shape = builder.shapeOf(x);
  const axis = context.axis(context.number('axis', 0), shape);
  context.requireWithin([axis], shape);
  const size = shape[axis]!;
  if (context.isComputed(1)) {
    const indices = context.value(1);
    if (!isTable && builder.shapeOf(indices).includes(null))
      throw new NodeRefusal('indices into the examples of a batch');
    // Negative indices count from the end.
    const isNegative = builder.plain('less', indices, builder.constant('int32', [], [0]));
    const counted = builder.add(indices, builder.constant('int32', [], [size]));
    return builder.gather(x, builder.select(isNegative, counted, indices), axis);
  }
  const given = context.constant(1).forBatches[0];
  const indices = context.numbers(1).map((index) => (index < 0 ? index + size : index));
  if (indices.some((index) => !(index >= 0 && index < size))) throw new NodeRefusal(`an index outside ${size} rows`);
  if (given.shape.length === 0) {
    const [part] = partsAlong(builder, x, axis, [1], indices[0]!);
    return builder.reshape(part!, shape.toSpliced(axis, 1));
  }
  return builder.gather(x, builder.constant('int32', given.shape, indices), axis);
}

/** Sizes that are the same for both numbers of examples, or that of the batch. */
function sizesOf(context: OnnxContext, a: readonly number[], b: readonly number[]): (number | null)[] {
  const [first, second] = context.program.sizesOfBatch;
  return a.map((size, axis): number | null => {
    if (size === b[axis]) return size;
    if (axis === 0 && size === first && b[axis] === second) return null;
    throw new NodeRefusal('a shape that depends on the number of examples in another way');
  });
}

/** One number for each size, where the sizes depend on the number of examples. */
function constantOfShape(context: OnnxContext): ValueId {
  const { builder, node, program } = context;
  const filler = node.attributes.get('value');
  const tensor = typeof filler === 'object' && filler !== null && 'values' in filler ? (filler as OnnxTensor) : null;
  if (tensor !== null && tensor.type !== 'float32') throw new NodeRefusal(`numbers of type ${tensor.type}`);
  const value = builder.scalar(tensor?.values()[0] ?? 0);
  return builder.plain(
    'broadcastLike',
    value,
    program.valueLike(sizesOf(context, ...context.numbersForBatches(0)), value),
  );
}

/** A value repeated to the shape of a larger one. Sizes of 1 keep the value's. */
function expand(context: OnnxContext): ValueId {
  const { builder, program } = context;
  const x = context.value(0);
  const shape = builder.shapeOf(x);
  const target = context.numbersForBatches(1);
  const rank = Math.max(shape.length, target[0].length);
  const sized = (sizes: readonly number[]): number[] => [...new Array<number>(rank - sizes.length).fill(1), ...sizes];
  const [a, b] = ([0, 1] as const).map((batch) => {
    const own = sized(program.sizesFor(x, batch));
    const wanted = sized(target[batch]);
    if (program.fixedBatch !== null && wanted[0] === program.fixedBatch && shape[0] === null) wanted[0] = 1;
    return own.map((size, axis) => (wanted[axis] === 1 ? size : wanted[axis]!));
  });
  return builder.plain('broadcastLike', x, program.valueLike(sizesOf(context, a!, b!), x));
}

function tile(context: OnnxContext): ValueId {
  return context.numbers(1).reduce((value, times, axis) => {
    if (times === 1) return value;
    const isBatch = context.builder.shapeOf(value)[axis] === null;
    if (isBatch || !(times > 0 && times <= MAX_REPEATS))
      throw new NodeRefusal(`${times} repetitions along axis ${axis}`);
    return context.builder.concat(new Array<ValueId>(times).fill(value), axis);
  }, context.value(0));
}

function pad(context: OnnxContext): ValueId {
  const { builder, node } = context;
  const x = context.value(0);
  const shape = builder.shapeOf(x);
  const given = context.list(1, 'pads') ?? numbersAttribute(node, 'paddings') ?? [];
  const axes = context.has(3) ? context.numbers(3).map((axis) => context.axis(axis, shape)) : [...shape.keys()];
  if (given.length !== 2 * axes.length) throw new NodeRefusal(`${given.length} pads for ${axes.length} axes`);
  const [before, after] = [0, axes.length]
    .map((offset) =>
      [...shape.keys()].map((axis) => given[axes.indexOf(axis) + offset * Number(axes.includes(axis))] ?? 0),
    )
    .map((list) => list.map((size, axis) => (axes.includes(axis) ? size : 0)));
  if ([...before!, ...after!].some((size) => size < 0)) throw new NodeRefusal('negative pads');
  const mode = textAttribute(node, 'mode', 'constant');
  if (mode === 'reflect') return mirrored(builder, x, before!, after!, 1);
  if (mode !== 'constant') throw new NodeRefusal(`the mode ${mode}`);
  const value = context.has(2) ? (context.numbers(2)[0] ?? 0) : context.number('value', 0);
  if (!Number.isFinite(value)) throw new NodeRefusal('pads that are not finite');
  return builder.pad(x, before!, after!, Math.fround(value));
}

/** By whole numbers. */
function resize(context: OnnxContext): ValueId {
  const { builder, node, opset } = context;
  const x = context.value(0);
  const shape = builder.shapeOf(x);
  const isEarly = opset < 11;
  const axes = numbersAttribute(node, 'axes')?.map((axis) => context.axis(axis, shape)) ?? [...shape.keys()];
  const scalesAt = isEarly ? 1 : 2;
  const listed = context.has(scalesAt) ? context.numbers(scalesAt) : (numbersAttribute(node, 'scales') ?? []);
  const sizes = !isEarly && listed.length === 0 && context.has(3) ? context.numbersForBatches(3)[0] : null;
  if (textAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new NodeRefusal('keep_aspect_ratio_policy');
  const scales = axes.map((axis, index) => {
    if (sizes === null) return listed[index] ?? Number.NaN;
    return shape[axis] === null ? 1 : sizes[index]! / shape[axis]!;
  });
  // Before operator set 11 positions are index / scale, rounded down.
  const positions = isEarly ? 'asymmetric' : textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = isEarly ? 'floor' : textAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const mode = textAttribute(node, 'mode', 'nearest');
  const isCentred = positions === 'half_pixel' || positions === 'pytorch_half_pixel';
  const repeats =
    mode === 'nearest' &&
    (isCentred ? rounding.startsWith('round') : positions === 'asymmetric' && rounding === 'floor');
  const interpolates = mode === 'linear' && isCentred && context.number('antialias', 0) === 0;
  if (!repeats && !interpolates) throw new NodeRefusal(`${mode}, ${positions}, ${rounding}`);
  return axes.reduce((value, axis, index) => {
    const scale = scales[index]!;
    if (scale === 1) return value;
    if (!Number.isInteger(scale) || scale < 1 || shape[axis] === null) throw new NodeRefusal(`a scale of ${scale}`);
    return (repeats ? repeatElements : interpolateElements)(builder, value, axis, scale);
  }, x);
}

/** Channels to pixels. */
function depthToSpace(context: OnnxContext): ValueId {
  const { builder } = context;
  const x = context.value(0);
  const [channels = 0, height = 0, width = 0] = context.sizes(x);
  const size = context.number('blocksize', 0);
  const depth = channels / size ** 2;
  if (!Number.isInteger(depth) || depth < 1) throw new NodeRefusal(`${channels} channels in blocks of ${size}`);
  const isColumns = textAttribute(context.node, 'mode', 'DCR') === 'CRD';
  const divided = builder.reshape(
    x,
    isColumns ? [null, depth, size, size, height, width] : [null, size, size, depth, height, width],
  );
  const moved = builder.transpose(divided, isColumns ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return builder.reshape(moved, [null, depth, height * size, width * size]);
}

function spaceToDepth(context: OnnxContext): ValueId {
  const { builder } = context;
  const x = context.value(0);
  const [channels = 0, height = 0, width = 0] = context.sizes(x);
  const size = context.number('blocksize', 0);
  const [rows, columns] = [height / size, width / size];
  if (!(Number.isInteger(rows) && Number.isInteger(columns))) throw new NodeRefusal(`blocks of ${size}`);
  const divided = builder.reshape(x, [null, channels, rows, size, columns, size]);
  return builder.reshape(builder.transpose(divided, [0, 3, 5, 1, 2, 4]), [null, channels * size ** 2, rows, columns]);
}

export const moving: Readonly<Record<string, OnnxConverter>> = {
  Shape: shapeOf,
  Size: sizeOf,
  Reshape: emitting(reshape),
  Flatten: emitting(flatten),
  Squeeze: emitting(squeeze),
  Unsqueeze: emitting(unsqueeze),
  Transpose: emitting(transpose),
  Concat: emitting(concat),
  Split: split,
  Slice: emitting(slice),
  Gather: emitting(gather),
  Expand: emitting(expand),
  ConstantOfShape: emitting(constantOfShape),
  Tile: emitting(tile),
  Pad: emitting(pad),
  Resize: emitting(resize),
  Upsample: emitting(resize),
  DepthToSpace: emitting(depthToSpace),
  SpaceToDepth: emitting(spaceToDepth),
};
