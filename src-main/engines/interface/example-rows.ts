import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { DataArray, ExampleTensors, HostTensor, SessionData } from './engine.ts';

/** Rows of an array, in order. */
export interface ArrayRows {
  readonly array: DataArray | HostTensor;
  readonly rows: Int32Array;
}

/** Features and targets of some examples, by input of the program. */
export interface ExampleRows {
  readonly x: ArrayRows;
  readonly y: ArrayRows;
  readonly [input: string]: ArrayRows;
}

/** All rows of an array. */
export function allRows(array: ArrayRows['array']): ArrayRows {
  return { array, rows: Int32Array.from({ length: array.shape[0]! }, (_, row) => row) };
}

/** The examples of a split. */
export function examplesOfSplit({ arrays, inputs, splits }: SessionData, split: SplitName): ExampleRows {
  const examples = splits[split];
  const rowsOf = (input: string): ArrayRows => {
    const { array, rows } = inputs[input]!;
    return { array: arrays[array]!, rows: rows === null ? examples : examples.map((example) => rows[example]!) };
  };
  const all = Object.keys(inputs).map((input) => [input, rowsOf(input)] as const);
  return { ...Object.fromEntries(all), x: rowsOf('x'), y: rowsOf('y') };
}

/** Number of values in a row. */
export function rowLength({ shape }: DataArray | HostTensor): number {
  return elementCount(shape.slice(1));
}

/** Prepared values are (value - offset) / scale of the stored ones. */
export function scalingOf(array: DataArray | HostTensor): { offset: number; scale: number } {
  return array.dtype === 'uint8' ? array : { offset: 0, scale: 1 };
}

/** Examples `start` to `end` as the model reads them, without targets. */
export function hostExamples({ y: _, ...features }: ExampleRows, start: number, end: number): ExampleTensors {
  const gathered = Object.entries(features).map(([input, rows]) => [input, gather(rows, start, end)] as const);
  return { ...Object.fromEntries(gathered), x: gather(features.x, start, end) };
}

function gather({ array, rows }: ArrayRows, start: number, end: number): HostTensor {
  const length = rowLength(array);
  const { offset, scale } = scalingOf(array);
  const data = new Float32Array((end - start) * length);
  let position = 0;
  for (const row of rows.subarray(start, end)) {
    for (let i = row * length; i < (row + 1) * length; i++) data[position++] = (array.data[i]! - offset) / scale;
  }
  return { dtype: 'float32', shape: [end - start, ...array.shape.slice(1)], data };
}
