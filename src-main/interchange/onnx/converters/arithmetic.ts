import { elu, gelu, geluApproximate, leakyRelu } from '../../../../src-shared/layers/activations/rectifiers.ts';
import { FLOAT_TYPES, ONNX_TYPES, textAttribute } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxType } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { PlainOp } from '../../../../src-shared/program/builder/builder.ts';
import type { DType, ValueId } from '../../../../src-shared/program/language/types.ts';
import { NodeRefusal, roles } from '../../operations/graph-program.ts';
import type { WeightRole } from '../../operations/graph-program.ts';
import { between, roundedToEven } from '../../operations/rounding.ts';
import { emitting } from './onnx-context.ts';
import type { OnnxContext, OnnxConverter } from './onnx-context.ts';

/** Operations on each value separately. */

const unary = (op: PlainOp): OnnxConverter => emitting((context) => context.builder.plain(op, context.value(0)));

/** An operation of one input that is made of several here. */
const made = (emit: (context: OnnxContext, x: ValueId) => ValueId): OnnxConverter =>
  emitting((context) => emit(context, context.value(0)));

/** @param as What a tensor of the file is as an operand. */
const binary = (op: PlainOp, as: WeightRole = roles.constant): OnnxConverter =>
  emitting((context) => {
    const isOfExamples = context.isComputed(0) || context.isComputed(1);
    const [a, b] = [0, 1].map((index) => context.value(index, isOfExamples ? as : roles.constant));
    return context.builder.plain(op, a!, b!);
  });

/** Of any number of inputs. */
const several = (op: PlainOp): OnnxConverter =>
  emitting((context) =>
    context.inputs.map((_, index) => context.value(index)).reduce((a, b) => context.builder.plain(op, a, b)),
  );

function divide(context: OnnxContext): ValueId {
  const [a, b] = [context.value(0), context.value(1)];
  if (context.builder.typeOf(a).dtype !== 'float32') throw new NodeRefusal('a quotient of whole numbers');
  return context.builder.divide(a, b);
}

function power(context: OnnxContext): ValueId {
  const x = context.value(0);
  return context.builder.plain('power', x, context.builder.cast(context.value(1), context.builder.typeOf(x).dtype));
}

function clip(context: OnnxContext): ValueId {
  const { builder } = context;
  const limit = (index: number, attribute: 'min' | 'max', value: ValueId): ValueId => {
    const op = attribute === 'min' ? 'maximum' : 'minimum';
    if (context.opset >= 11) return context.has(index) ? builder.plain(op, value, context.value(index)) : value;
    const given = context.number(attribute, Number.NaN);
    // Exporters write the largest number where there is no limit.
    return Math.abs(given) < 3.4e38 ? builder.plain(op, value, context.scalar(given)) : value;
  };
  return limit(2, 'max', limit(1, 'min', context.value(0)));
}

function hardSigmoid(context: OnnxContext, x: ValueId, alpha: number, beta: number): ValueId {
  const { builder } = context;
  return between(builder, builder.add(builder.multiply(x, context.scalar(alpha)), context.scalar(beta)), 0, 1);
}

/** x, or slope · x where it is negative. */
function prelu(context: OnnxContext): ValueId {
  return leakyRelu(context.builder, context.value(0), context.value(1, roles.alpha));
}

function scaledElu(context: OnnxContext, x: ValueId): ValueId {
  // Defaults of ONNX are SELU's constants as float32.
  const alpha = context.number('alpha', 1.67326319217681884765625);
  const gamma = context.number('gamma', 1.05070102214813232421875);
  return context.builder.multiply(elu(context.builder, x, Math.fround(alpha)), context.scalar(gamma));
}

function celu(context: OnnxContext, x: ValueId): ValueId {
  const { builder } = context;
  const alpha = Math.fround(context.number('alpha', 1));
  const scaled = builder.plain('elu', builder.divide(x, builder.scalar(alpha)));
  return builder.select(
    builder.plain('greater', x, builder.scalar(0)),
    x,
    builder.multiply(scaled, builder.scalar(alpha)),
  );
}

function cast(context: OnnxContext): ValueId {
  const x = context.value(0);
  const type = ONNX_TYPES[context.number('to', 0)];
  const isRounded = type === 'float16' || type === 'bfloat16';
  if (type === undefined || isRounded) throw new NodeRefusal(`numbers of type ${type ?? 'unknown'}`);
  return context.builder.cast(x, dtypeFor(type));
}

function dtypeFor(type: OnnxType): DType {
  if (FLOAT_TYPES.has(type)) return 'float32';
  if (type === 'bool') return 'bool';
  if (type === 'int32' || type === 'int64') return 'int32';
  throw new NodeRefusal(`numbers of type ${type}`);
}

const not = ({ builder }: OnnxContext, x: ValueId): ValueId => builder.plain('logicalNot', x);

export const arithmetic: Readonly<Record<string, OnnxConverter>> = {
  Identity: ({ inputs: [input] }) => {
    if (input == null) throw new NodeRefusal('no input 1');
    return input;
  },
  Dropout: (context) => {
    const isTraining = context.has(2) && context.numbers(2)[0] !== 0;
    if (isTraining || (context.opset < 7 && context.number('is_test', 0) === 0)) throw new NodeRefusal('training');
    return context.inputs[0]!;
  },
  Cast: emitting(cast),
  Add: binary('add', roles.offset),
  Sub: binary('subtract', roles.offset),
  Mul: binary('multiply', roles.scale),
  Div: emitting(divide),
  Pow: emitting(power),
  Max: several('maximum'),
  Min: several('minimum'),
  Sum: several('add'),
  Mean: emitting((context) => {
    const { builder, inputs } = context;
    const sum = inputs.map((_, index) => context.value(index)).reduce((a, b) => builder.add(a, b));
    return builder.divide(sum, builder.scalar(inputs.length));
  }),
  Equal: binary('equal'),
  Greater: binary('greater'),
  GreaterOrEqual: binary('greaterEqual'),
  Less: binary('less'),
  LessOrEqual: binary('lessEqual'),
  And: binary('logicalAnd'),
  Or: binary('logicalOr'),
  Not: unary('logicalNot'),
  Xor: emitting((context) => {
    const { builder } = context;
    const [a, b] = [context.value(0), context.value(1)];
    const both = builder.plain('logicalAnd', a, b);
    return builder.plain('logicalAnd', builder.plain('logicalOr', a, b), not(context, both));
  }),
  Where: emitting((context) => context.builder.select(context.value(0), context.value(1), context.value(2))),

  Neg: unary('negative'),
  Abs: unary('abs'),
  Sign: unary('sign'),
  Sqrt: unary('sqrt'),
  Exp: unary('exp'),
  Log: unary('log'),
  Floor: unary('floor'),
  Ceil: made(({ builder }, x) => builder.plain('negative', builder.plain('floor', builder.plain('negative', x)))),
  Round: made(({ builder }, x) => roundedToEven(builder, x)),
  Sin: unary('sin'),
  Cos: unary('cos'),
  Tan: made(({ builder }, x) => builder.divide(builder.plain('sin', x), builder.plain('cos', x))),
  Erf: unary('erf'),
  Reciprocal: made(({ builder }, x) => builder.divide(builder.scalar(1), x)),

  Relu: unary('relu'),
  LeakyRelu: made((context, x) => leakyRelu(context.builder, x, context.scalar(context.number('alpha', 0.01)))),
  PRelu: emitting(prelu),
  Elu: made((context, x) => elu(context.builder, x, Math.fround(context.number('alpha', 1)))),
  Selu: made(scaledElu),
  Celu: made(celu),
  ThresholdedRelu: made((context, x) => {
    const { builder } = context;
    return builder.select(
      builder.plain('greater', x, context.scalar(context.number('alpha', 1))),
      x,
      builder.scalar(0),
    );
  }),
  Sigmoid: unary('sigmoid'),
  HardSigmoid: made((context, x) => hardSigmoid(context, x, context.number('alpha', 0.2), context.number('beta', 0.5))),
  HardSwish: made((context, x) => context.builder.multiply(x, hardSigmoid(context, x, 1 / 6, 0.5))),
  Swish: made((context, x) => {
    const { builder } = context;
    return builder.multiply(
      x,
      builder.plain('sigmoid', builder.multiply(x, context.scalar(context.number('alpha', 1)))),
    );
  }),
  Mish: made(({ builder }, x) => builder.multiply(x, builder.plain('tanh', builder.plain('softplus', x)))),
  Gelu: made((context, x) => {
    const isApproximate = textAttribute(context.node, 'approximate', 'none') === 'tanh';
    return isApproximate ? geluApproximate(context.builder, x) : gelu(context.builder, x);
  }),
  'com.microsoft.Gelu': made(({ builder }, x) => gelu(builder, x)),
  Tanh: unary('tanh'),
  Softplus: unary('softplus'),
  Softsign: made(({ builder }, x) => builder.divide(x, builder.add(builder.scalar(1), builder.plain('abs', x)))),
  Clip: emitting(clip),
};
