import { dirname, resolve } from 'node:path';
import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { codecOf } from '../columns/registry.ts';
import { readCsvTable } from '../formats/csv-table.ts';
import { findAs } from '../formats/find-source.ts';
import { readIdx } from '../formats/idx-file.ts';
import { findIdxFiles, toImageColumn } from '../formats/idx-folder.ts';
import { statSource } from '../tables/source-files.ts';
import type { TableColumn } from '../tables/table.ts';

/**
 * Reads rows for prediction: a CSV file with the columns that the model reads (others are ignored). For
 * image features: an IDX file of images, or a folder with test images (else training images).
 *
 * @param read Names of the columns that the model reads.
 * @throws AppError `dataset/…` of the readers, `dataset/missing-column` naming the column,
 *   `dataset/bad-idx-shape` if the size of images differs from training.
 */
export async function readRowsFile(
  path: string,
  spec: FeatureSpec,
  read: ReadonlySet<string>,
  { signal, onProgress }: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
): Promise<InputRow[]> {
  const [first, ...others] = spec.columns;
  if (first?.type === 'image' && others.length === 0) return readImages(resolve(path), first.name, first.shape);
  const file = await findAs('csv', resolve(path));
  const columns = spec.columns.filter(({ name }) => read.has(name)).map(({ name, type }) => ({ name, type }));
  const table = await readCsvTable(file, {
    columns,
    badNumber: 'throw',
    signal,
    onProgress: (fraction) => onProgress?.(fraction, 'Reading data'),
  });
  return toRows(table.columns, table.rows);
}

async function readImages(path: string, name: string, shape: readonly number[]): Promise<InputRow[]> {
  const file = (await statSource(path)).isDirectory() ? await imagesIn(path) : path;
  const column = { ...toImageColumn(await readIdx(file)), name };
  if (column.shape.every((size, axis) => size === shape[axis])) {
    return toRows([column], column.pixels.length / (shape[0]! * shape[1]! * shape[2]!));
  }
  throw new AppError(
    'dataset/bad-idx-shape',
    `${file}: expected images of ${shape.join(' × ')} as in training; received ${column.shape.join(' × ')} (byte 8). Choose other images.`,
    { path: file, folder: dirname(file), expected: shape, received: column.shape, position: 8 },
  );
}

async function imagesIn(folder: string): Promise<string> {
  const { train, test } = await findIdxFiles(await findAs('idx', folder));
  return test === null ? train.images : test.images;
}

function toRows(columns: readonly TableColumn[], count: number): InputRow[] {
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map((column) => [column.name, codecOf(column).cellAt(column, row)])),
  );
}
