import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import { resolveNamed } from './named-arguments.ts';
import { regularizerArguments } from './regularizer.ts';
import type { Regularizer } from './regularizer.ts';

/** Keras's `backend.epsilon()`. */
const EPSILON = 1e-7;

/**
 * The penalty of a weight or of an output, as Keras 3 computes it: over all values.
 * @returns A float32 scalar.
 */
export function emitPenalty(b: ProgramBuilder, regularizer: Regularizer, value: ValueId): ValueId {
  const { name, values } = resolveNamed(regularizerArguments, regularizer);
  const total = (of: 'abs' | 'square', factor: number): ValueId => {
    if (factor === 0) return b.scalar(0);
    const axes = b.shapeOf(value).map((_, axis) => axis);
    return b.multiply(b.scalar(factor), b.reduceSum(b.plain(of, value), axes));
  };
  const argument = (key: string): number => values[key] as number;
  switch (name) {
    case 'l1':
      return total('abs', argument('l1'));
    case 'l2':
      return total('square', argument('l2'));
    case 'l1l2':
      return b.add(total('abs', argument('l1')), total('square', argument('l2')));
    case 'orthogonal':
      return orthogonality(b, value, argument('factor'), values['mode'] === 'rows');
  }
}

/**
 * factor · mean |cosine| over all pairs of different rows (columns).
 * Source: A. Brock et al., arXiv:1609.07093 (2016), as Keras's OrthogonalRegularizer has it.
 */
function orthogonality(b: ProgramBuilder, matrix: ValueId, factor: number, rows: boolean): ValueId {
  const size = b.shapeOf(matrix)[rows ? 0 : 1]!;
  const squares = b.reduceSum(b.plain('square', matrix), [rows ? 1 : 0], true);
  const norms = b.plain('sqrt', b.plain('maximum', squares, b.scalar(EPSILON ** 2)));
  const unit = b.divide(matrix, norms);
  const cosines = b.matMul(unit, unit, !rows, rows);
  const numbers = Array.from({ length: size }, (_, index) => index);
  const diagonal = b.plain('equal', b.constant('int32', [size, 1], numbers), b.constant('int32', [1, size], numbers));
  const others = b.multiply(cosines, b.cast(b.plain('logicalNot', diagonal), 'float32'));
  const pairs = (size * (size - 1)) / 2;
  return b.multiply(b.reduceSum(b.plain('abs', others), [0, 1]), b.scalar((factor * 0.5) / pairs));
}
