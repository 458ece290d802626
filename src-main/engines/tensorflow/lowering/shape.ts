import { attribute, bytesOf } from '../graph/graph-builder.ts';
import { DataType, dataTypeOf } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { TensorValue } from '../graph/graph-def.ts';
import type { OpAttributes, TensorType } from '../../../../src-shared/program/language/types.ts';

type Shaping =
  | 'constant'
  | 'dimSize'
  | 'rowIndices'
  | 'randomUniform'
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
  | 'oneHot';

/** TensorFlow's id of the Philox algorithm. */
const PHILOX = 1;

/** The extents of `value` as int32 [rank]; a constant if it has no batch axis. */
export function shapeOf(graph: GraphBuilder, value: Output, type: TensorType): Output {
  const known = type.shape.filter((size) => size !== null);
  if (known.length === type.shape.length) return graph.integers(known);
  return graph.output({ op: 'Shape', inputs: [value], attributes: { T: attribute.type(dataTypeOf[type.dtype]) } });
}

/** One extent of `value` as an int32 scalar. */
export function extentOf(graph: GraphBuilder, value: Output, type: TensorType, axis: number): Output {
  const known = at(type.shape, axis);
  if (known !== null) return graph.integer(known);
  return graph.output({
    op: 'StridedSlice',
    inputs: [shapeOf(graph, value, type), graph.integers([axis]), graph.integers([axis + 1]), graph.integers([1])],
    attributes: {
      T: attribute.type(DataType.int32),
      Index: attribute.type(DataType.int32),
      shrink_axis_mask: attribute.int(1),
    },
  });
}

/** The tensor of a `constant` operation. */
function constantTensor(constant: OpAttributes['constant']): TensorValue {
  const count = constant.shape.reduce((product, size) => product * size, 1);
  const [first] = constant.values;
  const values =
    constant.values.length === count || first === undefined
      ? constant.values
      : Array.from<number>({ length: count }).fill(first);
  const array =
    constant.dtype === 'float32'
      ? Float32Array.from(values)
      : constant.dtype === 'int32'
        ? Int32Array.from(values)
        : Uint8Array.from(values, (value) => Number(value !== 0));
  return { dtype: dataTypeOf[constant.dtype], shape: constant.shape, content: bytesOf(array) };
}

function cast(graph: GraphBuilder, value: Output, from: DataType, to: DataType): Output {
  return graph.output({
    op: 'Cast',
    inputs: [value],
    attributes: { SrcT: attribute.type(from), DstT: attribute.type(to) },
  });
}

export const shapeLowerings: LoweringTable<Shaping> = {
  constant: ({ graph, attributes }) => [graph.constant(constantTensor(attributes))],

  dimSize: ({ graph, inputs, inputTypes, attributes }) => {
    const extent = extentOf(graph, at(inputs, 0), at(inputTypes, 0), attributes.axis);
    return [cast(graph, extent, DataType.int32, DataType.float)];
  },

  rowIndices: ({ graph, inputs, inputTypes }) => [
    graph.output({
      op: 'Range',
      inputs: [graph.integer(0), extentOf(graph, at(inputs, 0), at(inputTypes, 0), 0), graph.integer(1)],
      attributes: { Tidx: attribute.type(DataType.int32) },
    }),
  ],

  randomUniform: ({ graph, inputs, inputTypes, attributes }) => {
    const [low, high] = attributes.key;
    const key = BigUint64Array.of((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
    const zero = { dtype: DataType.uint64, shape: [], content: bytesOf(BigUint64Array.of(0n)) };
    const step = cast(graph, at(inputs, 1), DataType.int32, DataType.uint64);
    const counter = graph.output({
      op: 'Pack',
      inputs: [graph.constant(zero), step],
      attributes: { N: attribute.int(2), T: attribute.type(DataType.uint64) },
    });
    // StatelessRandomUniformV2 gives the same numbers, but other ones under XLA; the raw words are always equal.
    const words = graph.output({
      op: 'StatelessRandomUniformFullIntV2',
      inputs: [
        shapeOf(graph, at(inputs, 0), at(inputTypes, 0)),
        graph.constant({ dtype: DataType.uint64, shape: [1], content: bytesOf(key) }),
        counter,
        graph.integer(PHILOX),
      ],
      attributes: { dtype: attribute.type(DataType.uint32), Tshape: attribute.type(DataType.int32) },
    });
    const mask = { dtype: DataType.uint32, shape: [], content: bytesOf(Uint32Array.of(0x7fffff)) };
    const mantissas = graph.output({
      op: 'BitwiseAnd',
      inputs: [words, graph.constant(mask)],
      attributes: { T: attribute.type(DataType.uint32) },
    });
    return [
      graph.output({
        op: 'Mul',
        inputs: [cast(graph, mantissas, DataType.uint32, DataType.float), graph.float(2 ** -23)],
        attributes: { T: attribute.type(DataType.float) },
      }),
    ];
  },

  reshape: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'Reshape',
      inputs: [at(inputs, 0), graph.integers(attributes.shape.map((size) => size ?? -1))],
      attributes: { T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]) },
    }),
  ],

  transpose: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'Transpose',
      inputs: [at(inputs, 0), graph.integers(attributes.permutation)],
      attributes: { T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]) },
    }),
  ],

  broadcastLike: ({ graph, inputs, inputTypes }) => [
    graph.output({
      op: 'BroadcastTo',
      inputs: [at(inputs, 0), shapeOf(graph, at(inputs, 1), at(inputTypes, 1))],
      attributes: { T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]) },
    }),
  ],

  slice: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'Slice',
      inputs: [at(inputs, 0), graph.integers(attributes.starts), graph.integers(attributes.sizes)],
      attributes: {
        T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]),
        Index: attribute.type(DataType.int32),
      },
    }),
  ],

  pad: ({ graph, inputs, inputTypes, attributes }) => {
    const { dtype } = at(inputTypes, 0);
    const paddings = Int32Array.from(attributes.before.flatMap((before, axis) => [before, at(attributes.after, axis)]));
    return [
      graph.output({
        op: 'PadV2',
        inputs: [
          at(inputs, 0),
          graph.constant({
            dtype: DataType.int32,
            shape: [attributes.before.length, 2],
            content: bytesOf(paddings),
          }),
          graph.constant(constantTensor({ dtype, shape: [], values: [attributes.value] })),
        ],
        attributes: { T: attribute.type(dataTypeOf[dtype]) },
      }),
    ];
  },

  concat: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'ConcatV2',
      inputs: [...inputs, graph.integer(attributes.axis)],
      attributes: {
        N: attribute.int(inputs.length),
        T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]),
      },
    }),
  ],

  split: ({ graph, inputs, inputTypes, attributes: { axis, sizes } }) => {
    const T = attribute.type(dataTypeOf[at(inputTypes, 0).dtype]);
    const num_split = attribute.int(sizes.length);
    const isEven = sizes.every((size) => size === sizes[0]);
    return graph.outputs(
      isEven
        ? { op: 'Split', inputs: [graph.integer(axis), at(inputs, 0)], attributes: { T, num_split } }
        : {
            op: 'SplitV',
            inputs: [at(inputs, 0), graph.integers(sizes), graph.integer(axis)],
            attributes: { T, num_split, Tlen: attribute.type(DataType.int32) },
          },
      sizes.length,
    );
  },

  reverse: ({ graph, inputs, inputTypes, attributes: { axis } }) => [
    graph.output({
      op: 'ReverseV2',
      inputs: [at(inputs, 0), graph.integers([axis])],
      attributes: { T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]), Tidx: attribute.type(DataType.int32) },
    }),
  ],

  gather: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'GatherV2',
      inputs: [...inputs, graph.integer(attributes.axis)],
      attributes: {
        Tparams: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]),
        Tindices: attribute.type(DataType.int32),
        Taxis: attribute.type(DataType.int32),
      },
    }),
  ],

  gatherGradient: ({ graph, inputs, inputTypes }) => [
    graph.output({
      op: 'UnsortedSegmentSum',
      inputs: [at(inputs, 2), at(inputs, 1), extentOf(graph, at(inputs, 0), at(inputTypes, 0), 0)],
      attributes: {
        T: attribute.type(dataTypeOf[at(inputTypes, 2).dtype]),
        Tindices: attribute.type(DataType.int32),
      },
    }),
  ],

  oneHot: ({ graph, inputs, attributes }) => [
    graph.output({
      op: 'OneHot',
      inputs: [at(inputs, 0), graph.integer(attributes.depth), graph.float(1), graph.float(0)],
      attributes: { T: attribute.type(DataType.float), TI: attribute.type(DataType.int32) },
    }),
  ],
};
