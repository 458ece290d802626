import type { InputRow, RowPrediction } from '../../../src-shared/contract/run-results.ts';
import { columnWidth } from '../../../src-shared/data/column-places.ts';
import { columnTypeOf } from '../../../src-shared/data/columns/registry.ts';
import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import { formatNumber, parseNumber } from '../../ui/format/numbers.ts';

/**
 * Entries of the form, by column; empty means missing. Of an image column: a path or a `data:` URL; empty means the
 * picture of the sample.
 */
export type Draft = Readonly<Record<string, string>>;

/** A prediction, and what is known about the row that it is for. */
export interface ShownPrediction extends RowPrediction {
  /** Null where it is not known. */
  readonly truthOf: (target: string) => string | number | null;
  /** Whether an entry differs from the sample. */
  readonly changed: boolean;
  /** Weights that predicted: 'best weights, epoch 3'. */
  readonly weights: string;
}

/** The fields' texts for a row. */
export function draftOf(columns: readonly FittedColumn[], row: InputRow): Draft {
  return Object.fromEntries(columns.map(({ name }) => [name, textOf(row[name])]));
}

/** Number of samples to read at a time. Pixels cross as JSON, so rows with images are read in small pages. */
export function samplesAtOnce(columns: readonly FittedColumn[]): number {
  const values = columns.reduce((sum, column) => sum + columnWidth(column), 0);
  return Math.max(1, Math.min(50, Math.floor(500_000 / Math.max(1, values))));
}

/** Six significant digits of what is not whole; `rowOf` puts the exact value back where the text is untouched. */
function textOf(value: InputRow[string] | undefined): string {
  if (value == null || Array.isArray(value)) return '';
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
}

/** The row that fields make; values whose field is untouched come from the sample exactly. */
export function rowOf(columns: readonly FittedColumn[], draft: Draft, sample: InputRow | null): InputRow {
  const row: InputRow = {};
  for (const column of columns) {
    const text = (draft[column.name] ?? '').trim();
    const given = sample?.[column.name];
    if (columnTypeOf(column).field === 'picture') {
      row[column.name] = text === '' ? (given ?? null) : text;
      continue;
    }
    if (typeof given === 'number' && text === textOf(given)) {
      row[column.name] = given;
      continue;
    }
    row[column.name] = text === '' ? null : columnTypeOf(column).field === 'number' ? parseNumber(text) : text;
  }
  return row;
}

/** Why a field's text cannot be used; null where it can. */
export function faultOf(column: FittedColumn, text: string): string | null {
  const numbers = columnTypeOf(column).numbersOf(column);
  if (numbers === null) return null;
  if (text.trim() === '') {
    return numbers.fill === null ? 'A number is needed: rows with a missing value were left out of training.' : null;
  }
  return Number.isFinite(parseNumber(text)) ? null : `'${text}' is not a number.`;
}

/** What training saw, and what an empty field becomes. */
export function hintOf(column: FittedColumn, text: string): string {
  const numbers = columnTypeOf(column).numbersOf(column);
  if (numbers === null) return '';
  const { min, max, fill } = numbers;
  const range = `${formatNumber(min)} … ${formatNumber(max)}`;
  if (text.trim() === '') return fill === null ? range : `empty: ${formatNumber(fill)} is used`;
  const value = parseNumber(text);
  return value < min || value > max ? `outside of ${range}, as seen in training` : range;
}
