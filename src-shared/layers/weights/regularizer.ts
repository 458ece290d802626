import { showShape } from '../../program/language/shape.ts';
import type { Shape } from '../../program/language/types.ts';
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
