import { basename } from 'node:path';
import type { SplitName } from '../../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { NumpyArray } from './numpy-file.ts';

/** What an array holds, as its name says. */
export interface ArrayPart {
  readonly holds: 'inputs' | 'target';
  /** Null: the name names no split. */
  readonly split: SplitName | null;
}

const inputWords = new Set('x image images data feature features input inputs'.split(' '));
const targetWords = new Set('y label labels target targets class classes'.split(' '));
const splitWords: ReadonlyMap<string, SplitName> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['dev', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** Reads names such as `x_train`, `test_labels`, `y`; null: the name has another word, or says not what the array holds. */
export function partOf(name: string): ArrayPart | null {
  let holds: ArrayPart['holds'] | null = null;
  let split: SplitName | null = null;
  for (const word of name.toLowerCase().split(/[_\-.\s]+/)) {
    const named = splitWords.get(word);
    const held = inputWords.has(word) ? 'inputs' : targetWords.has(word) ? 'target' : null;
    if ((named === undefined && held === null) || (named !== undefined && split !== null)) return null;
    if (held !== null && holds !== null) return null;
    split = named ?? split;
    holds = held ?? holds;
  }
  return holds === null ? null : { holds, split };
}

/** The arrays of one split. */
export interface ArrayGroup {
  readonly split: SplitName;
  readonly inputs: NumpyArray;
  readonly target: NumpyArray | null;
}

export interface GroupedArrays {
  /** Training rows first. */
  readonly groups: readonly ArrayGroup[];
  /** Names of arrays that are not used. */
  readonly unused: readonly string[];
}

const order: readonly SplitName[] = ['train', 'validation', 'test'];

/**
 * Finds inputs and target of each split by the arrays' names. A single array is a table of inputs; of two arrays without
 * telling names, as `numpy.savez(path, x, y)` writes them, the second one is the target.
 *
 * @throws AppError `dataset/unclear-arrays`, `dataset/count-mismatch`.
 */
export function groupArrays(arrays: readonly NumpyArray[], path: string): GroupedArrays {
  const parts = arrays.map((array) => ({ array, part: partOf(partName(array)) }));
  const isNamed = parts.some(({ part }) => part?.holds === 'inputs');
  if (!isNamed && arrays.length === 1) return grouped([[arrays[0]!, { holds: 'inputs', split: null }]], [], path);
  const rows = arrays.map(({ shape }) => shape[0]);
  if (!isNamed && arrays.length === 2 && parts.every(({ part }) => part === null) && rows[0] === rows[1]) {
    const [inputs, target] = arrays as [NumpyArray, NumpyArray];
    return grouped(
      [
        [inputs, { holds: 'inputs', split: null }],
        [target, { holds: 'target', split: null }],
      ],
      [],
      path,
    );
  }
  if (!isNamed) throw unclear(arrays, path, 'none is named so');
  const used = parts.flatMap(({ array, part }): [NumpyArray, ArrayPart][] => (part === null ? [] : [[array, part]]));
  const unused = parts.flatMap(({ array, part }) => (part === null ? [array.name] : []));
  return grouped(used, unused, path);
}

/** The name that says what an array holds: of the only array of x_train.npz that of the file. */
export const partName = ({ name, path }: Pick<NumpyArray, 'name' | 'path'>): string =>
  /^arr_\d+$/.test(name) ? basename(path).replace(/\.np[yz]$/i, '') : name;

function grouped(
  used: readonly (readonly [NumpyArray, ArrayPart])[],
  unused: readonly string[],
  path: string,
): GroupedArrays {
  const find = (split: SplitName, holds: ArrayPart['holds']): NumpyArray | null => {
    const found = used.filter(([, part]) => (part.split ?? 'train') === split && part.holds === holds);
    if (found.length > 1) {
      throw unclear(
        found.map(([array]) => array),
        path,
        `several hold the ${holds} of the ${split} rows`,
      );
    }
    return found[0]?.[0] ?? null;
  };
  const groups = order.flatMap((split): ArrayGroup[] => {
    const inputs = find(split, 'inputs');
    const target = find(split, 'target');
    if (inputs === null && target === null) return [];
    if (inputs === null) throw unclear([target!], path, `no array holds the inputs of the ${split} rows`);
    checkRows(inputs, target);
    return [{ split, inputs, target }];
  });
  if (groups[0]!.split !== 'train') {
    throw unclear(
      groups.map(({ inputs }) => inputs),
      path,
      'no array holds the training rows (x_train or x)',
    );
  }
  const [{ target, inputs: first }] = groups as [ArrayGroup];
  for (const group of groups) {
    if ((group.target === null) !== (target === null))
      throw unclear([group.inputs], path, 'one split has a target and another one none');
    checkAlike(first, group.inputs);
    if (target !== null && group.target !== null) checkAlike(target, group.target);
  }
  return { groups, unused };
}

const shapeOf = ({ shape }: NumpyArray): string => `[${shape.join(', ')}]`;
const placeOf = (array: NumpyArray): string => `'${array.name}' of ${basename(array.path)}`;

function checkRows(inputs: NumpyArray, target: NumpyArray | null): void {
  if (inputs.shape.length === 0) throw mismatch(inputs, 'rows; it is a single value');
  if ((inputs.shape[0] ?? 0) === 0) throw mismatch(inputs, 'at least one row');
  if (target === null || target.shape[0] === inputs.shape[0]) return;
  throw mismatch(target, `as many rows as ${placeOf(inputs)}, which has ${inputs.shape[0]}`);
}

/** Rows of all splits have one shape and one kind of values. */
function checkAlike(first: NumpyArray, other: NumpyArray): void {
  const isSame = first.shape.slice(1).join() === other.shape.slice(1).join();
  if (!isSame) throw mismatch(other, `rows like those of ${placeOf(first)}, which has the shape ${shapeOf(first)}`);
  if (first.values.constructor === other.values.constructor) return;
  throw mismatch(other, `the type of ${placeOf(first)}`);
}

const mismatch = (array: NumpyArray, expected: string): AppError =>
  new AppError(
    'dataset/count-mismatch',
    `${placeOf(array)}: expected ${expected}; received the shape ${shapeOf(array)}. Choose arrays that belong together.`,
    { path: array.path, array: array.name, shape: array.shape },
  );

function unclear(arrays: readonly NumpyArray[], path: string, received: string): AppError {
  const found = arrays.map((array) => `${array.name} ${shapeOf(array)}`).join(', ');
  return new AppError(
    'dataset/unclear-arrays',
    `${path}: expected arrays named x and y, or x_train, y_train, x_test and y_test; ${received}: ${found}. Rename the arrays, or save one of them as a .npy file.`,
    { path, arrays: arrays.map(({ name }) => name) },
  );
}
