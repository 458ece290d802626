import { evaluate } from './evaluate.ts';
import { isCondition } from './expression.ts';
import type { Expression } from './expression.ts';

const NONE: ReadonlyMap<string, number> = new Map();

export interface Folded {
  readonly expression: Expression;
  /** The first part, as it was written, whose value is NaN or infinite; null where there is none. */
  readonly endless: Expression | null;
}

/** Computes what does not depend on a variable. Numbers in the result may be negative; conditions stay. */
export function foldConstants(expression: Expression): Folded {
  let endless: Expression | null = null;
  const fold = (part: Expression): Expression => {
    const inner = withFoldedParts(part, fold);
    if (inner.kind === 'number' || inner.kind === 'variable' || isCondition(inner)) return inner;
    if (!partsOfNumbers(inner)) return inner;
    const value = evaluate(inner, NONE);
    if (!Number.isFinite(value)) endless ??= part;
    return { kind: 'number', value };
  };
  return { expression: fold(expression), endless };
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
