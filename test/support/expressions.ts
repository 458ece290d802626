import { constants } from '../../src-shared/expression/expression.ts';
import type { BinaryOperator, ConstantName, Expression } from '../../src-shared/expression/expression.ts';
import { functionNames, functionSpec } from '../../src-shared/expression/functions.ts';
import type { FunctionName } from '../../src-shared/expression/functions.ts';
import { deriveKey, philoxWords } from '../../src-shared/program/random/philox.ts';

/** Draws from a fixed random stream. */
export class Dice {
  private readonly words: Uint32Array;
  private next = 0;

  constructor(seed: number, purpose: string) {
    this.words = philoxWords(deriveKey(seed, purpose), 0, 8000);
  }

  below(limit: number): number {
    return this.words[this.next++ % this.words.length]! % limit;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}

/** Parts that a random formula may use. */
export interface Ingredients {
  readonly variables: readonly string[];
  readonly functions: readonly FunctionName[];
  readonly arithmetic: readonly BinaryOperator[];
}

/** The whole language. */
export const everything: Ingredients = {
  variables: ['x', 'y_true', 'alpha'],
  functions: functionNames,
  arithmetic: ['+', '-', '*', '/', '%', '^'],
};

const comparisons: readonly BinaryOperator[] = ['<', '<=', '>', '>=', '==', '!='];

/** A random tree as the parser creates it: node kinds and numbers of inputs are valid. */
export function randomExpression(dice: Dice, ingredients: Ingredients, depth: number): Expression {
  const { variables, functions, arithmetic } = ingredients;
  const inner = (): Expression => randomExpression(dice, ingredients, depth - 1);
  const roll = depth <= 0 ? dice.below(3) : dice.below(12);
  if (roll === 0) return { kind: 'number', value: dice.pick([0, 1, 2, 0.5, 3, 0.25, 1.5]) };
  if (roll === 1 && dice.below(3) === 0) {
    return { kind: 'constant', name: dice.pick(Object.keys(constants) as ConstantName[]) };
  }
  if (roll <= 2) return { kind: 'variable', name: dice.pick(variables) };
  if (roll === 3) return { kind: 'unary', operator: '-', operand: inner() };
  if (roll === 4) return randomCondition(dice, ingredients, depth - 1);
  if (roll <= 8) return { kind: 'binary', operator: dice.pick(arithmetic), left: inner(), right: inner() };
  const name = dice.pick(functions);
  const { inputs, min, more, condition } = functionSpec(name);
  const count = more === true ? min + dice.below(3) : inputs.length;
  return {
    kind: 'call',
    name,
    inputs: Array.from({ length: count }, (_, i) =>
      condition === true && i === 0 ? randomCondition(dice, ingredients, depth - 1) : inner(),
    ),
  };
}

function randomCondition(dice: Dice, ingredients: Ingredients, depth: number): Expression {
  const inner = (): Expression => randomCondition(dice, ingredients, depth - 1);
  const roll = depth <= 0 ? 0 : dice.below(6);
  if (roll === 5) return { kind: 'unary', operator: 'not', operand: inner() };
  if (roll === 4) return { kind: 'binary', operator: dice.pick(['and', 'or']), left: inner(), right: inner() };
  const left = randomExpression(dice, ingredients, depth - 1);
  const right = randomExpression(dice, ingredients, depth - 1);
  return { kind: 'binary', operator: dice.pick(comparisons), left, right };
}
