import { usualMissingWords, type CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import type { Remark } from '../../../../src-shared/data/dataset-document.ts';
import { cellFormatOf, withoutAffix } from '../../tables/cell-format.ts';

type CellOptions = Pick<CsvDialect, 'decimal' | 'thousands' | 'missing'>;

/** Present texts of a column, trimmed. */
interface SampledColumn {
  readonly name: string;
  readonly texts: readonly string[];
}

/** Words for a missing value that a column of numbers may have. */
const MISSING_WORD =
  /^(n\.?\s?a\.?|n\/a|#n\/a|#value!|#div\/0!|none|nil|nan|null|missing|unknown|k\.?\s?a\.?|-+|\.+|\*|—|–|no data|not available|n\.?d\.?|\\n|<na>)$/i;
/** A column with at least this share of numbers may have a word for missing values. */
const NUMBERS = 0.5;

const GROUP = { point: /^[+-]?[1-9]\d{0,2}\.\d{3}$/, comma: /^[+-]?[1-9]\d{0,2},\d{3}$/ };
const NOTATIONS: readonly (readonly [keyof Evidence, RegExp])[] = [
  ['point', /^[+-]?\d*\.\d+(?:e[+-]?\d+)?$|^[+-]?\d+\.$/i],
  ['comma', /^[+-]?\d*,\d+$/],
  ['commaGroups', /^[+-]?\d{1,3}(?:,\d{3})+\.\d+$|^[+-]?\d{1,3}(?:,\d{3}){2,}$/],
  ['pointGroups', /^[+-]?\d{1,3}(?:\.\d{3})+,\d+$|^[+-]?\d{1,3}(?:\.\d{3}){2,}$/],
  ['blankGroups', /^[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?$/],
  ['quoteGroups', /^[+-]?\d{1,3}(?:'\d{3})+(?:[.,]\d+)?$/],
  ['whole', /^[+-]?\d+$/],
];

/** How many numbers of a column have a notation. `onePoint` and `oneComma`: '2.107', which may be 2107. */
interface Evidence {
  point: number;
  comma: number;
  commaGroups: number;
  pointGroups: number;
  blankGroups: number;
  quoteGroups: number;
  onePoint: number;
  oneComma: number;
  whole: number;
}

function evidenceOf(texts: readonly string[]): Evidence & { numbers: number; largestWhole: number } {
  const found = {
    ...{ point: 0, comma: 0, commaGroups: 0, pointGroups: 0, blankGroups: 0, quoteGroups: 0 },
    ...{ onePoint: 0, oneComma: 0, whole: 0, numbers: 0, largestWhole: 0 },
  };
  for (const text of texts) {
    const number = withoutAffix(text)?.number ?? text;
    if (GROUP.point.test(number)) found.onePoint++;
    else if (GROUP.comma.test(number)) found.oneComma++;
    else {
      const notation = NOTATIONS.find(([, pattern]) => pattern.test(number))?.[0];
      if (notation === undefined) continue;
      found[notation]++;
      if (notation === 'whole') found.largestWhole = Math.max(found.largestWhole, Math.abs(Number(number)));
    }
    found.numbers++;
  }
  return found;
}

/**
 * Guesses how numbers and missing values are written.
 *
 * @param chosen Options that a person chose: they stay.
 */
export function guessCells(
  columns: readonly SampledColumn[],
  chosen: CsvDialect,
  delimiter: string,
): { readonly options: CellOptions; readonly remarks: Remark[] } {
  const numeric = columns
    .map((column) => ({ ...column, evidence: evidenceOf(column.texts) }))
    .filter(({ texts, evidence }) => evidence.numbers >= texts.length * NUMBERS && evidence.numbers > 0);
  const sum = (key: keyof Evidence): number => numeric.reduce((all, { evidence }) => all + evidence[key], 0);
  const points = sum('point') + sum('commaGroups');
  const commas = sum('comma') + sum('pointGroups');
  const decimal = chosen.decimal ?? (commas > points ? ',' : '.');
  const thousands = chosen.thousands ?? guessThousands(decimal, sum);
  const numbers: CellOptions = {
    ...(decimal === '.' && chosen.decimal === undefined ? {} : { decimal }),
    ...(thousands === '' && chosen.thousands === undefined ? {} : { thousands }),
  };
  const words = chosen.missing === undefined ? missingWords(columns, { ...chosen, ...numbers }) : [];
  const missing = words.length > 0 ? [...usualMissingWords, ...words.map(({ word }) => word)] : chosen.missing;
  const isAsked = chosen.decimal === undefined && chosen.thousands === undefined;
  return {
    options: { ...numbers, ...(missing === undefined ? {} : { missing }) },
    remarks: [
      ...words.map(({ word, names }) => missingRemark(word, names)),
      ...(isAsked ? numeric.flatMap(({ name, texts, evidence }) => notationRemarks(name, texts, evidence)) : []),
    ],
  };

  function notationRemarks(name: string, texts: readonly string[], evidence: ReturnType<typeof evidenceOf>): Remark[] {
    const { onePoint, oneComma } = evidence;
    const example = texts.find((text) => (onePoint > 0 ? GROUP.point : GROUP.comma).test(text));
    if (example === undefined) return [];
    if (decimal === '.' && thousands === '' && onePoint > 1 && evidence.point === 0 && evidence.whole > 0) {
      if (evidence.largestWhole >= 1000) return [];
      const whole = texts.find((text) => /^[+-]?\d+$/.test(text))!;
      return [
        {
          text: `'${name}' has ${whole} and ${example}: ${example} is read as ${Number(example)}. If the point separates thousands, it is ${example.replace('.', '')}.`,
          ...(points > 0 ? {} : { label: 'The point separates thousands', dialect: { decimal: ',', thousands: '.' } }),
        },
      ];
    }
    if (decimal === '.' && thousands === ',' && oneComma > 0 && points === 0 && delimiter !== ',') {
      return [
        {
          text: `'${name}' has ${example}, which is read as ${example.replace(',', '')}. If the comma is a decimal sign, it is ${example.replace(',', '.')}.`,
          label: 'The comma is the decimal sign',
          dialect: { decimal: ',', thousands: '' },
        },
      ];
    }
    return [];
  }
}

function guessThousands(decimal: string, sum: (key: keyof Evidence) => number): NonNullable<CsvDialect['thousands']> {
  if (decimal === '.' && sum('commaGroups') + sum('oneComma') > 0) return ',';
  if (decimal === ',' && sum('pointGroups') + sum('onePoint') > 0) return '.';
  if (sum('blankGroups') > 0) return ' ';
  return sum('quoteGroups') > 0 ? "'" : '';
}

/** Texts beside numbers that stand for missing values, with their columns. */
function missingWords(
  columns: readonly SampledColumn[],
  dialect: CsvDialect,
): { readonly word: string; readonly names: string[] }[] {
  const { parseNumber } = cellFormatOf(dialect);
  const found = new Map<string, string[]>();
  for (const { name, texts } of columns) {
    const others = texts.filter((text) => {
      return Number.isNaN(parseNumber(text)) && Number.isNaN(parseNumber(withoutAffix(text)?.number ?? 'x'));
    });
    const words = [...new Set(others)];
    if (others.length === 0 || others.length > texts.length * (1 - NUMBERS) || words.length > 3) continue;
    if (!words.every((word) => MISSING_WORD.test(word))) continue;
    for (const word of words) found.set(word, [...(found.get(word) ?? []), name]);
  }
  return [...found].map(([word, names]) => ({ word, names }));
}

function missingRemark(word: string, names: readonly string[]): Remark {
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  return {
    text: `'${word}' is read as a missing value, because it stands among numbers (${shown}).`,
    label: `'${word}' is a value`,
    dialect: { missing: [...usualMissingWords] },
  };
}
