import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import { columnWidth } from '../../../src-shared/data/column-places.ts';
import type { DatasetDocument, PictureSettings } from '../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { runPictureJobs, type PictureJob } from '../pictures/jobs.ts';
import { picturePath } from '../pictures/picture-path.ts';
import { PRIVATE_FILE } from '../../system/private-files.ts';
import { isMissingText } from '../tables/values.ts';

type ImageSpec = Extract<FittedColumn, { type: 'image' }>;

/** Bytes of decoded pictures that are held at a time. */
const MOST_BYTES = 128 * 2 ** 20;

export interface RowPicturesOptions {
  readonly spec: Pick<FeatureSpec, 'columns'>;
  /** Columns that the model reads; other cells stay as they are. */
  readonly read: ReadonlySet<string>;
  /** The run's document: says how its pictures were read if the spec does not. */
  readonly document: Pick<DatasetDocument, 'columns'>;
  /** Absolute; relative paths start from it. */
  readonly folder: string;
  /** Rows of a batch. */
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RowsWithPixels {
  readonly rows: readonly InputRow[];
  /** Pictures of each row that cannot be read, as sentences; the row has zeros in their place. */
  readonly unreadable: readonly (readonly string[])[];
  /** Pixels of the pictures that the first row names, by column. */
  readonly images: Record<string, number[]>;
}

/**
 * Rows for prediction with pixels in place of the paths of pictures, decoded as in training. Rows may have lists of
 * pixels too.
 *
 * @returns The rows in batches.
 * @throws AppError `dataset/not-a-picture` for a path in a column whose images cannot come from a file.
 */
export async function* rowsWithPixels(
  rows: readonly InputRow[],
  { spec, read, document, folder, batchSize, signal }: RowPicturesOptions,
): AsyncGenerator<RowsWithPixels> {
  const images = spec.columns.filter((column): column is ImageSpec => column.type === 'image' && read.has(column.name));
  const bytesPerRow = Math.max(1, ...images.map(columnWidth)) * Math.max(1, images.length);
  const atOnce = Math.max(1, Math.floor(MOST_BYTES / bytesPerRow / batchSize)) * batchSize;
  for (let first = 0; first < rows.length; first += atOnce) {
    const some = rows.slice(first, first + atOnce);
    const pictures = await decodeCells(some, images, document, folder, signal);
    for (let start = 0; start < some.length; start += batchSize) {
      yield withPixels(some.slice(start, start + batchSize), images, pictures);
    }
  }
}

/** By column and cell: pixels, or why they cannot be read. */
type Decoded = ReadonlyMap<string, ReadonlyMap<string, Uint8Array | string>>;

async function decodeCells(
  rows: readonly InputRow[],
  images: readonly ImageSpec[],
  document: Pick<DatasetDocument, 'columns'>,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Decoded> {
  const decoded = new Map(images.map(({ name }) => [name, new Map<string, Uint8Array | string>()]));
  const jobs: { readonly job: PictureJob; readonly column: string; readonly cell: string }[] = [];
  const files = new GivenFiles();
  try {
    for (const column of images) {
      const cells = new Set(rows.map((row) => pathIn(row, column.name)));
      for (const cell of cells) {
        if (cell === null) continue;
        const path = cell.startsWith(DATA) ? await files.write(cell) : picturePath(folder, cell);
        jobs.push({ job: { kind: 'pixels', path, settings: settingsOf(column, document) }, column: column.name, cell });
      }
    }
    await runPictureJobs(
      jobs.map(({ job }) => job),
      (index, { bytes, unreadable }) => {
        const { column, cell } = jobs[index]!;
        decoded.get(column)!.set(cell, bytes ?? unreadable?.reason ?? '');
      },
      { signal },
    );
  } finally {
    await files.remove();
  }
  return decoded;
}

/** Start of a `data:` URL, which holds a picture instead of its path. */
const DATA = 'data:';

/** Files with the contents of `data:` URLs, readable by this user only. */
class GivenFiles {
  #folder: string | null = null;
  #count = 0;

  async write(url: string): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'lamina-picture-'));
    const path = join(this.#folder, String(this.#count++));
    await writeFile(path, Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'), { mode: PRIVATE_FILE });
    return path;
  }

  async remove(): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The path of a picture in a cell; null: the cell has something else. */
function pathIn(row: InputRow, column: string): string | null {
  const cell = Object.hasOwn(row, column) ? row[column] : null;
  return typeof cell === 'string' && !isMissingText(cell.trim()) ? cell.trim() : null;
}

/** How a picture file becomes an image of the column's shape. */
function settingsOf(
  { name, shape, picture }: ImageSpec,
  { columns }: Pick<DatasetDocument, 'columns'>,
): PictureSettings {
  const [height, width, channels] = shape;
  if (channels !== 1 && channels !== 3) {
    throw new AppError(
      'dataset/not-a-picture',
      `'${name}': expected a list of ${height} × ${width} × ${channels} numbers; received the path of a picture, which has 1 or 3 channels. Enter the numbers.`,
      { column: name, channels },
    );
  }
  const recorded = picture ?? columns.find((column) => column.name === name)?.picture;
  return { height, width, fit: recorded?.fit ?? 'crop', colour: channels === 1 ? 'grey' : 'rgb' };
}

function withPixels(rows: readonly InputRow[], images: readonly ImageSpec[], decoded: Decoded): RowsWithPixels {
  const unreadable = rows.map((): string[] => []);
  const ofFirst: Record<string, number[]> = {};
  const replaced = rows.map((row, index) => {
    const cells: InputRow = { ...row };
    for (const column of images) {
      const cell = pathIn(row, column.name);
      if (cell === null) continue;
      const found = decoded.get(column.name)!.get(cell)!;
      const pixels = typeof found === 'string' ? null : Array.from(found);
      if (pixels === null) {
        const name = cell.startsWith(DATA) ? 'the picture' : cell;
        unreadable[index]!.push(`'${column.name}': ${name} cannot be read: ${String(found)}.`);
      } else if (index === 0) {
        ofFirst[column.name] = pixels;
      }
      cells[column.name] = pixels ?? new Array<number>(columnWidth(column)).fill(0);
    }
    return cells;
  });
  return { rows: images.length === 0 ? rows : replaced, unreadable, images: ofFirst };
}
