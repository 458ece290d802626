import type { FunctionName } from './functions.ts';

/**
 * A formula as a tree. Made by `parseFormula` alone, so names, numbers of arguments and
 * kinds are right; plain data, never run as code.
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'constant'; readonly name: ConstantName }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly inputs: readonly Expression[] };

export type UnaryOperator = '-' | 'not';
export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^';
export type BinaryOperator = 'or' | 'and' | Comparison | Arithmetic;

export const constants = { pi: Math.PI, e: Math.E } as const;
export type ConstantName = keyof typeof constants;

/** How strongly operators bind; `not` and unary minus stand between. */
export const precedences: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '==': 4,
  '!=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
  '^': 8,
};
export const unaryPrecedences: Readonly<Record<UnaryOperator, number>> = { not: 3, '-': 7 };

const comparisons: ReadonlySet<string> = new Set<Comparison>(['<', '<=', '>', '>=', '==', '!=']);

export function isComparison(operator: string): operator is Comparison {
  return comparisons.has(operator);
}

/** Whether it says true or false; as a number that is 1 or 0. */
export function isCondition(expression: Expression): boolean {
  if (expression.kind === 'unary') return expression.operator === 'not';
  if (expression.kind !== 'binary') return false;
  return expression.operator === 'and' || expression.operator === 'or' || isComparison(expression.operator);
}

/** What stands directly inside an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'call':
      return expression.inputs;
    default:
      return [];
  }
}

/** Whether `test` holds anywhere in the tree. */
export function someWithin(expression: Expression, test: (part: Expression) => boolean): boolean {
  return test(expression) || partsOf(expression).some((part) => someWithin(part, test));
}

/** Names of the variables that stand in it. */
export function variablesOf(expression: Expression): Set<string> {
  const found = new Set<string>();
  someWithin(expression, (part) => {
    if (part.kind === 'variable') found.add(part.name);
    return false;
  });
  return found;
}
