import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import { formatNumber, parseNumber } from '../../ui/format/numbers.ts';

/** What a person typed, by column; empty means missing. */
export type Draft = Readonly<Record<string, string>>;

/** The fields' texts for a row; images stay out of the form. */
export function draftOf(columns: readonly FittedColumn[], row: InputRow): Draft {
  const entries = columns
    .filter((column) => column.type !== 'image')
    .map((column) => {
      const value = row[column.name];
      return [column.name, textOf(value)];
    });
  return Object.fromEntries(entries) as Draft;
}

/** Six significant digits of what is not whole; `rowOf` puts the exact value back where the text is untouched. */
function textOf(value: InputRow[string] | undefined): string {
  if (value == null || Array.isArray(value)) return '';
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
}

/** The row that fields make; images, and values whose field is untouched, come from the sample exactly. */
export function rowOf(columns: readonly FittedColumn[], draft: Draft, sample: InputRow | null): InputRow {
  const row: InputRow = {};
  for (const column of columns) {
    if (column.type === 'image') {
      row[column.name] = sample?.[column.name] ?? null;
      continue;
    }
    const text = (draft[column.name] ?? '').trim();
    const given = sample?.[column.name];
    if (typeof given === 'number' && text === textOf(given)) {
      row[column.name] = given;
      continue;
    }
    row[column.name] = text === '' ? null : column.type === 'numeric' ? parseNumber(text) : text;
  }
  return row;
}

/** Why a field's text cannot be used; null where it can. */
export function faultOf(column: FittedColumn, text: string): string | null {
  if (column.type !== 'numeric') return null;
  if (text.trim() === '') {
    return column.fill === null ? 'A number is needed: rows with a missing value were left out of training.' : null;
  }
  return Number.isFinite(parseNumber(text)) ? null : `'${text}' is not a number.`;
}

/** What training saw, and what an empty field becomes. */
export function hintOf(column: FittedColumn, text: string): string {
  if (column.type !== 'numeric') return '';
  const range = `${formatNumber(column.min)} … ${formatNumber(column.max)}`;
  if (text.trim() === '') return column.fill === null ? range : `empty: ${formatNumber(column.fill)} is used`;
  const value = parseNumber(text);
  return value < column.min || value > column.max ? `outside of ${range}, as seen in training` : range;
}
