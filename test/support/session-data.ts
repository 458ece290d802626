import type { DataArray, SessionData } from '../../src-main/engines/interface/engine.ts';
import { examplesOfSplit, rowLength } from '../../src-main/engines/interface/example-rows.ts';
import { splitNames, type SplitName } from '../../src-shared/data/dataset-document.ts';

/** Features and targets of a split; row i of each is example i. */
export interface SplitArrays {
  readonly x: DataArray;
  readonly y: DataArray;
  readonly [input: string]: DataArray;
}

/** Data with an array for each input, in which the splits follow each other. The arrays of a single split are not copied. */
export function sessionData(splits: Partial<Record<SplitName, SplitArrays>>): SessionData {
  const given = splitNames.flatMap((name) => splits[name] ?? []);
  const names = Object.keys(given[0]!);
  let next = 0;
  const numbers = (name: SplitName): Int32Array =>
    Int32Array.from({ length: splits[name]?.y.shape[0] ?? 0 }, () => next++);
  return {
    arrays: Object.fromEntries(names.map((name) => [name, joined(given.map((split) => split[name]!))])),
    inputs: {
      ...Object.fromEntries(names.map((name) => [name, { array: name, rows: null }])),
      x: { array: 'x', rows: null },
      y: { array: 'y', rows: null },
    },
    splits: { train: numbers('train'), validation: numbers('validation'), test: numbers('test') },
  };
}

function joined(parts: readonly DataArray[]): DataArray {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first!;
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const all = withRows(first, rows);
  let position = 0;
  for (const { data } of parts) {
    all.data.set(data, position);
    position += data.length;
  }
  return all;
}

/** Copies the rows of each split to separate arrays. */
export function splitArrays(data: SessionData): Record<SplitName, SplitArrays> {
  const ofSplit = (split: SplitName): SplitArrays => {
    const copies = Object.entries(examplesOfSplit(data, split)).map(([input, { array, rows }]) => {
      const length = rowLength(array);
      const copy = withRows(array as DataArray, rows.length);
      rows.forEach((row, i) => copy.data.set(array.data.subarray(row * length, (row + 1) * length), i * length));
      return [input, copy] as const;
    });
    const { x, y, ...further } = Object.fromEntries(copies);
    return { x: x!, y: y!, ...further };
  };
  return { train: ofSplit('train'), validation: ofSplit('validation'), test: ofSplit('test') };
}

/** Zeros of the same type. */
function withRows(array: DataArray, rows: number): DataArray {
  const shape = [rows, ...array.shape.slice(1)];
  const count = rows * rowLength(array);
  if (array.dtype === 'uint8') return { ...array, shape, data: new Uint8Array(count) };
  if (array.dtype === 'int32') return { ...array, shape, data: new Int32Array(count) };
  return { ...array, shape, data: new Float32Array(count) };
}
