/** Spellings of a missing value in text files, compared after trimming. */
const missingSpellings = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?']);

export const isMissingText = (text: string): boolean => missingSpellings.has(text);

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

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
