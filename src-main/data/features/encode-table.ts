import { columnWidth } from '../../../src-shared/data/column-places.ts';
import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import { codecs } from '../columns/registry.ts';
import { columnOf, type TableRows } from '../tables/table.ts';

/** Number of values whose category is not in the training rows, by column. */
export type UnseenCounts = Map<string, number>;

/**
 * Encodes columns of a table tensor.
 *
 * Scaling, fills and categories come from the fitted columns, so only training rows influence them. Categories that are
 * not in the training rows become zeros and are counted in `unseen`.
 *
 * @param rows Row indices, length n, in output order.
 * @param data Zeros, n times the width of the columns.
 * @throws AppError `dataset/extreme-value` naming the row whose number is too large for float32.
 */
export function encodeTable(
  columns: readonly FittedColumn[],
  rows: TableRows,
  data: Float32Array,
  unseen: UnseenCounts,
): void {
  const width = columns.reduce((sum, column) => sum + columnWidth(column), 0);
  let offset = 0;
  for (const column of columns) {
    const source = columnOf(rows.table, column.name);
    const unknown = codecs[column.type].encode!(column, source, rows, { data, offset, width });
    if (unknown > 0) unseen.set(column.name, (unseen.get(column.name) ?? 0) + unknown);
    offset += columnWidth(column);
  }
}
