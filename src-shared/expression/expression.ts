import type { FunctionName } from './functions.ts';

/**
 * Syntax tree of a formula. Only `parseFormula` makes it, so names, numbers of arguments and
 * kinds are valid. It is plain data and never runs as code.
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

/** Operator precedence; that of `not` and unary minus is in `unaryPrecedences`. */
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

/** Whether the value is true or false. As a number it is 1 or 0. */
export function isCondition(expression: Expression): boolean {
  if (expression.kind === 'unary') return expression.operator === 'not';
  if (expression.kind !== 'binary') return false;
  return expression.operator === 'and' || expression.operator === 'or' || isComparison(expression.operator);
}

/** Direct subexpressions. */
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

/** Whether `test` is true for any node of the tree. */
export function someWithin(expression: Expression, test: (part: Expression) => boolean): boolean {
  return test(expression) || partsOf(expression).some((part) => someWithin(part, test));
}

/** Names of the variables in an expression. */
export function variablesOf(expression: Expression): Set<string> {
  const found = new Set<string>();
  someWithin(expression, (part) => {
    if (part.kind === 'variable') found.add(part.name);
    return false;
  });
  return found;
}
