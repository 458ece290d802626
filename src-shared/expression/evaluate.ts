import { constants } from './expression.ts';
import type { BinaryOperator, Expression } from './expression.ts';
import type { FunctionName } from './functions.ts';

/** Evaluates a formula in float64. Functions along the last axis see an axis of size 1. Conditions are 1 or 0. */
export function evaluate(expression: Expression, variables: ReadonlyMap<string, number>): number {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'constant':
      return constants[expression.name];
    case 'variable': {
      const value = variables.get(expression.name);
      if (value === undefined) throw new Error(`The formula's ${expression.name} has no value.`);
      return value;
    }
    case 'unary': {
      const operand = evaluate(expression.operand, variables);
      return expression.operator === '-' ? -operand : Number(operand === 0);
    }
    case 'binary': {
      const left = evaluate(expression.left, variables);
      return operators[expression.operator](left, evaluate(expression.right, variables));
    }
    case 'call':
      return calls[expression.name](...expression.inputs.map((input) => evaluate(input, variables)));
  }
}

const operators: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  or: (a, b) => Number(a !== 0 || b !== 0),
  and: (a, b) => Number(a !== 0 && b !== 0),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  // The result has the sign of the divisor, as in Python.
  '%': (a, b) => a - b * Math.floor(a / b),
  '^': (a, b) => a ** b,
};

const calls: Readonly<Record<FunctionName, (...inputs: number[]) => number>> = {
  exp: (x) => Math.exp(x!),
  log: (x) => Math.log(x!),
  log1p: (x) => Math.log1p(x!),
  sqrt: (x) => Math.sqrt(x!),
  square: (x) => x! * x!,
  abs: (x) => Math.abs(x!),
  sign: (x) => Math.sign(x!),
  floor: (x) => Math.floor(x!),
  ceil: (x) => Math.ceil(x!),
  sin: (x) => Math.sin(x!),
  cos: (x) => Math.cos(x!),
  tanh: (x) => Math.tanh(x!),
  sigmoid: (x) => 1 / (1 + Math.exp(-x!)),
  relu: (x) => Math.max(x!, 0),
  softplus: (x) => Math.max(x!, 0) + Math.log1p(Math.exp(-Math.abs(x!))),
  erf: (x) => erf(x!),
  min: (...inputs) => Math.min(...inputs),
  max: (...inputs) => Math.max(...inputs),
  minimum: (a, b) => Math.min(a!, b!),
  maximum: (a, b) => Math.max(a!, b!),
  clip: (x, low, high) => Math.min(Math.max(x!, low!), high!),
  where: (condition, a, b) => (condition === 0 ? b! : a!),
  sum: (x) => x!,
  mean: (x) => x!,
  softmax: () => 1,
  logSoftmax: () => 0,
  stopGradient: (x) => x!,
};

/**
 * erf(x) = 2/√π · exp(-x²) · Σ 2^n x^(2n+1) / (1·3·…·(2n+1)) for |x| < 6; beyond, it is ±1 in float64.
 * All terms have one sign, so nothing cancels, unlike in 2/√π · Σ (-1)^n x^(2n+1) / (n! (2n+1)).
 * Source: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions (1964), 7.1.6.
 */
function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
