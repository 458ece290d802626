import type { InputRow } from '../../src-shared/contract/contract.ts';
import type { DatasetDocument, SplitName } from '../../src-shared/dataset/dataset-document.ts';
import { cellOf } from './cells.ts';
import { columnOf, splitSource } from './split-source.ts';

/** Raw feature values of a row, and its true class or value in the target's own unit. */
export interface SampleRow {
  readonly row: InputRow;
  readonly target: string | number;
}

/**
 * Rows of a split as they stand in the data, in the split's order.
 *
 * @param offset First row of the split to return.
 * @returns At most `count`; fewer at the split's end.
 * @throws AppError `dataset/…` as `prepareDataset`.
 */
export async function sampleRows(
  document: DatasetDocument,
  projectFolder: string,
  split: SplitName,
  count: number,
  offset: number,
): Promise<SampleRow[]> {
  const { roles, splits } = await splitSource(document, projectFolder, {});
  const { table, rows } = splits[split];
  const features = roles.features.map((column) => columnOf(table, column.name));
  const target = columnOf(table, roles.target.name);
  return Array.from(rows.subarray(offset, offset + count), (row) => ({
    row: Object.fromEntries(features.map((column) => [column.name, cellOf(column, row)])),
    target: cellOf(target, row) as string | number,
  }));
}
