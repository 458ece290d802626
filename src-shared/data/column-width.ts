import type { FittedColumn } from './prepared.ts';

/** Numbers that a column takes in the input vector. */
export function columnWidth(column: FittedColumn): number {
  if (column.type === 'image') return column.shape[0] * column.shape[1] * column.shape[2];
  return column.type === 'numeric' ? 1 : column.categories.length;
}
