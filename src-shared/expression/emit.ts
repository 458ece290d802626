import type { ProgramBuilder } from '../program/builder/builder.ts';
import { showShape, ShapeError } from '../program/language/shape.ts';
import type { OpName, ValueId } from '../program/language/types.ts';
import { isCondition } from './expression.ts';
import type { BinaryOperator, Expression } from './expression.ts';
import { foldConstants } from './fold.ts';
import { functionSpec, worksAlongAxis } from './functions.ts';
import type { FunctionName } from './functions.ts';
import { branchVariables } from './branches.ts';
import { power } from './power.ts';

/** Values of the variables: float32, with shapes that broadcast. */
export type Scope = ReadonlyMap<string, ValueId>;

/**
 * Emits a formula as operations.
 *
 * @returns float32 with the shape that the variables broadcast to; conditions are 1 or 0.
 * @throws ShapeError if they do not broadcast, or if a function needs a last axis that is missing.
 */
export function emitExpression(builder: ProgramBuilder, expression: Expression, scope: Scope): ValueId {
  return new Emitter(builder).number(foldConstants(expression).expression, scope);
}

class Emitter {
  private readonly builder: ProgramBuilder;

  constructor(builder: ProgramBuilder) {
    this.builder = builder;
  }

  /** Emits as float32. */
  number(expression: Expression, scope: Scope): ValueId {
    const value = this.emit(expression, scope);
    return isCondition(expression) ? this.builder.cast(value, 'float32') : value;
  }

  /** Emits conditions as bool, other expressions as float32. */
  private emit(expression: Expression, scope: Scope): ValueId {
    const b = this.builder;
    switch (expression.kind) {
      case 'number':
        return b.scalar(expression.value);
      case 'constant':
        throw new Error('Expected folded constants.');
      case 'variable': {
        const value = scope.get(expression.name);
        if (value === undefined) throw new Error(`No value for the formula's variable ${expression.name}.`);
        return value;
      }
      case 'unary':
        if (expression.operator === 'not') return b.plain('logicalNot', this.emit(expression.operand, scope));
        return b.plain('negative', this.number(expression.operand, scope));
      case 'binary':
        return this.binary(expression, scope);
      case 'call':
        return this.call(expression, scope);
    }
  }

  private binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, scope: Scope): ValueId {
    const b = this.builder;
    if (operator === 'and' || operator === 'or') {
      return b.plain(logical[operator], this.emit(left, scope), this.emit(right, scope));
    }
    const x = this.number(left, scope);
    if (operator === '^' && right.kind === 'number') return power(b, x, right.value);
    const y = this.number(right, scope);
    switch (operator) {
      case '!=':
        return b.plain('logicalNot', b.plain('equal', x, y));
      case '%':
        return b.subtract(x, b.multiply(y, b.plain('floor', b.divide(x, y))));
      default:
        return b.plain(plainOperators[operator], x, y);
    }
  }

  private call({ name, inputs }: Extract<Expression, { kind: 'call' }>, scope: Scope): ValueId {
    if (name === 'where') return this.where(inputs as [Expression, Expression, Expression], scope);
    const values = inputs.map((input) => this.number(input, scope));
    if (isAxisFunction(name) || worksAlongAxis(name, values.length)) return alongAxis(this.builder, name, values[0]!);
    return calls[name](this.builder, ...values);
  }

  private where([condition, a, b]: readonly [Expression, Expression, Expression], scope: Scope): ValueId {
    const test = this.emit(condition, scope);
    const whenTrue = this.number(a, branchVariables(this.builder, condition, true, a, scope));
    const whenFalse = this.number(b, branchVariables(this.builder, condition, false, b, scope));
    return this.builder.select(test, whenTrue, whenFalse);
  }
}

const logical = { and: 'logicalAnd', or: 'logicalOr' } as const;

const plainOperators = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '^': 'power',
  '<': 'less',
  '<=': 'lessEqual',
  '>': 'greater',
  '>=': 'greaterEqual',
  '==': 'equal',
} as const satisfies Partial<Record<BinaryOperator, OpName>>;

type Emit = (b: ProgramBuilder, ...inputs: ValueId[]) => ValueId;

const pairwise =
  (op: 'maximum' | 'minimum'): Emit =>
  (b, ...inputs) =>
    inputs.reduce((x, y) => b.plain(op, x, y));

type AxisFunction = 'sum' | 'mean' | 'softmax' | 'logSoftmax';
type ElementwiseFunction = Exclude<FunctionName, 'where' | AxisFunction>;

function isAxisFunction(name: FunctionName): name is AxisFunction {
  return functionSpec(name).axis === true;
}

const calls: Readonly<Record<ElementwiseFunction, Emit>> = {
  exp: (b, x) => b.plain('exp', x!),
  log: (b, x) => b.plain('log', x!),
  log1p: (b, x) => b.plain('log1p', x!),
  sqrt: (b, x) => b.plain('sqrt', x!),
  square: (b, x) => b.plain('square', x!),
  abs: (b, x) => b.plain('abs', x!),
  sign: (b, x) => b.plain('sign', x!),
  floor: (b, x) => b.plain('floor', x!),
  ceil: (b, x) => b.plain('negative', b.plain('floor', b.plain('negative', x!))),
  sin: (b, x) => b.plain('sin', x!),
  cos: (b, x) => b.plain('cos', x!),
  tanh: (b, x) => b.plain('tanh', x!),
  sigmoid: (b, x) => b.plain('sigmoid', x!),
  relu: (b, x) => b.plain('relu', x!),
  softplus: (b, x) => b.plain('softplus', x!),
  erf: (b, x) => b.plain('erf', x!),
  min: pairwise('minimum'),
  max: pairwise('maximum'),
  minimum: pairwise('minimum'),
  maximum: pairwise('maximum'),
  clip: (b, x, low, high) => b.plain('minimum', b.plain('maximum', x!, low!), high!),
  stopGradient: (b, x) => b.plain('stopGradient', x!),
};

function alongAxis(b: ProgramBuilder, name: FunctionName, x: ValueId): ValueId {
  const shape = b.shapeOf(x);
  const last = shape.length - 1;
  if (typeof shape[last] !== 'number') {
    const { help } = functionSpec(name);
    throw new ShapeError(
      `Expected values with a last axis for ${name} (${help.toLowerCase().replace(/\.$/, '')}); received ${showShape(shape)}.`,
    );
  }
  switch (name) {
    case 'sum':
      return b.reduceSum(x, [last], true);
    case 'mean':
      return b.reduceMean(x, [last], true);
    case 'max':
      return b.reduceMax(x, [last], true);
    case 'min':
      return b.reduceMin(x, [last], true);
    case 'softmax':
    case 'logSoftmax':
      return b.plain(name, x);
    default:
      throw new Error(`${name} does not work along an axis.`);
  }
}
