import type { GraphWriter } from '../model/graph-writer.ts';
import type { Lowerings } from './context.ts';
import { toChannelsFirst } from './context.ts';
import { castTo } from './elementwise.ts';

/** "To the end of the axis" in ONNX's Slice: larger than any extent, exact as a number. */
const TO_THE_END = Number.MAX_SAFE_INTEGER;

/** Larger constants with a single value are expanded at run time. */
const LARGEST_WRITTEN_FILL = 4096;

/**
 * One-hot encoding along a new last axis; an index outside 0 … depth - 1 gives zeros.
 *
 * @param indices int32 of any shape.
 * @returns float32 [..., depth].
 */
export function writeOneHot(writer: GraphWriter, indices: string, depth: number): string {
  const classes = writer.constant(
    'int32',
    [depth],
    Array.from({ length: depth }, (_, index) => index),
  );
  const column = writer.node('Unsqueeze', [indices, writer.integers([-1])]);
  return castTo(writer, writer.node('Equal', [column, classes]), 'float32');
}

const permute = <T>(values: readonly T[]): T[] => toChannelsFirst(values.length).map((axis) => values[axis]!);

export const shapeLowerings: Lowerings<
  | 'constant'
  | 'dimSize'
  | 'rowIndices'
  | 'reshape'
  | 'transpose'
  | 'broadcastLike'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'split'
  | 'reverse'
  | 'gather'
  | 'gatherGradient'
  | 'oneHot'
> = {
  constant(context, { attributes: { dtype, shape, values }, outputs: [output] }) {
    const { writer } = context;
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (values.length === count) {
      context.bind(output!, writer.constant(dtype, shape, values));
    } else if (count <= LARGEST_WRITTEN_FILL) {
      context.bind(output!, writer.constant(dtype, shape, Array<number>(count).fill(values[0]!)));
    } else {
      const fill = writer.constant(dtype, [], [values[0]!]);
      context.bind(output!, writer.node('Expand', [fill, writer.integers(shape)]));
    }
  },
  dimSize(context, { attributes: { axis }, inputs: [x], outputs: [output] }) {
    const { writer } = context;
    const size = writer.node('Gather', [context.shapeOf(x!), writer.constant('int64', [], [axis])], { axis: 0 });
    context.bind(output!, castTo(writer, size, 'float32'));
  },
  rowIndices(context, { inputs: [x], outputs: [output] }) {
    const { writer } = context;
    const rows = writer.node('Gather', [context.shapeOf(x!), writer.constant('int64', [], [0])], { axis: 0 });
    const bounds = [
      writer.constant('int32', [], [0]),
      castTo(writer, rows, 'int32'),
      writer.constant('int32', [], [1]),
    ];
    context.bind(output!, writer.node('Range', bounds));
  },
  reshape(context, { attributes: { shape }, inputs: [x], outputs: [output] }) {
    const current = context.type(x!).shape;
    if (current.length === shape.length && current.every((extent, axis) => extent === shape[axis])) {
      context.alias(x!, output!);
      return;
    }
    const target = context.writer.integers(shape.map((extent) => extent ?? -1));
    context.bind(output!, context.writer.node('Reshape', [context.get(x!), target]));
  },
  transpose(context, { attributes: { permutation }, inputs: [x], outputs: [output] }) {
    context.bind(output!, context.writer.node('Transpose', [context.get(x!)], { perm: permutation }));
  },
  broadcastLike(context, { inputs: [x, like], outputs: [output] }) {
    const from = context.type(x!).shape;
    const to = context.type(like!).shape;
    if (from.length === to.length && from.every((extent, axis) => extent === to[axis])) {
      context.alias(x!, output!);
    } else if (from.length === to.length && context.prefersChannelsFirst([x!, like!])) {
      const shape = context.channelsFirstShapeOf(like!);
      context.bindChannelsFirst(output!, context.writer.node('Expand', [context.getChannelsFirst(x!), shape]));
    } else {
      context.bind(output!, context.writer.node('Expand', [context.get(x!), context.shapeOf(like!)]));
    }
  },
  slice(context, { attributes: { starts, sizes }, inputs: [x], outputs: [output] }) {
    const { writer } = context;
    const ends = starts.map((start, axis) => (sizes[axis] === -1 ? TO_THE_END : start + sizes[axis]!));
    if (context.prefersChannelsFirst([x!])) {
      const bounds = [writer.integers(permute(starts)), writer.integers(permute(ends))];
      context.bindChannelsFirst(output!, writer.node('Slice', [context.getChannelsFirst(x!), ...bounds]));
    } else {
      const bounds = [writer.integers(starts), writer.integers(ends)];
      context.bind(output!, writer.node('Slice', [context.get(x!), ...bounds]));
    }
  },
  pad(context, { attributes: { before, after, value }, inputs: [x], outputs: [output] }) {
    const { writer } = context;
    const fill = writer.constant(context.type(x!).dtype, [], [value]);
    context.padded.add(output!);
    if (context.prefersChannelsFirst([x!])) {
      const pads = writer.integers([...permute(before), ...permute(after)]);
      context.bindChannelsFirst(output!, writer.node('Pad', [context.getChannelsFirst(x!), pads, fill]));
    } else {
      const pads = writer.integers([...before, ...after]);
      context.bind(output!, writer.node('Pad', [context.get(x!), pads, fill]));
    }
  },
  concat(context, { attributes: { axis }, inputs, outputs: [output] }) {
    const { writer } = context;
    if (context.prefersChannelsFirst(inputs)) {
      const names = inputs.map((input) => context.getChannelsFirst(input));
      const channelsFirstAxis = toChannelsFirst(context.rank(output!)).indexOf(axis);
      context.bindChannelsFirst(output!, writer.node('Concat', names, { axis: channelsFirstAxis }));
    } else {
      const names = inputs.map((input) => context.get(input));
      context.bind(output!, writer.node('Concat', names, { axis }));
    }
  },
  split(context, { attributes: { axis, sizes }, inputs: [x], outputs }) {
    const { writer } = context;
    const parts = writer.nodes('Split', [context.get(x!), writer.integers(sizes)], sizes.length, { axis });
    outputs.forEach((output, i) => context.bind(output, parts[i]!));
  },
  reverse(context, { attributes: { axis }, inputs: [x], outputs: [output] }) {
    const { writer } = context;
    const bounds = [[-1], [-TO_THE_END], [axis], [-1]].map((values) => writer.integers(values));
    context.bind(output!, writer.node('Slice', [context.get(x!), ...bounds]));
  },
  gather(context, { attributes: { axis }, inputs: [x, indices], outputs: [output] }) {
    context.bind(output!, context.writer.node('Gather', [context.get(x!), context.get(indices!)], { axis }));
  },
  gatherGradient(context, { inputs: [like, indices, gradient], outputs: [output] }) {
    const { writer } = context;
    const zeros = writer.node('Expand', [writer.float(0), context.shapeOf(like!)]);
    const wide = castTo(writer, context.get(indices!), 'int64');
    const rows = writer.node('Unsqueeze', [wide, writer.integers([-1])]);
    const result = writer.node('ScatterND', [zeros, rows, context.get(gradient!)], { reduction: 'add' });
    context.bind(output!, result);
  },
  oneHot(context, { attributes: { depth }, inputs: [indices], outputs: [output] }) {
    context.bind(output!, writeOneHot(context.writer, context.get(indices!), depth));
  },
};
