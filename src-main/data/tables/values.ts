import { usualMissingWords } from '../../../src-shared/data/csv-dialect.ts';

/** Spellings of a missing value in text files, compared after trimming. */
export const missingSpellings: ReadonlySet<string> = new Set(usualMissingWords);

export const isMissingText = (text: string): boolean => missingSpellings.has(text);

/** Whether a cell of a row for prediction counts as missing. */
export function isMissingCell(cell: string | number | readonly number[] | null | undefined): boolean {
  if (cell === null || cell === undefined) return true;
  return typeof cell === 'string' ? isMissingText(cell.trim()) : Number.isNaN(cell);
}

/**
 * Parses a decimal number. Hexadecimal numbers, "Infinity" and thousands separators are not numbers.
 *
 * @param text Trimmed, not a missing value.
 * @returns The number, or NaN if the text is not a number.
 */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || text === '') return Number.NaN;
  const second = text.charCodeAt(1) | 32;
  if (text.charCodeAt(0) === 48 && second >= 97 && second !== 101) return Number.NaN;
  return value;
}

/** Sorts numerically if all categories are numbers, else by code point, independent of locale. */
export function sortCategories(categories: readonly string[]): string[] {
  const numbers = categories.map(parseNumber);
  const allNumeric = numbers.every((value) => !Number.isNaN(value));
  if (!allNumeric) return [...categories].sort(byCodePoint);
  return [...categories].sort((a, b) => parseNumber(a) - parseNumber(b) || byCodePoint(a, b));
}

/** Order of strings that does not depend on the locale. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Powers of ten that are exact as doubles. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Ten times this and nine is below 2^53. */
const MOST_BEFORE_DIGIT = 900719925474098;

/**
 * The number that `Number` makes of digits with an optional sign and decimal point. Digits below 2^53 and a power of ten
 * up to 10^22 are exact, so that their quotient is the nearest double.
 * Source: W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990.
 *
 * @returns Undefined for any other text, also for longer numbers and for those with an exponent.
 */
export function parseShortNumber(bytes: Buffer, start: number, end: number): number | undefined {
  let at = start;
  const sign = bytes[at];
  if (sign === 45 || sign === 43) at++;
  let digits = 0;
  let decimals = -1;
  let count = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 48 && byte <= 57) {
      if (digits > MOST_BEFORE_DIGIT) return undefined;
      digits = digits * 10 + (byte - 48);
      count++;
      if (decimals >= 0) decimals++;
    } else if (byte === 46 && decimals < 0) {
      decimals = 0;
    } else {
      return undefined;
    }
  }
  if (count === 0 || decimals >= POWERS.length) return undefined;
  const value = decimals > 0 ? digits / POWERS[decimals]! : digits;
  return sign === 45 ? -value : value;
}
