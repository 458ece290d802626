import { attribute } from '../graph/graph-builder.ts';
import { dataTypeOf } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import type { OpName } from '../../../../src-shared/program/language/types.ts';

type Elementwise =
  | 'negative'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'square'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'sin'
  | 'cos'
  | 'relu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'erf'
  | 'logicalNot'
  | 'cast'
  | 'stopGradient'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'power'
  | 'maximum'
  | 'minimum'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'less'
  | 'lessEqual'
  | 'logicalAnd'
  | 'logicalOr'
  | 'select'
  | 'reluGradient'
  | 'eluGradient'
  | 'seluGradient'
  | 'sigmoidGradient'
  | 'tanhGradient';

/** A TensorFlow op with the same inputs in the same order, typed by its first input. */
function direct(op: string): Lowering<OpName> {
  return ({ graph, inputs, inputTypes }) => [
    graph.output({ op, inputs, attributes: { T: attribute.type(dataTypeOf[at(inputTypes, 0).dtype]) } }),
  ];
}

/** A TensorFlow op with the two inputs in reverse order. */
function reversed(op: string): Lowering<OpName> {
  return (request) => direct(op)({ ...request, inputs: [...request.inputs].reverse() });
}

/** A TensorFlow op on booleans, which has no type attribute. */
function logical(op: string): Lowering<OpName> {
  return ({ graph, inputs }) => [graph.output({ op, inputs })];
}

export const elementwiseLowerings: LoweringTable<Elementwise> = {
  negative: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  log1p: direct('Log1p'),
  sqrt: direct('Sqrt'),
  square: direct('Square'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  floor: direct('Floor'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  relu: (request) => {
    const { graph, inputs } = request;
    if (!graph.propagatesNaN) return direct('Relu')(request);
    // TensorFlow fuses Relu with the product before it, and oneDNN's fused kernel turns NaN into 0, which would
    // hide that a run has diverged.
    const floor = [at(inputs, 0), graph.float(0)];
    return [graph.output({ op: 'Maximum', inputs: floor, attributes: { T: attribute.type(dataTypeOf.float32) } })];
  },
  elu: direct('Elu'),
  selu: direct('Selu'),
  sigmoid: direct('Sigmoid'),
  tanh: direct('Tanh'),
  softplus: direct('Softplus'),
  erf: direct('Erf'),
  logicalNot: logical('LogicalNot'),
  cast: ({ graph, inputs, inputTypes, attributes }) => {
    const from = at(inputTypes, 0).dtype;
    if (from === attributes.dtype) return inputs;
    const types = { SrcT: attribute.type(dataTypeOf[from]), DstT: attribute.type(dataTypeOf[attributes.dtype]) };
    return [graph.output({ op: 'Cast', inputs, attributes: types })];
  },
  stopGradient: direct('Identity'),

  add: (request) => {
    const { graph, inputs, inputTypes } = request;
    const [left, right] = [at(inputTypes, 0), at(inputTypes, 1)];
    // TensorFlow fuses BiasAdd with the product before it and the activation after it.
    const isBias =
      left.dtype === 'float32' &&
      left.shape.length >= 2 &&
      right.shape.length === 1 &&
      left.shape.at(-1) === right.shape[0];
    if (!isBias) return direct('AddV2')(request);
    return [graph.output({ op: 'BiasAdd', inputs, attributes: { T: attribute.type(dataTypeOf.float32) } })];
  },
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('RealDiv'),
  power: direct('Pow'),
  maximum: direct('Maximum'),
  minimum: direct('Minimum'),
  equal: direct('Equal'),
  greater: direct('Greater'),
  greaterEqual: direct('GreaterEqual'),
  less: direct('Less'),
  lessEqual: direct('LessEqual'),
  logicalAnd: logical('LogicalAnd'),
  logicalOr: logical('LogicalOr'),
  select: ({ graph, inputs, inputTypes }) => [
    graph.output({ op: 'SelectV2', inputs, attributes: { T: attribute.type(dataTypeOf[at(inputTypes, 1).dtype]) } }),
  ],

  reluGradient: reversed('ReluGrad'),
  eluGradient: reversed('EluGrad'),
  seluGradient: reversed('SeluGrad'),
  sigmoidGradient: direct('SigmoidGrad'),
  tanhGradient: direct('TanhGrad'),
};
