import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { columnTypeOf } from '../../../../src-shared/data/columns/registry.ts';
import { dialectOf, type CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import {
  guessedDataset,
  type Column,
  type DatasetDocument,
  type Remark,
} from '../../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../../src-shared/data/file-kinds.ts';
import type { PictureJobOptions } from '../../pictures/jobs.ts';
import { reasonToIgnore } from '../../tables/column-facts.ts';
import { readCsvTable } from './csv-table.ts';
import { sourceFile, type DetectOptions, type FileFormat, type SourceOf } from '../interface/data-format.ts';
import { namePictures, pictureColumn } from '../../pictures/picture-columns.ts';
import { sampledColumns } from './csv-layout.ts';
import { columnRemarks, headerRemarks } from './csv-remarks.ts';
import { guessCells } from './guess-cells.ts';
import { guessDialect } from './guess-dialect.ts';
import type { HeaderGuess } from './guess-header.ts';
import { areClasses, guessTarget } from './guess-target.ts';
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
  // Numbers may have the unit beside them.
  storedAs: ({ type, unit }) =>
    unit === undefined || columnTypeOf({ type }).comparedAs !== 'number' ? type : `${type} ${unit}`,
  read: ({ path, ...source }, options) => readCsvTable(path, { ...options, dialect: dialectOf(source) }),
};

async function detectCsv(
  path: string,
  { signal, onProgress }: DetectOptions,
  like?: SourceOf<'csv'>,
): Promise<DatasetDocument> {
  const options = { signal, onProgress: (fraction: number) => onProgress?.(fraction, 'Reading rows') };
  const { chosen, dialect, header, scanned, remarks } = await scanLike(path, like, options);
  if ((scanned[0]?.rows ?? 0) === 0) {
    throw new AppError('dataset/no-rows', `${path}: expected rows of values; received none. Choose another file.`, {
      path,
    });
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
  const document = guessedDataset(
    {
      name: nameOf(path),
      source: { kind: 'csv', path, ...dialect },
      columns,
      split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: classes },
    },
    columns.flatMap((column, index) =>
      columnTypeOf(column).hasClasses && scanned[index]!.allNumbers ? [column.name] : [],
    ),
  );
  const said = [...headerRemarks(header, dialect, chosen), ...remarks, ...columnRemarks(scanned, columns, dialect)];
  const guessed = Object.fromEntries(Object.entries(dialect).filter(([key]) => !(key in chosen)));
  return {
    ...document,
    guess: {
      ...document.guess!,
      ...(Object.keys(guessed).length === 0 ? {} : { dialect: guessed }),
      ...(said.length === 0 ? {} : { remarks: said }),
    },
  };
}

interface Scanned {
  readonly chosen: CsvDialect;
  /** With the chosen options. */
  readonly dialect: CsvDialect;
  readonly header: HeaderGuess;
  readonly scanned: readonly ScannedColumn[];
  readonly remarks: readonly Remark[];
}

/**
 * Scans a table with the options of the source that it replaces. For the same file they are what a person chose for it; for
 * another one they are used if they divide its lines, without the number of its first lines.
 */
async function scanLike(path: string, like: SourceOf<'csv'> | undefined, options: ScanOptions): Promise<Scanned> {
  const chosen = like === undefined ? {} : dialectOf(like);
  if (like?.path === path || Object.keys(chosen).length === 0) return scanAs(path, chosen, options);
  const { headerLines: _, skippedLines: __, ...usable } = chosen;
  const asBefore = await scanAs(path, usable, options).catch(() => null);
  options.signal?.throwIfAborted();
  if (asBefore !== null && asBefore.scanned.length > 1) return asBefore;
  return scanAs(path, {}, options);
}

async function scanAs(path: string, chosen: CsvDialect, options: ScanOptions): Promise<Scanned> {
  const { dialect: lines, header } = await guessDialect(path, chosen);
  const cells = guessCells(await sampledColumns(path, lines), chosen, lines.delimiter ?? ',');
  const dialect = { ...lines, ...cells.options };
  try {
    return { chosen, dialect, header, scanned: await scanCsv(path, dialect, options), remarks: cells.remarks };
  } catch (error) {
    // The bytes that are no UTF-8 may come after the first lines.
    const isEncoding = error instanceof AppError && error.code === 'dataset/not-utf8';
    if (!isEncoding || chosen.encoding !== undefined) throw error;
    const guessed = await scanAs(path, { ...chosen, encoding: 'windows-1252' }, options);
    return { ...guessed, chosen };
  }
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

/** "housing" for housing.csv; the folder's name for train.csv, data.csv and dataset.csv. */
function nameOf(path: string): string {
  const name = basename(path).replace(/(\.[a-z]+)?(\.gz)?$/i, '');
  return /^(train|data|dataset)$/i.test(name) ? basename(dirname(path)) || name : name;
}

function targetColumn(column: ScannedColumn): Column {
  const numeric = column.numeric && !areClasses(column);
  return {
    name: column.name,
    role: 'target',
    type: numeric ? 'numeric' : 'categorical',
    missing: 'drop-row',
    scaling: numeric ? 'standard' : 'none',
    ...(numeric && column.unit !== null ? { unit: column.unit } : {}),
  };
}

function featureColumn(column: ScannedColumn): Column {
  const role = reasonToIgnore(column) === null ? 'feature' : 'ignored';
  const unit = column.unit === null ? {} : { unit: column.unit };
  return column.numeric
    ? { name: column.name, role, type: 'numeric', missing: 'median', scaling: 'standard', ...unit }
    : { name: column.name, role, type: 'categorical', missing: 'category', scaling: 'none' };
}
