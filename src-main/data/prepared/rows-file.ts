import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import type { CsvDialect } from '../../../src-shared/data/csv-dialect.ts';
import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { cellsOf } from '../columns/registry.ts';
import { isTableName } from '../formats/csv/csv.ts';
import { findLayout, sampledColumns } from '../formats/csv/csv-layout.ts';
import { readCsvTable } from '../formats/csv/csv-table.ts';
import { findAs } from '../formats/find-source.ts';
import { guessCells } from '../formats/csv/guess-cells.ts';
import { guessDialect } from '../formats/csv/guess-dialect.ts';
import { readIdx } from '../formats/idx/idx-file.ts';
import { findIdxFiles, toImageColumn } from '../formats/idx/idx-folder.ts';
import { filesBelow } from '../formats/pictures/picture-folder.ts';
import { isPicture } from '../pictures/picture-kind.ts';
import { picturePath } from '../pictures/picture-path.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { fileError, statSource } from '../tables/source-files.ts';
import type { TableColumn } from '../tables/table.ts';
import { byCodePoint } from '../tables/values.ts';

export interface RowsOfFile {
  /** A cell of an image column is the absolute path of a picture, or a list of pixels. */
  readonly rows: readonly InputRow[];
  /** The picture file of each row; null: rows of a table or of IDX images. */
  readonly files: readonly string[] | null;
}

type ImageSpec = Extract<FittedColumn, { type: 'image' }>;

/**
 * Reads rows for prediction: a CSV file with the columns that the model reads (others are ignored), whose cells of
 * image columns name pictures. For a model that reads one image column also a picture, a folder of pictures, with or
 * without folders in it, an IDX file of images, or a folder with IDX test images (else training images).
 *
 * @param read Names of the columns that the model reads.
 * @throws AppError `dataset/…` of the readers, `dataset/missing-column` naming the column,
 *   `dataset/bad-idx-shape` if the size of IDX images differs from training, `dataset/no-pictures`.
 */
export async function readRowsFile(
  path: string,
  spec: FeatureSpec,
  read: ReadonlySet<string>,
  options: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
): Promise<RowsOfFile> {
  const absolute = resolve(path);
  const columns = spec.columns.filter(({ name }) => read.has(name));
  const [image, ...others] = columns;
  const found = image?.type === 'image' && others.length === 0 ? await readImages(absolute, image, options) : null;
  return found ?? { rows: await readTable(absolute, columns, options), files: null };
}

async function readTable(
  path: string,
  columns: readonly FittedColumn[],
  { signal, onProgress }: Pick<PrepareOptions, 'signal' | 'onProgress'>,
): Promise<InputRow[]> {
  const file = await findAs('csv', path);
  const table = await readCsvTable(file, {
    dialect: await dialectOfRows(file, columns),
    columns: columns.map(({ name, type }) => ({ name, type: type === 'image' ? 'categorical' : type })),
    badNumber: 'throw',
    signal,
    onProgress: (fraction) => onProgress?.(fraction, 'Reading data'),
  });
  const rows = toRows(table.columns, table.rows);
  for (const { name } of columns.filter(({ type }) => type === 'image')) {
    for (const row of rows) if (typeof row[name] === 'string') row[name] = picturePath(dirname(file), row[name]);
  }
  return rows;
}

/** How a table of rows is written. Its first line has names if they are those of the columns. */
async function dialectOfRows(file: string, columns: readonly FittedColumn[]): Promise<CsvDialect> {
  const named = (await guessDialect(file, { headerLines: 1 })).dialect;
  const { names } = await findLayout(file, named);
  const hasNames = columns.some(({ name }) => names.includes(name));
  const { dialect } = hasNames ? { dialect: named } : await guessDialect(file);
  const known = { ...dialect, ...(hasNames ? { headerLines: 1 } : {}) };
  return { ...known, ...guessCells(await sampledColumns(file, known), known, known.delimiter ?? ',').options };
}

/** Rows with only an image; null if the path has a table. */
async function readImages(
  path: string,
  image: ImageSpec,
  { signal }: Pick<PrepareOptions, 'signal'>,
): Promise<RowsOfFile | null> {
  if (!(await statSource(path)).isDirectory()) {
    if (await isPicture(path)) return { rows: [{ [image.name]: path }], files: [basename(path)] };
    const isTable = fileKinds.csv.fileName.test(path);
    return isTable ? null : { rows: await readIdxImages(path, image), files: null };
  }
  const names = await namesIn(path);
  if (names.some((name) => fileKinds.idx.fileName.test(name))) {
    const { train, test } = await findIdxFiles(await findAs('idx', path));
    return { rows: await readIdxImages((test ?? train).images, image), files: null };
  }
  if (names.some(isTableName)) return null;
  const files: string[] = [];
  for (const name of (await filesBelow(path, signal)).files) {
    signal?.throwIfAborted();
    if (fileKinds.pictures.fileName.test(name) || (await isPicture(join(path, name)))) files.push(name);
  }
  if (files.length === 0) throw noRows(path);
  files.sort(byCodePoint);
  return { rows: files.map((name) => ({ [image.name]: join(path, name) })), files };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw fileError(error, folder);
  }
}

function noRows(folder: string): AppError {
  return new AppError(
    'dataset/no-pictures',
    `Expected pictures (PNG, JPEG, WebP, GIF, TIFF or BMP), a CSV file or IDX images in ${folder}; found none. Choose another folder or a file.`,
    { folder },
  );
}

async function readIdxImages(file: string, { name, shape }: ImageSpec): Promise<InputRow[]> {
  const column = { ...toImageColumn(await readIdx(file)), name };
  if (column.shape.every((size, axis) => size === shape[axis])) {
    return toRows([column], column.pixels.length / elementCount(shape));
  }
  throw new AppError(
    'dataset/bad-idx-shape',
    `${file}: expected images of ${shape.join(' × ')} as in training; received ${column.shape.join(' × ')} (byte 8). Choose other images.`,
    { path: file, folder: dirname(file), expected: shape, received: column.shape, position: 8 },
  );
}

function toRows(columns: readonly TableColumn[], count: number): InputRow[] {
  return Array.from({ length: count }, (_, row) => cellsOf(columns, row));
}
