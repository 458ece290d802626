import type { Shape } from '../../../src-shared/program/language/types.ts';

/** With the batch axis, for tooltips: '[batch, 28, 28, 1]'. */
export function formatFullShape(shape: Shape | null): string {
  if (shape === null) return 'unknown';
  return `[${shape.map((extent) => extent ?? 'batch').join(', ')}]`;
}
