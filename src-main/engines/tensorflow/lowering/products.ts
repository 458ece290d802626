import { attribute } from '../graph/graph-builder.ts';
import { DataType, dataTypeOf } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import type { TensorType } from '../../../../src-shared/program/language/types.ts';

type Products =
  | 'matMul'
  | 'reduceSum'
  | 'reduceMax'
  | 'reduceMin'
  | 'argMax'
  | 'softmax'
  | 'logSoftmax'
  | 'softmaxCrossEntropy'
  | 'sparseSoftmaxCrossEntropy';

type Reduction = 'reduceSum' | 'reduceMax' | 'reduceMin';

function reduction(op: string): Lowering<Reduction> {
  return ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op,
      inputs: [at(inputs, 0), graph.integers(attributes.axes)],
      attributes: {
        T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]),
        Tidx: attribute.type(DataType.int32),
        keep_dims: attribute.bool(attributes.keepDims),
      },
    }),
  ];
}

/** Whether it is a sum over all axes except the last, like the gradient of a bias. */
function leavesLastAxis(type: TensorType, axes: readonly number[], keepDims: boolean): boolean {
  const rank = type.shape.length;
  return type.dtype === 'float32' && rank >= 2 && !keepDims && axes.length === rank - 1 && !axes.includes(rank - 1);
}

function overLastAxis(op: string): Lowering<'softmax' | 'logSoftmax'> {
  return ({ graph, inputs }) => [graph.output({ op, inputs, attributes: { T: attribute.type(DataType.float) } })];
}

export const productLowerings: LoweringTable<Products> = {
  matMul: ({ graph, inputs, inputTypes, attributes }) => {
    const T = attribute.type(dataTypeOf[at(inputTypes, 0).dtype]);
    const transposeA = attribute.bool(attributes.transposeA);
    const transposeB = attribute.bool(attributes.transposeB);
    if (at(inputTypes, 0).shape.length === 2) {
      return [
        graph.output({ op: 'MatMul', inputs, attributes: { T, transpose_a: transposeA, transpose_b: transposeB } }),
      ];
    }
    return [graph.output({ op: 'BatchMatMulV2', inputs, attributes: { T, adj_x: transposeA, adj_y: transposeB } })];
  },

  reduceSum: (request) => {
    const { graph, inputs, inputTypes, attributes } = request;
    if (!leavesLastAxis(at(inputTypes, 0), attributes.axes, attributes.keepDims)) return reduction('Sum')(request);
    return [graph.output({ op: 'BiasAddGrad', inputs, attributes: { T: attribute.type(DataType.float) } })];
  },
  reduceMax: reduction('Max'),
  reduceMin: reduction('Min'),
  argMax: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'ArgMax',
      inputs: [at(inputs, 0), graph.integer(attributes.axis)],
      attributes: {
        T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]),
        Tidx: attribute.type(DataType.int32),
        output_type: attribute.type(DataType.int32),
      },
    }),
  ],

  softmax: overLastAxis('Softmax'),
  logSoftmax: overLastAxis('LogSoftmax'),
  softmaxCrossEntropy: ({ graph, inputs }) =>
    graph.outputs(
      { op: 'SoftmaxCrossEntropyWithLogits', inputs, attributes: { T: attribute.type(DataType.float) } },
      2,
    ),
  sparseSoftmaxCrossEntropy: ({ graph, inputs }) =>
    graph.outputs(
      {
        op: 'SparseSoftmaxCrossEntropyWithLogits',
        inputs,
        attributes: { T: attribute.type(DataType.float), Tlabels: attribute.type(DataType.int32) },
      },
      2,
    ),
};
