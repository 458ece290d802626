import { basename, dirname, resolve } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import {
  DATASET_FORMAT,
  DATASET_VERSION,
  type Column,
  type DatasetDocument,
} from '../../../src-shared/data/dataset-document.ts';
import { reasonToIgnore } from '../tables/column-facts.ts';
import { findSource } from '../tables/find-source.ts';
import { readIdxFolder } from '../formats/idx-folder.ts';
import { scanCsv, type ScannedColumn } from '../formats/scan-csv.ts';

/** Names that say "predict me", the likeliest first. */
const targetNames = [
  ['target', 'label', 'labels', 'class', 'y', 'outcome', 'median_house_value', 'medv', 'saleprice', 'price'],
  ['survived', 'species', 'diagnosis', 'quality', 'churn', 'charges', 'mpg', 'income', 'rating', 'score'],
].flat();
const targetSuffix = /[_\s.-](target|label|class|outcome)$/i;
/** Whole numbers with no more different values than this are classes when they are the target. */
const mostNumericClasses = 10;

/**
 * Says what a file or folder is and guesses how to learn from it.
 *
 * @param path CSV file, folder with one, folder with IDX files, or one of those files.
 * @returns A document with an absolute path; columns of no use are ignored (`profileDataset` says why).
 * @throws AppError `dataset/…` of the readers, `dataset/unknown-kind`, `dataset/no-rows`.
 */
export async function detectDataset(path: string): Promise<DatasetDocument> {
  const found = await findSource(resolve(path));
  return found.kind === 'csv' ? detectCsv(found.path) : detectIdx(found.path);
}

/** Reads the files, so that damaged ones are refused before they take the place of data that works. */
async function detectIdx(folder: string): Promise<DatasetDocument> {
  const { test } = await readIdxFolder(folder);
  const split = test === null ? { train: 0.8, validation: 0.1, test: 0.1 } : { train: 0.9, validation: 0.1, test: 0 };
  return {
    format: DATASET_FORMAT,
    version: DATASET_VERSION,
    name: basename(folder),
    source: { kind: 'idx', path: folder },
    columns: [
      { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
      { name: 'label', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
    ],
    split: { ...split, seed: 1, stratify: true },
  };
}

async function detectCsv(path: string): Promise<DatasetDocument> {
  const scanned = await scanCsv(path);
  if ((scanned[0]?.rows ?? 0) === 0) {
    throw new AppError(
      'dataset/no-rows',
      `${path}: expected rows after the header line; there are none. Choose another file.`,
      { path },
    );
  }
  const target = guessTarget(scanned);
  const columns = scanned.map((column) => (column === target ? targetColumn(column) : featureColumn(column)));
  const classes = columns.some((column) => column.role === 'target' && column.type === 'categorical');
  return {
    format: DATASET_FORMAT,
    version: DATASET_VERSION,
    name: nameOf(path),
    source: { kind: 'csv', path },
    columns,
    split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: classes },
  };
}

/** "housing" for housing.csv; the folder's name for train.csv, data.csv and the like. */
function nameOf(path: string): string {
  const name = basename(path).replace(/(\.[a-z]+)?(\.gz)?$/i, '');
  return /^(train|data|dataset)$/i.test(name) ? basename(dirname(path)) || name : name;
}

function guessTarget(columns: readonly ScannedColumn[]): ScannedColumn | undefined {
  const useful = columns.filter((column) => reasonToIgnore(column) === null);
  for (const name of targetNames) {
    const named = useful.find((column) => column.name.toLowerCase() === name);
    if (named !== undefined) return named;
  }
  return useful.find((column) => targetSuffix.test(column.name)) ?? useful.at(-1);
}

function targetColumn(column: ScannedColumn): Column {
  const numeric = column.numeric && !(column.whole && column.distinct <= mostNumericClasses);
  return {
    name: column.name,
    role: 'target',
    type: numeric ? 'numeric' : 'categorical',
    missing: 'drop-row',
    scaling: numeric ? 'standard' : 'none',
  };
}

function featureColumn(column: ScannedColumn): Column {
  const role = reasonToIgnore(column) === null ? 'feature' : 'ignored';
  return column.numeric
    ? { name: column.name, role, type: 'numeric', missing: 'median', scaling: 'standard' }
    : { name: column.name, role, type: 'categorical', missing: 'category', scaling: 'none' };
}
