import { missingSpellings } from '../../tables/values.ts';
import { usualLength } from './csv-layout.ts';

export interface HeaderGuess {
  /** Lines with names. */
  readonly lines: number;
  /** False: the lines do not show it clearly. */
  readonly clear: boolean;
}

/** Rows that the first lines are compared with. */
const ROWS = 100;
const MOST_LINES = 3;

type Kind = 'number' | 'date' | 'text';

const NUMBER = /^[+-]?(?:[$€£¥]\s*)?(?:\d[\d.,' \u00a0\u202f]*|[.,]\d+)(?:e[+-]?\d+)?\s*(?:%|[$€£¥])?$/i;
const DATE = /^\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?(?:[T ]\d{1,2}:\d{2}.*)?$|^\d{1,2}:\d{2}(?::\d{2})?$/;

function kindOf(text: string): Kind {
  if (NUMBER.test(text)) return 'number';
  return DATE.test(text) ? 'date' : 'text';
}

/**
 * How many of the first records are names. A first record with values of the kinds of the rows below it is a row.
 *
 * @param chosen A number that a person chose.
 */
export function guessHeader(records: readonly (readonly string[])[], chosen?: number): HeaderGuess {
  if (chosen !== undefined) return { lines: chosen, clear: true };
  if (records.length === 0) return { lines: 1, clear: true };
  const [first] = records;
  const votes = compare(first!, records.slice(1, ROWS + 1));
  if (isCounting(first!) && votes.names === 0 && votes.rows < usualLength(records)) return { lines: 1, clear: false };
  if (votes.rows > 0 && votes.rows >= votes.names) return { lines: 0, clear: votes.names === 0 };
  if (votes.names === 0) return { lines: 1, clear: false };
  let lines = 1;
  while (lines < MOST_LINES && isFurtherHeader(records[lines], records.slice(lines + 1, lines + ROWS + 1))) lines++;
  return { lines, clear: votes.rows === 0 && lines === 1 };
}

interface Votes {
  /** Columns whose first cell differs from the cells below as a name does. */
  readonly names: number;
  /** Columns whose first cell is like those below. */
  readonly rows: number;
  /** Columns of numbers or dates below. */
  readonly values: number;
}

function compare(first: readonly string[], rows: readonly (readonly string[])[]): Votes {
  let [names, same, values] = [0, 0, 0];
  for (const [at, cell] of first.entries()) {
    const text = cell.trim();
    const below = rows.flatMap((row) => {
      const value = row[at]?.trim() ?? '';
      return missingSpellings.has(value) ? [] : [value];
    });
    if (below.length === 0) continue;
    const kind = usualKind(below);
    if (kind !== null && kind !== 'text') values++;
    if (missingSpellings.has(text)) continue;
    if (kind === null) continue;
    const own = kindOf(text);
    if (kind !== 'text') {
      if (own === 'text') names++;
      else if (own === kind) same++;
    } else if (own !== 'text') {
      continue;
    } else if (below.includes(text)) {
      same++;
    } else if (new Set(below).size <= below.length / 2) {
      names++;
    }
  }
  return { names, rows: same, values };
}

/** The kind of seven in ten values; null: there is none. */
function usualKind(texts: readonly string[]): Kind | null {
  const counts = { number: 0, date: 0, text: 0 };
  for (const text of texts) counts[kindOf(text)]++;
  for (const kind of ['number', 'date', 'text'] as const) if (counts[kind] >= texts.length * 0.7) return kind;
  return null;
}

/** Names that count: 0, 1, 2 of pandas, or years beside other names. */
function isCounting(cells: readonly string[]): boolean {
  const texts = cells.map((cell) => cell.trim()).filter((text) => text !== '');
  const numbers = texts.filter((text) => kindOf(text) === 'number').map(Number);
  const counts = numbers.every((value, at) => Number.isInteger(value) && value === numbers[0]! + at);
  const areYears = numbers.every((value) => value >= 1800 && value <= 2100);
  return numbers.length >= 2 && counts && (numbers.length === texts.length || areYears);
}

/** A second line of names, such as units: a text above each column of values. */
function isFurtherHeader(record: readonly string[] | undefined, rows: readonly (readonly string[])[]): boolean {
  if (record === undefined || rows.length < 2) return false;
  const { names, rows: same, values } = compare(record, rows);
  return (
    same === 0 &&
    values >= 2 &&
    names >= values &&
    record.every((cell) => kindOf(cell.trim()) === 'text' || cell.trim() === '')
  );
}
