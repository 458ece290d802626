import type { CsvDialect } from '../../../src-shared/data/csv-dialect.ts';
import { missingSpellings, parseNumber } from './values.ts';

export interface NumberFormat {
  readonly decimal: NonNullable<CsvDialect['decimal']>;
  readonly thousands: NonNullable<CsvDialect['thousands']>;
}

/** How the cells of a text table are written. */
export interface CellFormat {
  /** Trimmed texts that are missing values. */
  readonly missing: ReadonlySet<string>;
  /** @param text Trimmed. @returns NaN if it is not a number. */
  readonly parseNumber: (text: string) => number;
  /** Digits with a decimal point are numbers. */
  readonly quick: boolean;
}

export const usualCells: CellFormat = { missing: missingSpellings, parseNumber, quick: true };

export function cellFormatOf({ decimal = '.', thousands = '', missing }: CsvDialect): CellFormat {
  return {
    missing: missing === undefined ? missingSpellings : new Set(['', ...missing]),
    parseNumber: numberParser({ decimal, thousands }),
    quick: decimal === '.' && thousands !== '.',
  };
}

/** A function that reads numbers of one notation. Thousands signs must separate groups of three digits. */
export function numberParser({ decimal, thousands }: NumberFormat): (text: string) => number {
  const sign = thousands === decimal ? '' : thousands;
  if (decimal === '.' && sign === '') return parseNumber;
  const separator = sign === ' ' ? '[ \\u00a0\\u202f]' : sign === '.' ? '\\.' : sign;
  const point = decimal === '.' ? '\\.' : ',';
  const grouped = sign === '' ? null : new RegExp(`^[+-]?\\d{1,3}(${separator}\\d{3})+(${point}\\d*)?$`);
  const groups = new RegExp(separator, 'g');
  return (text) => {
    const digits = grouped?.test(text) === true ? text.replace(groups, '') : text;
    if (decimal === '.') return parseNumber(digits);
    return digits.includes('.') ? Number.NaN : parseNumber(digits.replace(',', '.'));
  };
}

const CURRENCIES = '[$€£¥₹₩₽]|US\\$|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|BRL';
const BEFORE = new RegExp(`^([+-]?)(${CURRENCIES})\\s*([+-]?)(?=[\\d.,])`);
const AFTER = /(?<=[\d.,])\s*(%|‰|°[CF]?|[$€£¥₹₩₽]|\p{L}{1,4}[²³]?)$/u;

/**
 * The number in a text such as '€ 1,340.98', '5 %' or '1.46 m', and what is before or after it; null: the text has no such
 * form.
 */
export function withoutAffix(text: string): { readonly affix: string; readonly number: string } | null {
  const before = BEFORE.exec(text);
  if (before !== null) return { affix: before[2]!, number: before[1]! + before[3]! + text.slice(before[0].length) };
  const after = AFTER.exec(text);
  return after === null ? null : { affix: after[1]!, number: text.slice(0, after.index) };
}
