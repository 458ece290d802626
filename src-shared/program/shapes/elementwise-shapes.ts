import { broadcastShapes } from '../language/shape.ts';
import type { DType, NoAttributes, TensorType } from '../language/types.ts';
import { requireSameShape, requireType, tensor } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

const FLOAT: readonly DType[] = ['float32'];
const NUMBER: readonly DType[] = ['float32', 'int32'];
const BOOL: readonly DType[] = ['bool'];
const ANY: readonly DType[] = ['float32', 'int32', 'bool'];

interface Elementwise {
  readonly inputs: number;
  readonly infer: (attributes: NoAttributes, ...inputs: TensorType[]) => readonly TensorType[];
}

const unary = (allowed: readonly DType[]): Elementwise => ({
  inputs: 1,
  infer: (_, x) => {
    requireType(x!, allowed, 'an input');
    return [x!];
  },
});

const binary = (allowed: readonly DType[], result?: DType): Elementwise => ({
  inputs: 2,
  infer: (_, a, b) => {
    requireType(a!, allowed, 'a first input');
    requireType(b!, [a!.dtype], 'a second input');
    return [tensor(result ?? a!.dtype, broadcastShapes(a!.shape, b!.shape))];
  },
});

/** (output of the forward op, incoming gradient). */
const activationGradient: Elementwise = {
  inputs: 2,
  infer: (_, output, gradient) => {
    requireType(output!, FLOAT, 'an output');
    requireType(gradient!, FLOAT, 'a gradient');
    requireSameShape(output!, gradient!, 'output and gradient');
    return [output!];
  },
};

type ElementwiseName =
  | 'negative'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'square'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'relu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'erf'
  | 'sin'
  | 'cos'
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

export const elementwiseShapes: ShapeRules<ElementwiseName> = {
  negative: unary(NUMBER),
  exp: unary(FLOAT),
  log: unary(FLOAT),
  log1p: unary(FLOAT),
  sqrt: unary(FLOAT),
  square: unary(NUMBER),
  abs: unary(NUMBER),
  sign: unary(NUMBER),
  floor: unary(FLOAT),
  relu: unary(FLOAT),
  elu: unary(FLOAT),
  selu: unary(FLOAT),
  sigmoid: unary(FLOAT),
  tanh: unary(FLOAT),
  softplus: unary(FLOAT),
  erf: unary(FLOAT),
  sin: unary(FLOAT),
  cos: unary(FLOAT),
  logicalNot: unary(BOOL),
  cast: { inputs: 1, infer: ({ dtype }, x) => [tensor(dtype, x!.shape)] },
  stopGradient: unary(ANY),
  add: binary(NUMBER),
  subtract: binary(NUMBER),
  multiply: binary(NUMBER),
  divide: binary(FLOAT),
  power: binary(FLOAT),
  maximum: binary(NUMBER),
  minimum: binary(NUMBER),
  equal: binary(ANY, 'bool'),
  greater: binary(NUMBER, 'bool'),
  greaterEqual: binary(NUMBER, 'bool'),
  less: binary(NUMBER, 'bool'),
  lessEqual: binary(NUMBER, 'bool'),
  logicalAnd: binary(BOOL),
  logicalOr: binary(BOOL),
  select: {
    inputs: 3,
    infer: (_, condition, whenTrue, whenFalse) => {
      requireType(condition!, BOOL, 'a condition');
      requireType(whenFalse!, [whenTrue!.dtype], 'a third input');
      const branches = broadcastShapes(whenTrue!.shape, whenFalse!.shape);
      return [tensor(whenTrue!.dtype, broadcastShapes(condition!.shape, branches))];
    },
  },
  reluGradient: activationGradient,
  eluGradient: activationGradient,
  seluGradient: activationGradient,
  sigmoidGradient: activationGradient,
  tanhGradient: activationGradient,
};
