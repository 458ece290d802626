import type { ProgramBuilder } from '../builder/builder.ts';
import type { NoAttributes, ValueId } from '../language/types.ts';
import { unbroadcast } from './gradient-rule.ts';
import type { GradientRules, InputGradient } from './gradient-rule.ts';

interface Call {
  readonly builder: ProgramBuilder;
  readonly attributes: NoAttributes;
  readonly output: ValueId;
  readonly gradient: ValueId;
}
type Rule = (call: Call, ...inputs: ValueId[]) => readonly (InputGradient | null)[];

/** Gradient of one input: `emit(builder, gradient, input, output)`. */
const unary =
  (emit: (b: ProgramBuilder, gradient: ValueId, x: ValueId, y: ValueId) => ValueId): Rule =>
  ({ builder, gradient, output }, x) => [() => emit(builder, gradient, x!, output)];

/** Gradients of two inputs that broadcast: each is summed over the broadcast axes. */
const binary = (
  left: (b: ProgramBuilder, gradient: ValueId, x: ValueId, y: ValueId, output: ValueId) => ValueId,
  right: (b: ProgramBuilder, gradient: ValueId, x: ValueId, y: ValueId, output: ValueId) => ValueId,
): Rule => {
  return ({ builder, gradient, output }, x, y) => [
    () => unbroadcast(builder, left(builder, gradient, x!, y!, output), builder.shapeOf(x!)),
    () => unbroadcast(builder, right(builder, gradient, x!, y!, output), builder.shapeOf(y!)),
  ];
};

/** The gradient where `condition` holds, else zero. */
function where(b: ProgramBuilder, condition: ValueId, gradient: ValueId): ValueId {
  return b.select(condition, gradient, b.scalar(0));
}

/** Gradient of eluGradient and seluGradient, whose slope depends on the output only where the output is negative. */
const exponentialGradient =
  (op: 'eluGradient' | 'seluGradient'): Rule =>
  ({ builder: b, gradient }, output, incoming) => [
    () => where(b, b.plain('less', output!, b.scalar(0)), b.multiply(gradient, incoming!)),
    () => b.plain(op, output!, gradient),
  ];

type DifferentiableName =
  | 'negative'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'square'
  | 'abs'
  | 'relu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'cast'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'power'
  | 'maximum'
  | 'minimum'
  | 'select'
  | 'reluGradient'
  | 'eluGradient'
  | 'seluGradient'
  | 'sigmoidGradient'
  | 'tanhGradient';

type ConstantName =
  | 'sign'
  | 'floor'
  | 'logicalNot'
  | 'stopGradient'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'less'
  | 'lessEqual'
  | 'logicalAnd'
  | 'logicalOr';

export const elementwiseGradients: GradientRules<DifferentiableName | ConstantName> = {
  negative: unary((b, g) => b.plain('negative', g)),
  exp: unary((b, g, _, y) => b.multiply(g, y)),
  log: unary((b, g, x) => b.divide(g, x)),
  log1p: unary((b, g, x) => b.divide(g, b.add(x, b.scalar(1)))),
  sqrt: unary((b, g, _, y) => b.divide(b.multiply(g, b.scalar(0.5)), y)),
  square: unary((b, g, x) => b.multiply(g, b.multiply(x, b.scalar(2)))),
  abs: unary((b, g, x) => b.multiply(g, b.plain('sign', x))),
  relu: unary((b, g, _, y) => b.plain('reluGradient', y, g)),
  elu: unary((b, g, _, y) => b.plain('eluGradient', y, g)),
  selu: unary((b, g, _, y) => b.plain('seluGradient', y, g)),
  sigmoid: unary((b, g, _, y) => b.plain('sigmoidGradient', y, g)),
  tanh: unary((b, g, _, y) => b.plain('tanhGradient', y, g)),
  softplus: unary((b, g, x) => b.multiply(g, b.plain('sigmoid', x))),
  erf: unary((b, g, x) => {
    const slope = b.multiply(
      b.plain('exp', b.plain('negative', b.plain('square', x))),
      b.scalar(2 / Math.sqrt(Math.PI)),
    );
    return b.multiply(g, slope);
  }),
  sin: unary((b, g, x) => b.multiply(g, b.plain('cos', x))),
  cos: unary((b, g, x) => b.plain('negative', b.multiply(g, b.plain('sin', x)))),
  cast: ({ builder, gradient }, x) => {
    const { dtype } = builder.typeOf(x!);
    return [dtype === 'float32' ? () => builder.cast(gradient, dtype) : null];
  },

  add: binary(
    (_, g) => g,
    (_, g) => g,
  ),
  subtract: binary(
    (_, g) => g,
    (b, g) => b.plain('negative', g),
  ),
  multiply: binary(
    (b, g, _, y) => b.multiply(g, y),
    (b, g, x) => b.multiply(g, x),
  ),
  divide: binary(
    (b, g, _, y) => b.divide(g, y),
    (b, g, _, y, output) => b.plain('negative', b.divide(b.multiply(g, output), y)),
  ),
  power: binary(
    (b, g, x, y) => b.multiply(g, b.multiply(y, b.plain('power', x, b.subtract(y, b.scalar(1))))),
    // log is not defined for a base of 0 or less; as in TensorFlow, the gradient is 0 there.
    (b, g, x, _, output) => {
      const positive = b.plain('greater', x, b.scalar(0));
      const safe = b.select(positive, x, b.scalar(1));
      return b.multiply(g, b.multiply(output, b.plain('log', safe)));
    },
  ),
  // For equal values the first receives the gradient, as in TensorFlow.
  maximum: binary(
    (b, g, x, y) => where(b, b.plain('greaterEqual', x, y), g),
    (b, g, x, y) => where(b, b.plain('less', x, y), g),
  ),
  minimum: binary(
    (b, g, x, y) => where(b, b.plain('lessEqual', x, y), g),
    (b, g, x, y) => where(b, b.plain('greater', x, y), g),
  ),
  select: ({ builder: b, gradient }, condition, whenTrue, whenFalse) => [
    null,
    () => unbroadcast(b, where(b, condition!, gradient), b.shapeOf(whenTrue!)),
    () => unbroadcast(b, b.select(condition!, b.scalar(0), gradient), b.shapeOf(whenFalse!)),
  ],

  reluGradient: ({ builder: b, gradient }, output) => [null, () => b.plain('reluGradient', output!, gradient)],
  eluGradient: exponentialGradient('eluGradient'),
  seluGradient: exponentialGradient('seluGradient'),
  sigmoidGradient: ({ builder: b, gradient }, output, incoming) => [
    () => {
      const slope = b.subtract(b.scalar(1), b.multiply(output!, b.scalar(2)));
      return b.multiply(gradient, b.multiply(incoming!, slope));
    },
    () => b.plain('sigmoidGradient', output!, gradient),
  ],
  tanhGradient: ({ builder: b, gradient }, output, incoming) => [
    () => b.multiply(gradient, b.multiply(incoming!, b.multiply(output!, b.scalar(-2)))),
    () => b.plain('tanhGradient', output!, gradient),
  ],

  sign: 'zero',
  floor: 'zero',
  logicalNot: 'zero',
  stopGradient: 'zero',
  equal: 'zero',
  greater: 'zero',
  greaterEqual: 'zero',
  less: 'zero',
  lessEqual: 'zero',
  logicalAnd: 'zero',
  logicalOr: 'zero',
};
