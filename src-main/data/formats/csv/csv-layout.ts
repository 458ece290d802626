import { parse, type Options } from 'csv-parse/sync';
import type { CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { missingSpellings } from '../../tables/values.ts';
import { emptyFile, openCsvText, parsedDelimiter } from './csv-text.ts';

/** Names and delimiter of a table, as its first lines give them. */
export interface CsvLayout {
  readonly delimiter: string;
  /** Of the columns that are read; a record may have one more field that is empty, after a trailing delimiter. */
  readonly names: readonly string[];
  /** Records before the first row. */
  readonly headerRecords: number;
}

const SAMPLE_BYTES = 256 * 1024;
const SAMPLE_ROWS = 2000;
const delimiters = [',', ';', '\t', '|'];

/** Options of csv-parse that all readers share. */
export function parserOptions(dialect: CsvDialect, delimiter: string) {
  const quote = dialect.quote ?? '"';
  return {
    delimiter: parsedDelimiter(delimiter),
    quote: quote === '' ? null : quote,
    escape: quote === '' ? null : quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    // A quote inside a value is a character of it.
    relax_quotes: true,
    skip_empty_lines: true,
    comment: dialect.comment || null,
    comment_no_infix: true,
  } satisfies Options;
}

/** The first lines as UTF-8 text. `complete`: it is the whole file. @throws AppError as `openCsvText`. */
export async function sampleText(path: string, dialect: CsvDialect): Promise<{ text: Buffer; complete: boolean }> {
  const text = await openCsvText(path, dialect);
  const parts: Buffer[] = [];
  let length = 0;
  let complete = true;
  try {
    for await (const chunk of text.chunks) {
      parts.push(chunk);
      length += chunk.length;
      if (length < SAMPLE_BYTES) continue;
      complete = false;
      break;
    }
  } finally {
    text.close();
  }
  return { text: Buffer.concat(parts), complete };
}

/** Records of a text, without one that it cuts off. @param most Largest number of records. */
export function recordsOf(
  { text, complete }: { readonly text: Buffer; readonly complete: boolean },
  dialect: CsvDialect,
  delimiter: string,
  most: number,
): string[][] {
  const records: string[][] = [];
  try {
    parse(text, {
      ...parserOptions(dialect, delimiter),
      to: most,
      on_record: (fields: string[]) => {
        records.push(fields);
        return null;
      },
    });
  } catch {
    // The reader of the whole file reports what is wrong.
    return records;
  }
  if (!complete && records.length < most) records.pop();
  return records;
}

/** @throws AppError `dataset/empty-file`, `dataset/duplicate-header`, or as `openCsvText`. */
export async function findLayout(path: string, dialect: CsvDialect): Promise<CsvLayout> {
  const sample = await sampleText(path, dialect);
  const delimiter = dialect.delimiter ?? detectDelimiter(sample.text);
  const headerLines = dialect.headerLines ?? 1;
  const records = recordsOf(sample, dialect, delimiter, headerLines + 200);
  if (records.length === 0 && sample.complete && sample.text.toString('utf8').trim() === '') throw emptyFile(path);
  const names = namesOf(records, headerLines);
  checkNames(names, path, (dialect.skippedLines ?? 0) + 1);
  return { delimiter, names, headerRecords: headerLines };
}

/** The present texts of each column in the first rows, trimmed. @throws AppError as `findLayout`. */
export async function sampledColumns(path: string, dialect: CsvDialect): Promise<{ name: string; texts: string[] }[]> {
  const { names, delimiter, headerRecords } = await findLayout(path, dialect);
  const rows = recordsOf(await sampleText(path, dialect), dialect, delimiter, SAMPLE_ROWS).slice(headerRecords);
  return names.map((name, at) => ({
    name,
    texts: rows.flatMap((row) => {
      const text = (row[at] ?? '').trim();
      return missingSpellings.has(text) ? [] : [text];
    }),
  }));
}

/** Names of the columns: those of the header, or column1, column2, … */
export function namesOf(records: readonly (readonly string[])[], headerLines: number): string[] {
  const rows = records.slice(headerLines);
  const width = usualLength(rows) || (records[0]?.length ?? 0);
  if (headerLines === 0) return Array.from({ length: width }, (_, index) => `column${index + 1}`);
  const names = joinLines(records.slice(0, headerLines));
  const usual = rows.filter((row) => row.length === width);
  const trailing = width > 1 && usual.length > 0 && usual.every((row) => row.at(-1)!.trim() === '');
  if (names.length > 1 && names.at(-1) === '' && (names.length === width + 1 || trailing)) names.pop();
  // R writes the names of rows into a column without a name.
  else if (names.length === width - 1 && !trailing && areDifferent(usual.map((row) => row[0]!))) names.unshift('');
  return withoutBlankNames(names);
}

/** The most frequent number of fields; of equally frequent ones the first. */
export function usualLength(records: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  let best = 0;
  for (const [length, count] of counts) if (count > (counts.get(best) ?? 0)) best = length;
  return best;
}

/** One name from several header lines: 'Sales 2020'. A blank in an upper line repeats the name before it if names were equal otherwise. */
function joinLines(lines: readonly (readonly string[])[]): string[] {
  const width = Math.max(...lines.map((line) => line.length), 0);
  const join = (parts: readonly (readonly string[])[]): string[] =>
    Array.from({ length: width }, (_, at) =>
      parts
        .map((line) => (line[at] ?? '').trim())
        .filter((part) => part !== '')
        .join(' '),
    );
  const plain = join(lines);
  if (lines.length === 1 || areDifferent(plain.filter((name) => name !== ''))) return plain;
  const filled = lines.slice(0, -1).map((line) => {
    let last = '';
    return line.map((part) => (last = part.trim() === '' ? last : part));
  });
  return join([...filled, lines.at(-1)!]);
}

function withoutBlankNames(names: readonly string[]): string[] {
  const used = new Set(names);
  return names.map((name, index) => {
    if (name !== '') return name;
    const base = index === 0 ? 'index' : `column${index + 1}`;
    let free = base;
    for (let next = 2; used.has(free); next++) free = `${base}_${next}`;
    used.add(free);
    return free;
  });
}

const areDifferent = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;

function checkNames(names: readonly string[], path: string, line: number): void {
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const before = seen.get(name);
    if (before === undefined) {
      seen.set(name, index);
      continue;
    }
    throw new AppError(
      'dataset/duplicate-header',
      `${path}, line ${line}: expected different column names; received '${name}' for columns ${before + 1} and ${index + 1}. Rename one of them, or choose 0 header lines if that line is a row.`,
      { path, line, name, column: index + 1 },
    );
  }
}

/** The delimiter that splits the first lines most evenly into more than one field; else a comma. */
export function detectDelimiter(bytes: Buffer): string {
  const lines = bytes
    .subarray(0, 64 * 1024)
    .toString('utf8')
    .split(/\r?\n|\r/);
  if (lines.length > 1) lines.pop();
  const sample = lines.filter((line) => line !== '').slice(0, 20);
  let best = ',';
  let bestScore = 0;
  for (const delimiter of delimiters) {
    const counts = sample.map((line) => countOutsideQuotes(line, delimiter));
    const header = counts[0] ?? 0;
    const agreeing = counts.filter((count) => count === header).length / Math.max(1, counts.length);
    const score = header === 0 ? 0 : agreeing * 1000 + header;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) count++;
  }
  return count;
}
