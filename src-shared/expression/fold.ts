import { evaluate } from './evaluate.ts';
import { isCondition } from './expression.ts';
import type { Expression } from './expression.ts';

const NONE: ReadonlyMap<string, number> = new Map();

export interface Folded {
  readonly expression: Expression;
  /** The first subexpression (before folding) whose value is NaN or infinite; null if there is none. */
  readonly nonFinite: Expression | null;
}

/** Replaces subexpressions without variables by their value, except conditions. Numbers may be negative. */
export function foldConstants(expression: Expression): Folded {
  let nonFinite: Expression | null = null;
  const fold = (part: Expression): Expression => {
    const inner = withFoldedParts(part, fold);
    if (inner.kind === 'number' || inner.kind === 'variable' || isCondition(inner)) return inner;
    if (!partsOfNumbers(inner)) return inner;
    const value = evaluate(inner, NONE);
    if (!Number.isFinite(value)) nonFinite ??= part;
    return { kind: 'number', value };
  };
  return { expression: fold(expression), nonFinite };
}

function withFoldedParts(part: Expression, fold: (part: Expression) => Expression): Expression {
  switch (part.kind) {
    case 'unary':
      return { ...part, operand: fold(part.operand) };
    case 'binary':
      return { ...part, left: fold(part.left), right: fold(part.right) };
    case 'call':
      return { ...part, inputs: part.inputs.map(fold) };
    default:
      return part;
  }
}

function partsOfNumbers(part: Expression): boolean {
  switch (part.kind) {
    case 'unary':
      return part.operand.kind === 'number';
    case 'binary':
      return part.left.kind === 'number' && part.right.kind === 'number';
    case 'call':
      return part.inputs.every(({ kind }) => kind === 'number');
    default:
      return true;
  }
}
