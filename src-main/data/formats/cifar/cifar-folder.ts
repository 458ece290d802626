import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { splitNames } from '../../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { fileError, statSource } from '../../tables/source-files.ts';
import type { CategoricalColumn, SourceContents } from '../../tables/table.ts';
import type { ReadOptions } from '../interface/data-format.ts';

/** Absolute paths. */
export interface CifarFiles {
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Names of the classes, one a line; null: classes are numbers. */
  readonly names: string | null;
  /** CIFAR-100: names of the groups of classes. */
  readonly coarseNames: string | null;
  /** Label bytes before each image: CIFAR-10 has the class, CIFAR-100 its group before it. */
  readonly labelBytes: 1 | 2;
}

const SIDE = 32;
const PLANE = SIDE * SIDE;
const IMAGE_BYTES = 3 * PLANE;
const MAX_BYTES = 2 ** 31;

/**
 * Finds `data_batch_N.bin` and `test_batch.bin` of CIFAR-10, or `train.bin` and `test.bin` of CIFAR-100, with the names
 * of the classes in `batches.meta.txt` or `fine_label_names.txt`.
 *
 * @throws AppError `dataset/missing-cifar-files`.
 */
export async function findCifarFiles(folder: string): Promise<CifarFiles> {
  const found = (await readdir(folder).catch((error: unknown) => Promise.reject(fileError(error, folder)))).sort(
    (a, b) => a.localeCompare(b, 'en', { numeric: true }),
  );
  const all = (pattern: RegExp): string[] =>
    found.filter((name) => pattern.test(name)).map((name) => join(folder, name));
  const ten = all(/^data_batch_\d+\.bin$/i);
  const isTen = ten.length > 0;
  const train = isTen ? ten : all(/^train\.bin$/i);
  if (train.length === 0) {
    throw new AppError(
      'dataset/missing-cifar-files',
      `Expected data_batch_1.bin (CIFAR-10) or train.bin (CIFAR-100) in ${folder}; received ${found.slice(0, 8).join(', ') || 'an empty folder'}. Add the file, or choose another folder.`,
      { folder },
    );
  }
  return {
    train,
    test: isTen ? all(/^test_batch\.bin$/i) : all(/^test\.bin$/i),
    names: all(isTen ? /^batches\.meta\.txt$/i : /^fine_label_names\.txt$/i)[0] ?? null,
    coarseNames: isTen ? null : (all(/^coarse_label_names\.txt$/i)[0] ?? null),
    labelBytes: isTen ? 1 : 2,
  };
}

/**
 * Reads all batches of a folder, training images first. Columns are 'image', 'label' and, of CIFAR-100, 'coarse_label'.
 * Each record has its labels, then 32 × 32 red, green and blue values.
 * Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html
 *
 * @throws AppError `dataset/damaged-cifar` naming file and byte, `dataset/missing-cifar-files`; the signal's reason if aborted.
 */
export async function readCifarFolder(
  folder: string,
  { signal, onProgress }: Pick<ReadOptions, 'signal' | 'onProgress'> = {},
): Promise<SourceContents> {
  const files = await findCifarFiles(folder);
  const { labelBytes } = files;
  const record = labelBytes + IMAGE_BYTES;
  const names = await readNames(files.names);
  const coarseNames = labelBytes === 2 ? await readNames(files.coarseNames) : null;
  const paths = [...files.train, ...files.test];
  const counts: number[] = [];
  for (const path of paths) counts.push(countImages((await statSource(path)).size, record, path));
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (rows * record > MAX_BYTES) {
    const size = (rows * record).toLocaleString('en');
    throw damaged(folder, `at most ${MAX_BYTES.toLocaleString('en')} bytes in all batches; received ${size}`, 0);
  }
  const pixels = new Uint8Array(rows * IMAGE_BYTES);
  const labels = Array.from({ length: labelBytes }, () => new Int32Array(rows));
  let row = 0;
  for (const [index, path] of paths.entries()) {
    signal?.throwIfAborted();
    const bytes = await readFile(path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw fileError(error, path);
    });
    // The file may have changed since its size was read.
    if (bytes.length !== counts[index]! * record)
      throw damaged(path, 'a file that does not change while it is read', 0);
    for (let at = 0; at < bytes.length; at += record) {
      for (let which = 0; which < labelBytes; which++) {
        const label = bytes[at + which]!;
        const known = which === labelBytes - 1 ? names : coarseNames;
        if (known !== null && label >= known.length) {
          throw damaged(path, `a class from 0 to ${known.length - 1}; received ${label}`, at + which);
        }
        labels[which]![row] = label;
      }
      interleave(bytes, at + labelBytes, pixels, row++ * IMAGE_BYTES);
    }
    onProgress?.((index + 1) / paths.length);
  }
  const given = new Uint8Array(rows).fill(splitNames.indexOf('train'));
  const trainRows = counts.slice(0, files.train.length).reduce((sum, count) => sum + count, 0);
  given.fill(splitNames.indexOf('test'), trainRows);
  const label = classes('label', labels[labelBytes - 1]!, names);
  return {
    rows,
    columns: [
      { kind: 'image', name: 'image', shape: [SIDE, SIDE, 3], pixels, pictures: null },
      label,
      ...(labelBytes === 2 ? [classes('coarse_label', labels[0]!, coarseNames)] : []),
    ],
    header: ['image', 'label', ...(labelBytes === 2 ? ['coarse_label'] : [])],
    given: files.test.length === 0 ? null : given,
    places: {
      kind: 'numbered',
      parts: paths.map((path, index) => ({ item: 'image', file: basename(path), rows: counts[index]! })),
    },
  };
}

function countImages(size: number, record: number, path: string): number {
  if (size > 0 && size % record === 0) return size / record;
  const whole = Math.floor(size / record);
  throw damaged(path, `whole images of ${record} bytes each; received ${size} bytes`, whole * record);
}

/** Planes of red, green and blue become pixels. */
function interleave(from: Uint8Array, start: number, to: Uint8Array, at: number): void {
  for (let pixel = 0; pixel < PLANE; pixel++) {
    to[at + 3 * pixel] = from[start + pixel]!;
    to[at + 3 * pixel + 1] = from[start + PLANE + pixel]!;
    to[at + 3 * pixel + 2] = from[start + 2 * PLANE + pixel]!;
  }
}

/** Names of classes in the order of their numbers; null: there is no file of them. */
async function readNames(path: string | null): Promise<string[] | null> {
  if (path === null) return null;
  const { size } = await statSource(path);
  const text =
    size > 2 ** 16
      ? ''
      : await readFile(path, 'utf8').catch((error: unknown) => Promise.reject(fileError(error, path)));
  const names = text.split(/\r\n|\r|\n/).map((name) => name.trim());
  while (names.at(-1) === '') names.pop();
  if (names.length > 0 && names.length <= 256 && new Set(names).size === names.length && !names.includes(''))
    return names;
  throw damaged(path, 'a different name for each class, one a line, at most 256', 0);
}

/** Categories are in the order of the classes' numbers if they have names, else of their first rows. */
function classes(name: string, labels: Int32Array, names: readonly string[] | null): CategoricalColumn {
  if (names !== null) return { kind: 'categorical', name, codes: labels, categories: names };
  const found = [...new Set(labels)];
  const codeOf = new Map(found.map((label, code) => [label, code]));
  const codes = labels.map((label) => codeOf.get(label)!);
  return { kind: 'categorical', name, codes, categories: found.map(String) };
}

const damaged = (path: string, expected: string, position: number): AppError =>
  new AppError(
    'dataset/damaged-cifar',
    `${path}: expected ${expected}, at byte ${position}. Copy or download the file again.`,
    { path, position },
  );
