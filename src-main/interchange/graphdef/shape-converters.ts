import { repeatElements } from '../../../src-shared/layers/kinds/shape/repeat.ts';
import { interpolateElements } from '../../../src-shared/layers/kinds/shape/up-sampling.ts';
import type { ValueId } from '../../../src-shared/program/language/types.ts';
import { axisOf, NodeRefusal, roles } from '../operations/graph-program.ts';
import { mirrored, partsAlong } from '../operations/moved-values.ts';
import { computed, emitting } from './node-conversion.ts';
import type { Converter, GraphValue, NodeContext } from './node-conversion.ts';
import { sliceOf } from './slices.ts';

function squeeze(context: NodeContext): ValueId {
  const shape = context.shape(0);
  const given = context.attributes.ints('squeeze_dims');
  const dims = (given.length > 0 ? given : context.attributes.ints('axis')).map((axis) => axisOf(axis, shape.length));
  const removed = dims.length > 0 ? dims : shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  if (removed.some((axis) => shape[axis] !== 1)) throw new NodeRefusal('an axis to remove whose size is not 1');
  return context.builder.reshape(
    context.value(0),
    shape.filter((_, axis) => !removed.includes(axis)),
  );
}

function inserted(context: NodeContext, value: ValueId, given: number): ValueId {
  const shape = context.builder.shapeOf(value);
  const axis = axisOf(given, shape.length + 1);
  if (axis === 0 && shape[0] === null) throw new NodeRefusal('a new axis before the batch axis');
  return context.builder.reshape(value, shape.toSpliced(axis, 0, 1));
}

function transpose(context: NodeContext): ValueId {
  const permutation = context.numbers(1);
  if (context.shape(0)[0] === null && permutation[0] !== 0) throw new NodeRefusal('a batch axis that is moved');
  return context.builder.transpose(context.value(0), permutation);
}

function concat(context: NodeContext): ValueId {
  const count = context.inputs.length - 1;
  const values = context.inputs.slice(0, -1).map((_, index) => context.value(index));
  const rank = context.builder.shapeOf(values[0]!).length;
  return context.builder.concat(values, axisOf(context.numbers(count)[0] ?? Number.NaN, rank));
}

function pack(context: NodeContext): ValueId {
  const axis = context.attributes.int('axis', 0);
  const values = context.inputs.map((_, index) => inserted(context, context.value(index), axis));
  return context.builder.concat(values, axisOf(axis, context.builder.shapeOf(values[0]!).length));
}

/** Parts along an axis. @param isRemoved Whether parts have no such axis: Unpack. */
function parts(
  context: NodeContext,
  value: ValueId,
  axis: number,
  sizes: readonly number[],
  isRemoved = false,
): GraphValue[] {
  const { builder } = context;
  const shape = builder.shapeOf(value);
  if (shape[axis] === null) throw new NodeRefusal('a batch that is divided');
  return partsAlong(builder, value, axis, sizes).map((part) =>
    computed(isRemoved ? builder.reshape(part, shape.toSpliced(axis, 1)) : part),
  );
}

const split: Converter = (context) => {
  const value = context.value(1);
  const shape = context.builder.shapeOf(value);
  const axis = axisOf(context.numbers(0)[0] ?? Number.NaN, shape.length);
  const count = context.attributes.int('num_split', 1);
  const size = (shape[axis] ?? Number.NaN) / count;
  if (!Number.isInteger(size)) throw new NodeRefusal('parts of different sizes');
  return parts(context, value, axis, new Array<number>(count).fill(size));
};

const splitBySizes: Converter = (context) => {
  const value = context.value(0);
  const axis = axisOf(context.numbers(2)[0] ?? Number.NaN, context.builder.shapeOf(value).length);
  return parts(context, value, axis, context.numbers(1));
};

const unpack: Converter = (context) => {
  const value = context.value(0);
  const shape = context.builder.shapeOf(value);
  const axis = axisOf(context.attributes.int('axis', 0), shape.length);
  return parts(context, value, axis, new Array<number>(shape[axis] ?? 0).fill(1), true);
};

/** Margins before and after each axis. */
function marginsOf(context: NodeContext): { before: number[]; after: number[] } {
  const margins = context.numbers(1);
  const before = margins.filter((_, index) => index % 2 === 0);
  const after = margins.filter((_, index) => index % 2 === 1);
  if (margins.some((margin) => margin < 0)) throw new NodeRefusal('negative margins');
  return { before, after };
}

function pad(context: NodeContext): ValueId {
  const { before, after } = marginsOf(context);
  const [value = 0] = context.inputs.length > 2 ? context.numbers(2) : [0];
  return context.builder.pad(context.value(0), before, after, value);
}

/** Margins that repeat the values in reverse order; REFLECT leaves out the outermost one. */
function mirrorPad(context: NodeContext): ValueId {
  const { builder, attributes } = context;
  const { before, after } = marginsOf(context);
  const skipped = attributes.text('mode', '').toUpperCase() === 'REFLECT' ? 1 : 0;
  return mirrored(builder, context.value(0), before, after, skipped);
}

function slice(context: NodeContext): ValueId {
  const x = context.value(0);
  const sizes = context.program.sizesFor(x, 0);
  const starts = context.numbers(1);
  // The number of examples of the batch, in any form, is the whole batch axis.
  const [a, b] = context.host(2).values;
  const whole = a.map((size, axis) => {
    const isBatch = context.builder.shapeOf(x)[axis] === null;
    if (!isBatch && size === b[axis]) return size;
    return isBatch && (size === -1 || (size === sizes[axis] && b[axis] === context.program.sizesFor(x, 1)[axis]))
      ? -1
      : 0;
  });
  if (whole.includes(0)) throw new NodeRefusal('a part of a batch');
  return context.builder.slice(x, starts, whole);
}

function stridedSlice(context: NodeContext): ValueId {
  const x = context.value(0);
  const shape = context.builder.shapeOf(x);
  const taken = ([0, 1] as const).map((batch) => {
    const [begin, end, strides] = [1, 2, 3].map((index) => context.host(index).values[batch]);
    return sliceOf(context.attributes, context.program.sizesFor(x, batch), begin!, end!, strides!);
  });
  const [a, b] = taken;
  if (a == null || b == null) throw new NodeRefusal('a slice with steps, or an empty one');
  const isBatched = shape[0] === null;
  const sizes = a.sizes.map((size, axis) => {
    const isWhole = [a, b].every((each, batch) => {
      return each.starts[axis] === 0 && each.sizes[axis] === context.program.sizesFor(x, batch === 0 ? 0 : 1)[axis];
    });
    if (shape[axis] === null && !isWhole) throw new NodeRefusal('a part of a batch');
    return shape[axis] === null ? -1 : size;
  });
  const part = context.builder.slice(x, a.starts, sizes);
  const result = a.shape.map((size, axis) =>
    axis === 0 && isBatched && size === context.program.sizesFor(x, 0)[0] ? null : size,
  );
  if (isBatched && result[0] !== null) throw new NodeRefusal('a new axis before the batch axis');
  return context.builder.reshape(part, result);
}

function gather(context: NodeContext): ValueId {
  const { attributes, builder } = context;
  if (attributes.int('batch_dims', 0) !== 0) throw new NodeRefusal('batch_dims');
  const isTable = !context.isComputed(0);
  const x = context.value(0, roles.embeddings);
  const axis = axisOf(context.numbers(2)[0] ?? Number.NaN, builder.shapeOf(x).length);
  const indices = context.value(1);
  if (!isTable && builder.shapeOf(indices).includes(null))
    throw new NodeRefusal('indices into the examples of a batch');
  return builder.gather(x, indices, axis);
}

/** Rows of a variable. */
function resourceGather(context: NodeContext): ValueId {
  if (context.attributes.int('batch_dims', 0) !== 0) throw new NodeRefusal('batch_dims');
  return context.builder.gather(context.value(0, roles.embeddings), context.value(1), 0);
}

const resize = (interpolate: typeof repeatElements, isExact: (context: NodeContext) => boolean): Converter =>
  emitting((context) => {
    const sizes = context.numbers(1);
    if (context.attributes.bool('align_corners') || !isExact(context))
      throw new NodeRefusal('aligned corners, or pixels without half_pixel_centers');
    return sizes.reduce((value, size, index) => {
      const times = size / (context.shape(0)[index + 1] ?? Number.NaN);
      if (!Number.isInteger(times) || times < 1) throw new NodeRefusal(`a size of ${sizes.join(' × ')}`);
      return interpolate(context.builder, value, index + 1, times);
    }, context.value(0));
  });

function tile(context: NodeContext): ValueId {
  return context.numbers(1).reduce((value, times, axis) => {
    if (times === 1) return value;
    if (context.builder.shapeOf(value)[axis] === null || !(times > 0 && times <= MAX_REPEATS)) {
      throw new NodeRefusal(`${times} repetitions along axis ${axis}`);
    }
    return context.builder.concat(new Array<ValueId>(times).fill(value), axis);
  }, context.value(0));
}

const MAX_REPEATS = 1000;

/** Operations that move or copy values. */
export const shapeConverters: Readonly<Record<string, Converter>> = {
  Reshape: emitting((context) => context.program.reshape(context.value(0), context.host(1).values)),
  Squeeze: emitting(squeeze),
  ExpandDims: emitting((context) => inserted(context, context.value(0), context.numbers(1)[0] ?? Number.NaN)),
  Transpose: emitting(transpose),
  ConcatV2: emitting(concat),
  Pack: emitting(pack),
  Unpack: unpack,
  Split: split,
  SplitV: splitBySizes,
  Pad: emitting(pad),
  PadV2: emitting(pad),
  MirrorPad: emitting(mirrorPad),
  Slice: emitting(slice),
  StridedSlice: emitting(stridedSlice),
  GatherV2: emitting(gather),
  ResourceGather: emitting(resourceGather),
  Tile: emitting(tile),
  ResizeNearestNeighbor: resize(repeatElements, () => true),
  ResizeBilinear: resize(interpolateElements, (context) => context.attributes.bool('half_pixel_centers')),
};
