import { leakyRelu } from '../../../src-shared/layers/activations/rectifiers.ts';
import type { PlainOp } from '../../../src-shared/program/builder/builder.ts';
import type { ValueId } from '../../../src-shared/program/language/types.ts';
import { einsum } from './einsum.ts';
import { dtypeOf } from './graph-def.ts';
import { kernelConverters, prelu, relu6, slopeOf } from './kernel-converters.ts';
import { NodeRefusal, roles } from '../operations/graph-program.ts';
import type { WeightRole } from '../operations/graph-program.ts';
import { emitting } from './node-conversion.ts';
import type { Converter, NodeContext } from './node-conversion.ts';
import { shapeConverters } from './shape-converters.ts';

/** @param as What a tensor of the file is as an operand. */
const binary = (op: PlainOp, as: WeightRole = roles.constant): Converter =>
  emitting((context) => {
    const isOfExamples = context.isComputed(0) || context.isComputed(1);
    const [a, b] = [0, 1].map((index) => context.value(index, isOfExamples ? as : roles.constant));
    return context.builder.plain(op, a!, b!);
  });

const unary = (op: PlainOp): Converter => emitting((context) => context.builder.plain(op, context.value(0)));

function reciprocal({ builder }: NodeContext, x: ValueId): ValueId {
  return builder.divide(builder.scalar(1), x);
}

function filledLike(context: NodeContext, value: number): ValueId {
  const x = context.value(0);
  const { dtype } = context.builder.typeOf(x);
  return context.builder.plain('broadcastLike', context.builder.constant(dtype, [], [value]), x);
}

const reduction = (op: 'reduceSum' | 'reduceMean' | 'reduceMax' | 'reduceMin'): Converter =>
  emitting((context) => {
    const shape = context.shape(0);
    const axes = context.axes(1, shape.length);
    const keepDims = context.attributes.bool('keep_dims') || context.attributes.bool('keepDims');
    if (axes.some((axis) => shape[axis] === null)) throw new NodeRefusal('a reduction over the examples of a batch');
    if (axes.length === 0) return context.value(0);
    return context.builder[op](context.value(0), axes, keepDims);
  });

function cast(context: NodeContext): ValueId {
  const type = context.attributes.type('DstT', '');
  const dtype = dtypeOf(type);
  if (dtype === null) throw new NodeRefusal(`numbers of type ${type}`);
  return context.builder.cast(context.value(0), dtype);
}

const same: Converter = ({ inputs }) => {
  const [input] = inputs;
  if (input === undefined) throw new NodeRefusal('0 inputs');
  return input;
};

const select: Converter = emitting((context) =>
  context.builder.select(context.value(0), context.value(1), context.value(2)),
);

/** Operations of TensorFlow that are converted, by name. */
export const nodeConverters: Readonly<Record<string, Converter>> = {
  Identity: same,
  StopGradient: same,
  PreventGradient: same,
  Snapshot: same,
  IdentityN: ({ inputs }) => inputs,
  PlaceholderWithDefault: same,
  ReadVariableOp: same,
  Shape: (context) => ({ kind: 'host', host: context.shapeAsHost(context.value(0)) }),
  Cast: emitting(cast),
  ...kernelConverters,
  ...shapeConverters,
  Einsum: emitting((context) => einsum(context, context.attributes.text('equation', ''))),

  Add: binary('add', roles.offset),
  AddN: emitting((context) => {
    const values = context.inputs.map((_, index) => context.value(index));
    return values.slice(1).reduce((sum, value) => context.builder.add(sum, value), context.value(0));
  }),
  AddV2: binary('add', roles.offset),
  Sub: binary('subtract', roles.offset),
  Mul: binary('multiply', roles.scale),
  RealDiv: binary('divide'),
  Div: binary('divide'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  ClipByValue: emitting((context) => {
    const above = context.builder.plain('maximum', context.value(0), context.value(1));
    return context.builder.plain('minimum', above, context.value(2));
  }),
  Pow: binary('power'),
  SquaredDifference: emitting((context) => {
    return context.builder.plain('square', context.builder.subtract(context.value(0), context.value(1)));
  }),
  Greater: binary('greater'),
  GreaterEqual: binary('greaterEqual'),
  Less: binary('less'),
  LessEqual: binary('lessEqual'),
  Equal: binary('equal'),
  NotEqual: emitting((context) => {
    return context.builder.plain('logicalNot', context.builder.plain('equal', context.value(0), context.value(1)));
  }),
  LogicalAnd: binary('logicalAnd'),
  LogicalOr: binary('logicalOr'),
  LogicalNot: unary('logicalNot'),
  Select: select,
  SelectV2: select,

  Neg: unary('negative'),
  Abs: unary('abs'),
  Sign: unary('sign'),
  Sqrt: unary('sqrt'),
  Rsqrt: emitting((context) => reciprocal(context, context.builder.plain('sqrt', context.value(0)))),
  Reciprocal: emitting((context) => reciprocal(context, context.value(0))),
  Square: unary('square'),
  Exp: unary('exp'),
  Log: unary('log'),
  Log1p: unary('log1p'),
  Expm1: emitting((context) => {
    return context.builder.subtract(context.builder.plain('exp', context.value(0)), context.builder.scalar(1));
  }),
  Ceil: emitting((context) => {
    const { builder } = context;
    return builder.plain('negative', builder.plain('floor', builder.plain('negative', context.value(0))));
  }),
  ZerosLike: emitting((context) => filledLike(context, 0)),
  OnesLike: emitting((context) => filledLike(context, 1)),
  Floor: unary('floor'),
  Sin: unary('sin'),
  Cos: unary('cos'),
  Erf: unary('erf'),
  Erfc: emitting((context) => {
    return context.builder.subtract(context.builder.scalar(1), context.builder.plain('erf', context.value(0)));
  }),
  Relu: unary('relu'),
  Relu6: emitting((context) => relu6(context, context.value(0))),
  Elu: unary('elu'),
  Selu: unary('selu'),
  LeakyRelu: emitting((context) => leakyRelu(context.builder, context.value(0), slopeOf(context, 'alpha'))),
  Prelu: emitting((context) => prelu(context, context.value(0), context.value(1, roles.alpha))),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  Softplus: unary('softplus'),
  Softsign: emitting((context) => {
    const { builder } = context;
    const x = context.value(0);
    return builder.divide(x, builder.add(builder.scalar(1), builder.plain('abs', x)));
  }),
  Softmax: unary('softmax'),
  LogSoftmax: unary('logSoftmax'),

  Sum: reduction('reduceSum'),
  Mean: reduction('reduceMean'),
  Max: reduction('reduceMax'),
  Min: reduction('reduceMin'),
};
