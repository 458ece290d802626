import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import { columnWidth } from '../../../src-shared/data/column-places.ts';
import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import type { ExampleTensors } from '../../engines/interface/engine.ts';
import { isMissingText, parseNumber } from '../tables/values.ts';

type Cell = InputRow[string] | undefined;

export interface EncodedRows {
  /** float32 by input of the program. */
  readonly examples: ExampleTensors;
  /** For each row: warnings about categories that no training row has, which are encoded as zeros. */
  readonly warnings: readonly (readonly string[])[];
}

/**
 * Encodes single rows for prediction exactly as in training.
 *
 * @param read Columns that the model reads; others are not checked and encoded as 0. Absent: all.
 * @param rows Raw values by column name; null, absent, '', NA and so on are missing values.
 * @throws AppError `dataset/bad-value` or `dataset/missing-value` naming row, column and value.
 */
export function encodeRows(spec: FeatureSpec, rows: readonly InputRow[], read?: ReadonlySet<string>): EncodedRows {
  const tensors = featureTensors(spec).map(({ input, shape, columns }) => {
    const width = shape.reduce((product, size) => product * size, 1);
    return { input, shape: [rows.length, ...shape], columns, width, data: new Float32Array(rows.length * width) };
  });
  const warnings = rows.map((row, index) => {
    const ofRow: string[] = [];
    for (const { columns, width, data } of tensors) {
      let offset = index * width;
      for (const column of columns) {
        const place = rows.length === 1 ? `'${column.name}'` : `Row ${index + 1}, '${column.name}'`;
        const cell = Object.hasOwn(row, column.name) ? row[column.name] : undefined;
        const part = data.subarray(offset, offset + columnWidth(column));
        const warning = read?.has(column.name) === false ? null : encodeCell(column, cell, place, part);
        if (warning !== null) ofRow.push(warning);
        offset += part.length;
      }
    }
    return ofRow;
  });
  const [x, ...further] = tensors.map(({ input, shape, data }) => ({
    input,
    tensor: { dtype: 'float32', shape, data } as const,
  }));
  const others = Object.fromEntries(further.map(({ input, tensor }) => [input, tensor]));
  return { examples: { x: x!.tensor, ...others }, warnings };
}

/** Encodes a cell into `part`. @returns A warning, or null. */
function encodeCell(column: FittedColumn, cell: Cell, place: string, part: Float32Array): string | null {
  if (column.type === 'numeric') {
    const value = numberOf(column, cell, place);
    part[0] = (value - column.offset) / column.scale;
    if (!Number.isFinite(part[0])) throw badValue(place, 'a number in the range of 32-bit floats', `'${String(cell)}'`);
    return null;
  }
  if (column.type === 'image') {
    const pixels = pixelsOf(cell, part.length, place);
    pixels.forEach((pixel, i) => (part[i] = (pixel - column.offset) / column.scale));
    return null;
  }
  if (Array.isArray(cell)) throw badValue(place, 'one of its categories', 'a list');
  const text = isMissing(cell) ? column.fill : String(cell).trim();
  const position = text === null ? -1 : categoryPosition(column.categories, text);
  if (position < 0) {
    return `'${column.name}': ${text === null ? 'no value' : `'${text}'`} is in no training row; encoded as zeros. Known: ${shorten(column.categories)}.`;
  }
  part[position] = 1;
  return null;
}

/** Index of a category: by text, else by value if both are numbers, so that 1 finds '1.0'. */
function categoryPosition(categories: readonly string[], text: string): number {
  const exact = categories.indexOf(text);
  const value = parseNumber(text);
  return exact >= 0 || Number.isNaN(value) ? exact : categories.findIndex((each) => parseNumber(each) === value);
}

function numberOf(column: Extract<FittedColumn, { type: 'numeric' }>, cell: Cell, place: string): number {
  if (isMissing(cell)) {
    if (column.fill !== null) return column.fill;
    throw new AppError(
      'dataset/missing-value',
      `${place}: expected a number; received nothing. Training dropped rows without it. Enter a value between ${column.min} and ${column.max}.`,
      { column: column.name },
    );
  }
  const value = typeof cell === 'string' ? parseNumber(cell.trim()) : cell;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badValue(place, 'a number', Array.isArray(cell) ? 'a list' : `'${String(cell)}'`);
}

function pixelsOf(cell: Cell, size: number, place: string): readonly number[] {
  if (!Array.isArray(cell))
    throw badValue(place, `a list of ${size} pixels`, isMissing(cell) ? 'nothing' : `'${cell}'`);
  if (cell.length !== size) throw badValue(place, `a list of ${size} pixels`, `${cell.length} values`);
  const bad = cell.findIndex((pixel) => !Number.isFinite(pixel));
  if (bad >= 0) throw badValue(place, 'finite pixels', `${cell[bad]} at position ${bad}`);
  return cell;
}

function isMissing(cell: Cell): boolean {
  if (cell === null || cell === undefined) return true;
  return typeof cell === 'string' ? isMissingText(cell.trim()) : Number.isNaN(cell);
}

function badValue(place: string, expected: string, received: string): AppError {
  return new AppError('dataset/bad-value', `${place}: expected ${expected}; received ${received}. Correct the value.`, {
    place,
    expected,
    received,
  });
}

function shorten(categories: readonly string[]): string {
  return categories.length <= 8 ? categories.join(', ') : `${categories.slice(0, 8).join(', ')}, …`;
}
