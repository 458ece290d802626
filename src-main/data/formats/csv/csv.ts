import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { columnTypeOf } from '../../../../src-shared/data/columns/registry.ts';
import { guessedDataset, type Column, type DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../../src-shared/data/file-kinds.ts';
import type { PictureJobOptions } from '../../pictures/jobs.ts';
import { reasonToIgnore } from '../../tables/column-facts.ts';
import { readCsvTable } from './csv-table.ts';
import { sourceFile, type DetectOptions, type FileFormat, type SourceOf } from '../interface/data-format.ts';
import { namePictures, pictureColumn } from '../../pictures/picture-columns.ts';
import { scanCsv, type ScanOptions, type ScannedColumn } from './scan-csv.ts';

const { fileName } = fileKinds.csv;

/** Whether a file name is that of a table. A .txt file may be one too, or text about the data. */
export const isTableName = (name: string): boolean => /\.(csv|tsv)(\.gz)?$/i.test(name);

/** A text table with a header line. Files of no other kind count as CSV. */
export const csvFormat: FileFormat<SourceOf<'csv'>> = {
  kind: 'csv',
  needs: 'a CSV file, or a folder with exactly one',
  readsFolders: false,
  async find({ path, names }) {
    if (names === null) return path;
    const all = names.filter((name) => fileName.test(name));
    const tables = all.filter(isTableName);
    // A .txt file beside a table describes it.
    const files = tables.length > 0 ? tables : all;
    if (files.length > 1) {
      throw new AppError(
        'dataset/several-csv-files',
        `Expected one CSV file in ${path}; received ${files.length}: ${files.slice(0, 6).join(', ')}. Choose one of the files.`,
        { folder: path, files },
      );
    }
    return files[0] === undefined ? null : join(path, files[0]);
  },
  detect: detectCsv,
  readerVersion: 1,
  files: async ({ path }) => [sourceFile(path)],
  pictureFolder: ({ path }) => dirname(path),
  storedAs: ({ type }) => type,
  read: ({ path, delimiter }, options) => readCsvTable(path, { ...options, delimiter }),
};

/** Usual names of target columns, the most likely first. */
const targetNames = [
  ['target', 'label', 'labels', 'class', 'outcome', 'median_house_value', 'medv', 'saleprice', 'price'],
  ['survived', 'species', 'diagnosis', 'quality', 'churn', 'charges', 'mpg', 'income', 'rating', 'score'],
  // Last: it is a coordinate beside any of the others.
  ['y'],
].flat();
const targetSuffix = /[_\s.-](target|label|class|outcome)$/i;
/** A target of whole numbers with at most this many distinct values is categorical. */
const mostNumericClasses = 10;

async function detectCsv(
  path: string,
  { signal, onProgress }: DetectOptions,
  like?: SourceOf<'csv'>,
): Promise<DatasetDocument> {
  const options = { signal, onProgress: (fraction: number) => onProgress?.(fraction, 'Reading rows') };
  const asBefore = like?.delimiter === undefined ? null : await scanAs(path, { ...options, delimiter: like.delimiter });
  const scanned = asBefore ?? (await scanCsv(path, options));
  if ((scanned[0]?.rows ?? 0) === 0) {
    throw new AppError(
      'dataset/no-rows',
      `${path}: expected rows after the header line; received none. Choose another file.`,
      { path },
    );
  }
  const pictures = await pictureColumns(scanned, dirname(path), {
    signal,
    onProgress: (fraction) => onProgress?.(fraction, 'Looking at pictures'),
  });
  const target = guessTarget(scanned.filter(({ name }) => !pictures.has(name)));
  const columns = scanned.map((column) => {
    return pictures.get(column.name) ?? (column === target ? targetColumn(column) : featureColumn(column));
  });
  const classes = columns.some((column) => column.role === 'target' && columnTypeOf(column).hasClasses);
  return guessedDataset(
    {
      name: nameOf(path),
      source: { kind: 'csv', path, ...(asBefore === null ? {} : { delimiter: like!.delimiter }) },
      columns,
      split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: classes },
    },
    columns.flatMap((column, index) =>
      columnTypeOf(column).hasClasses && scanned[index]!.numeric ? [column.name] : [],
    ),
  );
}

/** Columns that name pictures, by name. */
async function pictureColumns(
  scanned: readonly ScannedColumn[],
  folder: string,
  options: PictureJobOptions,
): Promise<Map<string, Column>> {
  const found = new Map<string, Column>();
  for (const { name, numeric, texts } of scanned) {
    options.signal?.throwIfAborted();
    if (numeric || !(await namePictures(texts, folder))) continue;
    found.set(name, await pictureColumn(name, texts, folder, options));
  }
  return found;
}

/** Null: the delimiter does not divide the lines. */
async function scanAs(path: string, options: ScanOptions): Promise<ScannedColumn[] | null> {
  const scanned = await scanCsv(path, options).catch(() => null);
  options.signal?.throwIfAborted();
  return scanned !== null && scanned.length > 1 ? scanned : null;
}

/** "housing" for housing.csv; the folder's name for train.csv, data.csv and dataset.csv. */
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
