import { basename } from 'node:path';
import { splitNames } from '../../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { ImageColumn } from '../../tables/table.ts';
import type { TypedColumn } from '../typed/typed-columns.ts';
import { groupArrays, type ArrayGroup } from './array-parts.ts';
import type { NumpyArray } from './numpy-file.ts';

/** Arrays as the rows of one source, training rows first. */
export interface NumpyTable {
  readonly rows: number;
  readonly inputs: ImageColumn | readonly TypedColumn[];
  readonly target: readonly TypedColumn[];
  /** Whether all values of the target have a type of whole numbers. */
  readonly hasWholeTarget: boolean;
  /** As in `SourceContents`. */
  readonly given: Uint8Array | null;
  readonly parts: readonly { readonly item: string; readonly file: string; readonly rows: number }[];
  /** Names of arrays that are not used. */
  readonly unused: readonly string[];
}

/** A column of the document costs memory and space on the screen. */
const MOST_COLUMNS = 10_000;

/** @throws AppError `dataset/bad-array-shape`, or as `groupArrays`. */
export function numpyTable(arrays: readonly NumpyArray[], path: string): NumpyTable {
  const { groups, unused } = groupArrays(arrays, path);
  const inputs = groups.map((group) => group.inputs);
  const targets = groups.flatMap(({ target }) => (target === null ? [] : [target]));
  const isImage = inputs[0]!.shape.length > 2;
  return {
    rows: inputs.reduce((sum, { shape }) => sum + shape[0]!, 0),
    inputs: isImage ? imageColumn(inputs) : valueColumns(inputs, 'x'),
    target: targets.length === 0 ? [] : (oneHot(targets) ?? valueColumns(targets, 'y')),
    hasWholeTarget: targets.every(({ isWhole }) => isWhole),
    given: groups.length === 1 ? null : givenSplits(groups),
    parts: inputs.map((array) => ({
      item: isImage ? 'image' : 'row',
      file: basename(array.path),
      rows: array.shape[0]!,
    })),
    unused,
  };
}

function givenSplits(groups: readonly ArrayGroup[]): Uint8Array {
  return Uint8Array.from(
    groups.flatMap(({ split, inputs }) => new Array<number>(inputs.shape[0]!).fill(splitNames.indexOf(split))),
  );
}

/** @returns Column 'image' of arrays of rank 3 (rows, height, width) or 4 (and channels). */
function imageColumn(arrays: readonly NumpyArray[]): ImageColumn {
  const [first] = arrays as [NumpyArray];
  const [, height = 0, width = 0, channels = 1, ...more] = first.shape;
  if (more.length > 0 || height * width * channels === 0) {
    throw badShape(first, 'rank 1 to 4: rows, then columns or height, width and channels, each at least 1');
  }
  if (first.shape.length === 4 && channels > 4 && [1, 3].includes(height)) {
    throw badShape(first, 'channels last; save the array with numpy.transpose(x, (0, 2, 3, 1))');
  }
  if (typeof first.values[0] === 'string') throw badShape(first, 'numbers in an array of rank 3 or 4');
  const isBytes = first.values instanceof Uint8Array;
  const size = arrays.reduce((sum, { values }) => sum + values.length, 0);
  const pixels = isBytes ? new Uint8Array(size) : new Float32Array(size);
  let at = 0;
  for (const { values } of arrays) {
    pixels.set(values as Uint8Array, at);
    at += values.length;
  }
  return { kind: 'image', name: 'image', shape: [height, width, channels], pixels, pictures: null };
}

/** Columns of arrays of rank 1 or 2: 'x', or 'x0', 'x1' and so on. */
function valueColumns(arrays: readonly NumpyArray[], name: string): TypedColumn[] {
  const [first] = arrays as [NumpyArray];
  const [, width = 1, ...more] = first.shape;
  if (more.length > 0 || width === 0) throw badShape(first, 'rank 1 or 2 with at least one column');
  if (width > MOST_COLUMNS) throw badShape(first, `at most ${MOST_COLUMNS.toLocaleString('en')} columns`);
  const rounded = arrays.reduce((sum, array) => sum + array.rounded, 0);
  const warning =
    rounded === 0
      ? undefined
      : `${name}: ${rounded} whole ${rounded === 1 ? 'number is' : 'numbers are'} beyond 2^53 and rounded to the nearest number that a double holds.`;
  return Array.from({ length: width }, (_, column) => {
    const own = width === 1 ? name : `${name}${column}`;
    if (typeof first.values[0] === 'string') {
      return {
        name: own,
        values: arrays.flatMap(({ values }) => (values as string[]).filter((__, i) => i % width === column)),
      };
    }
    const rows = arrays.reduce((sum, { shape }) => sum + shape[0]!, 0);
    const values = new Float64Array(rows);
    let row = 0;
    for (const array of arrays) {
      for (let at = column; at < array.values.length; at += width) values[row++] = array.values[at] as number;
    }
    return { name: own, values, warning };
  });
}

/** A target whose rows are all one 1 among zeros, as one column of classes; null: it is another one. */
function oneHot(arrays: readonly NumpyArray[]): TypedColumn[] | null {
  const width = arrays[0]!.shape[1] ?? 1;
  if (arrays[0]!.shape.length !== 2 || width < 2) return null;
  const classes: string[] = [];
  for (const { values, shape } of arrays) {
    for (let row = 0; row < shape[0]!; row++) {
      let found = -1;
      for (let column = 0; column < width; column++) {
        const value = values[row * width + column];
        if (value === 1 && found < 0) found = column;
        else if (value !== 0) return null;
      }
      if (found < 0) return null;
      classes.push(String(found));
    }
  }
  return [{ name: 'y', values: classes }];
}

const badShape = ({ name, path, shape }: NumpyArray, expected: string): AppError =>
  new AppError(
    'dataset/bad-array-shape',
    `'${name}' of ${path}: expected an array of ${expected}; received the shape [${shape.join(', ')}]. Save the array in another shape.`,
    { path, array: name, shape },
  );
