import type { Sample } from '../../../src-shared/contract/run-results.ts';
import type { DatasetDocument, SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { cellsOf } from '../columns/registry.ts';
import { splitSource } from '../rows/split-source.ts';
import { columnOf } from '../tables/table.ts';

/**
 * Rows of a split in its order: raw feature values, and the true classes or values in original units.
 *
 * @param offset Index in the split of the first row.
 * @returns At most `count` rows; fewer at the end of the split.
 * @throws AppError `dataset/…` as `prepareDataset`.
 */
export async function sampleRows(
  document: DatasetDocument,
  projectFolder: string,
  split: SplitName,
  count: number,
  offset: number,
  options: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
): Promise<Sample[]> {
  const { roles, splits } = await splitSource(document, projectFolder, options);
  const { table, rows } = splits[split];
  const features = roles.features.map((column) => columnOf(table, column.name));
  const targets = (roles.readsTargets ? roles.targets : []).map((column) => columnOf(table, column.name));
  return Array.from(rows.subarray(offset, offset + count), (row) => ({
    row: cellsOf(features, row),
    // Targets have no images and, after the split, no missing values.
    targets: cellsOf(targets, row) as Sample['targets'],
  }));
}
