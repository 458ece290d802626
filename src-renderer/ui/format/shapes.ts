import type { Shape } from '../../../src-shared/program/language/types.ts';

/** With the batch axis, for tooltips: '[batch, 28, 28, 1]'. */
export function formatFullShape(shape: Shape | null): string {
  if (shape === null) return 'unknown';
  return `[${shape.map((extent) => extent ?? 'batch').join(', ')}]`;
}

/** '28, 28, 1' or '28 × 28 × 1' → [28, 28, 1]; null where it is no list of positive whole numbers. Empty gives []. */
export function parseShape(text: string): number[] | null {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const parts = trimmed.split(/\s*[,×x*\s]\s*/);
  const extents = parts.map(Number);
  return extents.every((extent) => Number.isInteger(extent) && extent > 0) ? extents : null;
}

/** '2, -1' → [2, -1]; null where it is no list of whole numbers. Empty gives []. */
export function parseIntegers(text: string): number[] | null {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const integers = trimmed.split(/\s*[,×x*\s]\s*/).map(Number);
  return integers.every(Number.isInteger) ? integers : null;
}
