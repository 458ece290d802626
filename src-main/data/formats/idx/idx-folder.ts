import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { splitNames } from '../../../../src-shared/data/dataset-document.ts';
import { readIdx, type IdxArray } from './idx-file.ts';
import { fileError, statSource } from '../../tables/source-files.ts';
import type { ReadOptions } from '../interface/data-format.ts';
import type { CategoricalColumn, ImageColumn, SourceContents } from '../../tables/table.ts';

/** An images file and its labels file. */
export interface IdxPair {
  readonly images: string;
  readonly labels: string;
}

export interface IdxFiles {
  readonly train: IdxPair;
  readonly test: IdxPair | null;
}

const testPrefixes = ['t10k', 't3k', 'test'];
const suffix = (dimensions: number) => new RegExp(`^[-.]idx${dimensions}(-ubyte)?(\\.gz)?$`, 'i');

/**
 * Finds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the test pair (`t10k-`, `t3k-` or
 * `test-`), with `-` or `.` before `idx` and with or without `.gz`.
 *
 * @throws AppError `dataset/missing-idx-files` naming the folder, the missing files and those found.
 */
export async function findIdxFiles(folder: string): Promise<IdxFiles> {
  let names: string[];
  try {
    names = (await readdir(folder)).sort();
  } catch (error) {
    throw fileError(error, folder);
  }
  const find = (prefix: string, what: 'images' | 'labels'): string | undefined => {
    const stem = `${prefix}-${what}`;
    const pattern = suffix(what === 'images' ? 3 : 1);
    const name = names.find((each) => each.toLowerCase().startsWith(stem) && pattern.test(each.slice(stem.length)));
    return name === undefined ? undefined : join(folder, name);
  };
  const pair = (prefix: string): IdxPair | null => {
    const images = find(prefix, 'images');
    const labels = find(prefix, 'labels');
    if (images === undefined && labels === undefined) return null;
    if (images !== undefined && labels !== undefined) return { images, labels };
    const absent = images === undefined ? `${prefix}-images-idx3-ubyte` : `${prefix}-labels-idx1-ubyte`;
    throw missing(folder, absent, names);
  };
  const train = pair('train');
  if (train === null) throw missing(folder, 'train-images-idx3-ubyte and train-labels-idx1-ubyte', names);
  for (const prefix of testPrefixes) {
    const test = pair(prefix);
    if (test !== null) return { train, test };
  }
  return { train, test: null };
}

function missing(folder: string, absent: string, names: readonly string[]): AppError {
  const received = names.length === 0 ? 'the folder is empty' : `received ${names.slice(0, 8).join(', ')}`;
  return new AppError(
    'dataset/missing-idx-files',
    `Expected ${absent} (.gz or not) in ${folder}; ${received}. Add the file, or choose another folder.`,
    { folder, absent },
  );
}

/**
 * Reads all pairs of a folder, training images first. Columns are 'image' and 'label'.
 *
 * @param options `onProgress`: fraction of the files' bytes.
 */
export async function readIdxFolder(
  folder: string,
  { signal, onProgress }: Pick<ReadOptions, 'signal' | 'onProgress'> = {},
): Promise<SourceContents> {
  const files = await findIdxFiles(folder);
  const pairs = files.test === null ? [files.train] : [files.train, files.test];
  const sizes = await Promise.all(pairs.map(async ({ images }) => (await statSource(images)).size));
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const readPair = async (pair: IdxPair, read: number): Promise<IdxPairContents> => {
    const contents = await readIdxPair(pair, signal);
    onProgress?.(read / total);
    return contents;
  };
  const train = await readPair(files.train, sizes[0]!);
  const test = files.test === null ? null : await readPair(files.test, total);
  if (test !== null) checkSameImages(train.image, test.image, files);
  const rows = train.labels.length + (test?.labels.length ?? 0);
  const given = new Uint8Array(rows).fill(splitNames.indexOf('train'));
  given.fill(splitNames.indexOf('test'), train.labels.length);
  return {
    rows,
    columns: [test === null ? train.image : joined(train.image, test.image), labelColumn(train.labels, test?.labels)],
    header: ['image', 'label'],
    given: test === null ? null : given,
    places: {
      kind: 'numbered',
      parts: [
        { item: 'image', file: basename(files.train.images), rows: train.labels.length },
        ...(test === null ? [] : [{ item: 'image', file: basename(files.test!.images), rows: test.labels.length }]),
      ],
    },
  };
}

interface IdxPairContents {
  readonly image: ImageColumn;
  readonly labels: IdxArray['data'];
}

/** @throws AppError `dataset/count-mismatch` if the numbers of images and labels differ. */
async function readIdxPair(pair: IdxPair, signal: AbortSignal | undefined): Promise<IdxPairContents> {
  const images = await readIdx(pair.images, signal);
  const labels = await readIdx(pair.labels, signal);
  const image = toImageColumn(images);
  const rows = images.shape[0]!;
  if (labels.shape.length !== 1) {
    throw badRank(labels, '1 dimension of labels');
  }
  if (labels.shape[0] !== rows) {
    throw new AppError(
      'dataset/count-mismatch',
      `Expected as many labels as images; received ${rows} images in ${pair.images} and ${labels.shape[0]} labels in ${pair.labels} (both counts at byte 4). Choose files that belong together.`,
      { images: pair.images, labels: pair.labels, imageCount: rows, labelCount: labels.shape[0], position: 4 },
    );
  }
  return { image, labels: labels.data };
}

function joined(first: ImageColumn, second: ImageColumn): ImageColumn {
  const create = first.pixels instanceof Uint8Array ? Uint8Array : Float32Array;
  const pixels = new create(first.pixels.length + second.pixels.length);
  pixels.set(first.pixels);
  pixels.set(second.pixels, first.pixels.length);
  return { ...first, pixels };
}

/** @returns Column 'image'; bytes stay bytes, other types become float32. */
export function toImageColumn(images: IdxArray): ImageColumn {
  const [, height, width, channels = 1] = images.shape;
  if (images.shape.length < 3 || images.shape.length > 4 || height === undefined || width === undefined) {
    throw badRank(images, '3 dimensions (count, height, width) or 4 (and channels)');
  }
  if (height * width * channels === 0) throw badRank(images, 'images of at least one pixel');
  const pixels = images.data instanceof Uint8Array ? images.data : Float32Array.from(images.data);
  return { kind: 'image', name: 'image', shape: [height, width, channels], pixels, pictures: null };
}

function labelColumn(...parts: (IdxArray['data'] | undefined)[]): CategoricalColumn {
  const codes = new Int32Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  const codeOf = new Map<number, number>();
  const categories: string[] = [];
  let row = 0;
  for (const value of parts.flatMap((part) => (part === undefined ? [] : Array.from(part)))) {
    let code = codeOf.get(value);
    if (code === undefined) {
      code = categories.length;
      codeOf.set(value, code);
      categories.push(String(value));
    }
    codes[row++] = code;
  }
  return { kind: 'categorical', name: 'label', codes, categories };
}

function badRank(array: IdxArray, expected: string): AppError {
  return new AppError(
    'dataset/bad-idx-shape',
    `${array.path}: expected ${expected}; received shape [${array.shape.join(', ')}] from byte 4. Choose another file.`,
    { path: array.path, position: 4, shape: array.shape },
  );
}

function checkSameImages(train: ImageColumn, test: ImageColumn, files: IdxFiles): void {
  const sameShape = train.shape.every((size, axis) => size === test.shape[axis]);
  const sameType = train.pixels.constructor === test.pixels.constructor;
  if (sameShape && sameType) return;
  throw new AppError(
    'dataset/bad-idx-shape',
    `Expected test images like the training images, [${train.shape.join(', ')}] of the same type; received [${test.shape.join(', ')}] in ${files.test!.images} (byte 8). Choose files that belong together.`,
    { path: files.test!.images, position: 8 },
  );
}
