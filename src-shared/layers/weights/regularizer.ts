import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { showShape } from '../../program/language/shape.ts';
import type { Shape, ValueId } from '../../program/language/types.ts';
import { resolveNamed } from './named-arguments.ts';
import type { ArgumentTable, Named } from './named-arguments.ts';

/** Regularizers by the camelCase of Keras's name: penalties on weights or outputs, added to the loss. */
export type RegularizerName = 'l1' | 'l2' | 'l1l2' | 'orthogonal';

/** A name, with Keras's defaults, or a name and arguments. */
export type Regularizer = Named<RegularizerName>;

const factor = (name: string) => ({ name, default: 0.01, min: 0, max: 1e6 });

/**
 * Arguments of each regularizer. As Keras documents it, l1l2 by name alone has 0.01 of both; an object,
 * like its class, has only what it names.
 */
export const regularizerArguments: ArgumentTable<RegularizerName> = {
  l1: [factor('l1')],
  l2: [factor('l2')],
  l1l2: [
    { ...factor('l1'), omitted: 0 },
    { ...factor('l2'), omitted: 0 },
  ],
  orthogonal: [factor('factor'), { name: 'mode', default: 'rows', options: ['rows', 'columns'] }],
};

/** What each adds to the loss, for a person. */
export const regularizerFormulas: Readonly<Record<RegularizerName, string>> = {
  l1: 'Adds l1 · Σ|w| to the loss: values that matter little become 0.',
  l2: 'Adds l2 · Σw² to the loss: values stay small.',
  l1l2: 'Adds l1 · Σ|w| + l2 · Σw² to the loss.',
  orthogonal: 'Adds factor · mean |cosine| between different rows (or columns) to the loss: they come to differ.',
};

/** Null, or why a regularizer cannot stand on a value of this shape; the words go on after "The regularizer of kernel ". */
export function regularizerShapeFault(regularizer: Regularizer, shape: Shape): string | null {
  const { name, values } = resolveNamed(regularizerArguments, regularizer);
  if (name !== 'orthogonal') return null;
  const received = `received ${showShape(shape)}. Choose another regularizer.`;
  if (shape.length !== 2) return `needs rank 2; ${received}`;
  const size = shape[values['mode'] === 'rows' ? 0 : 1]!;
  if (size === null) return `needs mode columns, as a batch has no fixed number of rows; ${received}`;
  return size >= 2 ? null : `needs 2 or more ${String(values['mode'])}; ${received}`;
}

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
