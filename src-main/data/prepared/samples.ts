import type { Sample } from '../../../src-shared/contract/contract.ts';
import type { DatasetDocument, SplitName } from '../../../src-shared/data/dataset-document.ts';
import { cellOf } from '../tables/cells.ts';
import { columnOf, splitSource } from '../rows/split-source.ts';

/**
 * Rows of a split as they stand in the data, in the split's order: raw feature values, and the true
 * classes or values in the targets' own units.
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
): Promise<Sample[]> {
  const { roles, splits } = await splitSource(document, projectFolder, {});
  const { table, rows } = splits[split];
  const features = roles.features.map((column) => columnOf(table, column.name));
  const targets = roles.targets.map((column) => columnOf(table, column.name));
  return Array.from(rows.subarray(offset, offset + count), (row) => ({
    row: Object.fromEntries(features.map((column) => [column.name, cellOf(column, row)])),
    targets: Object.fromEntries(targets.map((column) => [column.name, cellOf(column, row) as string | number])),
  }));
}
