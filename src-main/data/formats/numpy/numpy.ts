import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { guessedDataset, type Column, type DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { columnTypeOf } from '../../../../src-shared/data/columns/registry.ts';
import { fileKinds } from '../../../../src-shared/data/file-kinds.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { fileError, statSource } from '../../tables/source-files.ts';
import type { SourceContents } from '../../tables/table.ts';
import {
  sourceFile,
  type DetectOptions,
  type FileFormat,
  type ReadOptions,
  type SourceOf,
} from '../interface/data-format.ts';
import { typedColumn, type TypedColumn } from '../typed/typed-columns.ts';
import { partOf } from './array-parts.ts';
import { numpyKind, readNumpyFile, type NumpyArray } from './numpy-file.ts';
import { numpyTable, type NumpyTable } from './numpy-table.ts';

const { fileName } = fileKinds.numpy;

/** Arrays that NumPy and Keras save: inputs, target and splits by their names. */
export const numpyFormat: FileFormat<SourceOf<'numpy'>> = {
  kind: 'numpy',
  needs: 'a NumPy file (.npy, .npz), or a folder of them named x_train, y_train and so on',
  readsFolders: false,
  async find({ path, names }) {
    if (names === null) {
      const kind = await numpyKind(path);
      if (kind !== 'npy' && !(fileName.test(path) && (await statSource(path)).isFile())) return null;
      // A file such as x_train.npy belongs to the others of its folder.
      const siblings = partOf(stem(path)) === null ? [] : namedArrays(await filesIn(dirname(path)));
      return siblings.length > 1 ? dirname(path) : path;
    }
    const named = namedArrays(names);
    if (named.length > 1) return path;
    const arrays = names.filter((name) => fileName.test(name));
    if (arrays.length > 1) throw severalFiles(path, arrays);
    return arrays[0] === undefined ? null : join(path, arrays[0]);
  },
  detect: detectNumpy,
  files: async ({ path }) => (await arrayFiles(path)).map(sourceFile),
  readerVersion: 1,
  storedAs: ({ type }) => type,
  async read({ path }, options) {
    const table = await readTable(path, options);
    return contentsOf(table, path, options);
  },
};

const stem = (path: string): string => basename(path).replace(/\.np[yz]$/i, '');

const namedArrays = (names: readonly string[]): string[] =>
  names.filter((name) => fileName.test(name) && partOf(stem(name)) !== null);

const filesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    throw fileError(error, folder);
  });

/** Absolute paths of a source's files, in the order of their names. */
async function arrayFiles(path: string): Promise<string[]> {
  if (!(await statSource(path)).isDirectory()) return [path];
  return namedArrays(await filesIn(path))
    .sort()
    .map((name) => join(path, name));
}

async function readTable(
  path: string,
  { signal, onProgress }: Pick<ReadOptions, 'signal' | 'onProgress'>,
): Promise<NumpyTable> {
  const files = await arrayFiles(path);
  const arrays: NumpyArray[] = [];
  for (const [index, file] of files.entries()) {
    const inFile = (fraction: number): void => onProgress?.((index + fraction) / files.length);
    arrays.push(...(await readNumpyFile(file, { signal, onProgress: inFile })));
    inFile(1);
  }
  signal?.throwIfAborted();
  return numpyTable(arrays, path);
}

function contentsOf(table: NumpyTable, path: string, { columns, badNumber }: ReadOptions): SourceContents {
  const { rows, inputs, target, given, parts, unused } = table;
  const typed: readonly TypedColumn[] = [...('kind' in inputs ? [] : inputs), ...target];
  const asked = new Map(columns.map((column) => [column.name, column]));
  return {
    rows,
    given,
    columns: [
      ...('kind' in inputs ? [inputs] : []),
      ...typed.flatMap((column) => {
        const wanted = asked.get(column.name);
        return wanted === undefined ? [] : [typedColumn(path, column, wanted, badNumber)];
      }),
    ],
    // Arrays that are not used are reported like columns that are not.
    header: [...('kind' in inputs ? [inputs.name] : []), ...typed.map(({ name }) => name), ...unused],
    places: { kind: 'numbered', parts },
  };
}

/** Reads the arrays completely, so that damaged files are rejected before they replace valid data. */
async function detectNumpy(path: string, { signal, onProgress }: DetectOptions): Promise<DatasetDocument> {
  const table = await readTable(path, { signal, onProgress: (fraction) => onProgress?.(fraction, 'Reading arrays') });
  const { inputs, target, given, hasWholeTarget } = table;
  const targets = target.map((column) => targetColumn(column, hasWholeTarget));
  const features: Column[] =
    'kind' in inputs
      ? [
          {
            name: inputs.name,
            role: 'feature',
            type: 'image',
            missing: 'drop-row',
            // Floating-point pixels are scaled already, as a rule.
            scaling: inputs.pixels instanceof Uint8Array ? 'unit' : 'none',
          },
        ]
      : inputs.map(({ name, values }) =>
          values instanceof Float64Array
            ? { name, role: 'feature', type: 'numeric', missing: 'median', scaling: 'standard' }
            : { name, role: 'feature', type: 'categorical', missing: 'category', scaling: 'none' },
        );
  const hasClasses = targets.map((column) => columnTypeOf(column).hasClasses);
  return guessedDataset(
    {
      name: stem(path),
      source: { kind: 'numpy', path },
      columns: [...features, ...targets],
      split: { ...fractions(given), seed: 1, stratify: hasClasses.includes(true) },
    },
    targets.flatMap(({ name }, index) =>
      hasClasses[index] && target[index]!.values instanceof Float64Array ? [name] : [],
    ),
  );
}

/** Splits that the arrays give stay as given; the others are taken from the training rows. */
function fractions(given: Uint8Array | null): { train: number; validation: number; test: number } {
  if (given === null) return { train: 0.7, validation: 0.15, test: 0.15 };
  const has = (split: number): boolean => given.includes(split);
  const validation = has(1) ? 0 : 0.1;
  const test = has(2) ? 0 : 0.1;
  return { train: 1 - validation - test, validation, test };
}

const MOST_CLASSES = 1000;

/** Codes of classes: whole numbers 0, 1 and so on without a gap, by a type of whole numbers or few of them. */
function targetColumn({ name, values }: TypedColumn, isWhole: boolean): Column {
  const isNumeric = values instanceof Float64Array && !areCodes(values, isWhole ? MOST_CLASSES : 10);
  return {
    name,
    role: 'target',
    type: isNumeric ? 'numeric' : 'categorical',
    missing: 'drop-row',
    scaling: isNumeric ? 'standard' : 'none',
  };
}

function areCodes(values: Float64Array, most: number): boolean {
  const different = new Set<number>();
  for (const value of values) {
    if (different.add(value).size > most) return false;
  }
  if (different.size > values.length / 2) return false;
  const sorted = [...different].sort((a, b) => a - b);
  if (sorted.length === 2) return sorted.every(Number.isInteger);
  return (sorted[0] === 0 || sorted[0] === 1) && sorted.every((value, index) => value === sorted[0]! + index);
}

function severalFiles(folder: string, files: readonly string[]): AppError {
  return new AppError(
    'dataset/several-numpy-files',
    `Expected one NumPy file in ${folder}, or files named x_train, y_train and so on; received ${files.slice(0, 6).join(', ')}. Choose one of the files, or rename them.`,
    { folder, files },
  );
}
