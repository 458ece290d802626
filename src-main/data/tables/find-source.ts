import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { fileError, statSource } from './source-files.ts';

const csvName = /\.(csv|tsv|txt)(\.gz)?$/i;
const idxName = /(images|labels)[-.]idx[13](-ubyte)?(\.gz)?$/i;

/** Which kind of source a path is, with the file (CSV) or folder (IDX) it stands for. */
export interface FoundSource {
  readonly kind: 'csv' | 'idx';
  readonly path: string;
}

/**
 * Looks at a file or folder: a CSV file, a folder with one, a folder with IDX files, or one of those files.
 *
 * @throws AppError `dataset/missing-file`, `dataset/unknown-kind` or `dataset/several-csv-files`.
 */
export async function findSource(path: string): Promise<FoundSource> {
  if ((await statSource(path)).isDirectory()) return findInFolder(path);
  if (idxName.test(basename(path)) || (await startsLikeIdx(path))) return { kind: 'idx', path: dirname(path) };
  return { kind: 'csv', path };
}

/** The CSV file a path stands for. @throws AppError also `dataset/wrong-kind`. */
export async function resolveCsvFile(path: string): Promise<string> {
  const found = await findSource(path);
  if (found.kind === 'csv') return found.path;
  throw wrongKind(path, 'a CSV file, or a folder with exactly one', 'IDX files');
}

/** The IDX folder a path stands for. @throws AppError also `dataset/wrong-kind`. */
export async function resolveIdxFolder(path: string): Promise<string> {
  const isFolder = (await statSource(path)).isDirectory();
  if (isFolder && !(await namesOf(path)).some((name) => csvName.test(name))) return path;
  const found = await findSource(path);
  if (found.kind === 'idx') return found.path;
  throw wrongKind(path, 'a folder with IDX files (train-images-idx3-ubyte and so on)', 'a CSV file');
}

function wrongKind(path: string, expected: string, received: string): AppError {
  return new AppError(
    'dataset/wrong-kind',
    `Expected ${expected}; received ${received} at ${path}. Choose data of the same kind, or import it as a new dataset.`,
    { path },
  );
}

async function findInFolder(folder: string): Promise<FoundSource> {
  const names = await namesOf(folder);
  if (names.some((name) => idxName.test(name))) return { kind: 'idx', path: folder };
  const csv = names.filter((name) => csvName.test(name));
  const [first] = csv;
  if (first !== undefined && csv.length === 1) return { kind: 'csv', path: join(folder, first) };
  if (csv.length > 1) {
    throw new AppError(
      'dataset/several-csv-files',
      `Expected one CSV file in ${folder}; received ${csv.length}: ${csv.slice(0, 6).join(', ')}. Choose one of the files.`,
      { folder, files: csv },
    );
  }
  throw new AppError(
    'dataset/unknown-kind',
    `Expected a CSV file or IDX files (train-images-idx3-ubyte and so on) in ${folder}; found neither. Choose another folder or a file.`,
    { folder },
  );
}

async function namesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    throw fileError(error, folder);
  }
}

/** Two zero bytes and a known type byte: no text begins so. */
async function startsLikeIdx(path: string): Promise<boolean> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer[0] === 0 && buffer[1] === 0 && buffer[2]! >= 8 && buffer[2]! <= 14;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}
