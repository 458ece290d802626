/** A function of the formula language. */
export interface FunctionSpec {
  /** Names of its inputs; those after the first `min` are optional. */
  readonly inputs: readonly string[];
  readonly min: number;
  /** Whether the last input may be repeated. */
  readonly more?: boolean;
  /** Whether it works along the last axis; reductions keep it with size 1. */
  readonly axis?: boolean;
  /** Whether the first input must be a condition. */
  readonly condition?: boolean;
  /** One-line description for users. */
  readonly help: string;
}

const of = (input: string, help: string, more: Partial<FunctionSpec> = {}): FunctionSpec => {
  const inputs = input.split(', ');
  return { inputs, min: inputs.length, help, ...more };
};

/** Every function, in the order of the reference. */
export const functions = {
  exp: of('x', 'e to the power of x.'),
  log: of('x', 'Natural logarithm; x must be above 0.'),
  log1p: of('x', 'log(1 + x), exact for small x.'),
  sqrt: of('x', 'Square root.'),
  square: of('x', 'x · x.'),
  abs: of('x', 'Absolute value.'),
  sign: of('x', '-1, 0 or 1.'),
  floor: of('x', 'Rounds down to a whole number.'),
  ceil: of('x', 'Rounds up to a whole number.'),
  sin: of('x', 'Sine; x in radians.'),
  cos: of('x', 'Cosine; x in radians.'),
  tanh: of('x', 'Hyperbolic tangent, -1 to 1.'),
  sigmoid: of('x', '1 / (1 + exp(-x)), 0 to 1.'),
  relu: of('x', 'x, or 0 where x is negative.'),
  softplus: of('x', 'log(1 + exp(x)).'),
  erf: of('x', 'The error function, -1 to 1.'),
  min: of('a, b', 'The smallest of its inputs; of one input, of the values along the last axis.', {
    min: 1,
    more: true,
  }),
  max: of('a, b', 'The largest of its inputs; of one input, of the values along the last axis.', {
    min: 1,
    more: true,
  }),
  minimum: of('a, b', 'The smaller of two.'),
  maximum: of('a, b', 'The larger of two.'),
  clip: of('x, low, high', 'x limited to the range from low to high.'),
  where: of('condition, a, b', 'a if the condition is true, else b.', { condition: true }),
  sum: of('x', 'Sum of the values along the last axis.', { axis: true }),
  mean: of('x', 'Mean of the values along the last axis.', { axis: true }),
  softmax: of('x', 'exp(x) / sum(exp(x)): shares that sum to 1.', { axis: true }),
  logSoftmax: of('x', 'log(softmax(x)), exact for small shares.', { axis: true }),
  stopGradient: of('x', 'x, but its gradient is 0.'),
} satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof functions;

export const functionNames = Object.keys(functions) as readonly FunctionName[];

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

export function functionSpec(name: FunctionName): FunctionSpec {
  return functions[name];
}

/** Whether a call works along the last axis. @param inputs Number of inputs. */
export function worksAlongAxis(name: FunctionName, inputs: number): boolean {
  return functionSpec(name).axis === true || ((name === 'min' || name === 'max') && inputs === 1);
}

/** 'clip(x, low, high)', 'max(a, b, …)'. */
export function signatureOf(name: FunctionName): string {
  const { inputs, more } = functionSpec(name);
  return `${name}(${[...inputs, ...(more === true ? ['…'] : [])].join(', ')})`;
}
