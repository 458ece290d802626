import { describe, expect, test } from 'vitest';
import { encodeExamples } from '../../src-main/data/features/encode-examples.ts';
import type { ImageColumn, Table, TableRows } from '../../src-main/data/tables/table.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { splitArrays } from '../support/session-data.ts';

// Six rows with two of five pictures each, of two pixels; picture 3 belongs to no row.

const left = Int32Array.of(0, 1, 4, 1, 0, 2);
const right = Int32Array.of(1, 0, 2, 2, 4, 1);
const pixels = Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41);
const size = [1, 2, 1] as [number, number, number];

function tableOf(leftColumn: Partial<ImageColumn> = {}, rightColumn: Partial<ImageColumn> = {}): Table {
  const column = { kind: 'image', shape: size, pixels } as const;
  return {
    rows: 6,
    columns: [
      { ...column, name: 'left', pictures: left, ...leftColumn },
      { ...column, name: 'right', pictures: right, ...rightColumn },
      { kind: 'numeric', name: 'number', values: Float64Array.of(0, 1, 2, 3, 4, 5) },
      { kind: 'categorical', name: 'class', codes: Int32Array.of(0, 1, 0, 1, 0, 1), categories: ['a', 'b'] },
    ],
    locate: (row) => `row ${row}`,
  };
}

const picture = (name: string, scale = 255) => ({ type: 'image', name, shape: size, offset: 0, scale }) as const;
const number = { type: 'numeric', name: 'number', offset: 0, scale: 2, fill: null, min: 0, max: 5 } as const;

function specOf(columns: FeatureSpec['columns']): FeatureSpec {
  const targets: FeatureSpec['targets'] = [{ kind: 'classes', name: 'class', classes: ['a', 'b'] }];
  const inputShape = columns.some(({ type }) => type === 'numeric') ? [1] : size;
  return { columns, inputShape, targets, weight: null };
}

function encode(columns: FeatureSpec['columns'], table = tableOf(), rows = { train: [4, 1, 2], test: [5] }) {
  const of = (numbers: number[]): TableRows => ({ table, rows: Int32Array.from(numbers) });
  const splits = { train: of(rows.train), validation: of([]), test: of(rows.test) };
  return encodeExamples(specOf(columns), splits).examples;
}

describe('encodeExamples', () => {
  test('encodes the pictures that two columns and two splits have once, and no others', () => {
    const examples = encode([picture('left'), picture('right'), number]);
    expect(examples.arrays['x.left']).toEqual({
      dtype: 'uint8',
      // Pictures of the rows 4, 1, 2 and 5 on the left: 0, 1, 4, 2; on the right: 4, 0, 2, 1.
      ...{ shape: [4, ...size], data: Uint8Array.of(0, 1, 10, 11, 40, 41, 20, 21) },
      ...{ offset: 0, scale: 255 },
    });
    expect(Object.keys(examples.arrays).toSorted()).toEqual(['x', 'x.left', 'y']);
    expect(examples.inputs).toEqual({
      x: { array: 'x', rows: null },
      'x.left': { array: 'x.left', rows: null },
      'x.right': { array: 'x.left', rows: Int32Array.of(2, 0, 3, 1) },
      y: { array: 'y', rows: null },
    });
    expect(examples.splits).toEqual({
      train: Int32Array.of(0, 1, 2),
      validation: new Int32Array(0),
      test: Int32Array.of(3),
    });
    const { train, test: tested } = splitArrays(examples);
    expect(train['x.right']!.data).toEqual(Uint8Array.of(40, 41, 0, 1, 20, 21));
    expect(tested['x.right']!.data).toEqual(Uint8Array.of(10, 11));
    expect(Array.from(train.x.data)).toEqual([2, 0.5, 1]);
    expect(Array.from(tested.y.data)).toEqual([1]);
  });

  test('takes the bytes as they are if every picture is used', () => {
    const all = { train: [0, 1, 2, 3, 4, 5], test: [] };
    const own = tableOf({ pixels: pixels.subarray(0, 4), pictures: Int32Array.of(1, 0, 0, 1, 0, 1) });
    const { arrays, inputs } = encode([picture('left')], own, all);
    expect(arrays['x']!.data.buffer).toBe(pixels.buffer);
    expect(inputs.x).toEqual({ array: 'x', rows: Int32Array.of(1, 0, 0, 1, 0, 1) });
    const inOrder = tableOf({ pixels: new Uint8Array(12), pictures: null });
    expect(encode([picture('left')], inOrder, all).inputs.x.rows).toBeNull();
  });

  test.each([
    ['scaled differently', encode([picture('left'), picture('right', 2)])],
    ['with other pixels', encode([picture('left'), picture('right')], tableOf({}, { pixels: pixels.slice() }))],
  ])('columns %s have separate arrays', (_, examples) => {
    expect(examples.inputs['x.right']!.array).toBe('x.right');
    expect(examples.arrays['x']!.data).toEqual(Uint8Array.of(0, 1, 10, 11, 40, 41, 20, 21));
    expect(splitArrays(examples).train['x.right']!.data).toEqual(Uint8Array.of(40, 41, 0, 1, 20, 21));
  });

  test('floats are scaled, each picture once', () => {
    const floats = Float32Array.from(pixels);
    const examples = encode([picture('left', 2), picture('right', 2)], tableOf({ pixels: floats }, { pixels: floats }));
    expect(examples.arrays['x']).toEqual({
      dtype: 'float32',
      shape: [4, ...size],
      data: Float32Array.of(0, 0.5, 5, 5.5, 20, 20.5, 10, 10.5),
    });
    expect(splitArrays(examples).test['x.right']!.data).toEqual(Float32Array.of(5, 5.5));
  });

  test('the first error is that of the first split', () => {
    const table = tableOf();
    const columns = [
      { ...table.columns[2]!, values: Float64Array.of(0, 1, 2, 3, 1e300, 5) },
      { ...table.columns[3]!, categories: ['a', 'c'] },
    ] as Table['columns'];
    const rows = { train: [5, 0], test: [4] };
    expect(() => encode([number], { ...table, columns }, rows)).toThrow(/row 5.*'c'/s);
  });
});
