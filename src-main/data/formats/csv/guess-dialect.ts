import { isUtf8 } from 'node:buffer';
import type { CsvDialect, CsvEncoding } from '../../../../src-shared/data/csv-dialect.ts';
import { parsedDelimiter } from './csv-text.ts';
import { checkIsText, cutCharacterBytes, headOfFile, markedEncoding } from './csv-text.ts';
import { detectDelimiter, recordsOf, sampleText, usualLength } from './csv-layout.ts';
import { guessHeader, type HeaderGuess } from './guess-header.ts';

const HEAD_BYTES = 256 * 1024;
/** Lines that are compared. */
const LINES = 200;
/** Title lines before the header that are looked for. */
const MOST_TITLES = 30;

export interface DialectGuess {
  /** What differs from the usual, with the chosen options. */
  readonly dialect: CsvDialect;
  readonly header: HeaderGuess;
}

/**
 * Guesses how a text table is written, from its first lines.
 *
 * @param chosen Options that a person chose: they stay, and the others are guessed with them.
 * @throws AppError as `openCsvText`.
 */
export async function guessDialect(path: string, chosen: CsvDialect = {}): Promise<DialectGuess> {
  const head = await headOfFile(path, HEAD_BYTES);
  checkIsText(head, path);
  const encoding = chosen.encoding ?? guessEncoding(head);
  const plain = { ...chosen, delimiter: ',', skippedLines: chosen.skippedLines ?? 0, ...given({ encoding }) };
  const sample = await sampleText(path, plain);
  const lines = sample.text.toString('utf8').split(/\r\n|\n|\r/);
  if (lines.length > 1) lines.pop();
  const comment = chosen.comment ?? guessComment(lines);
  const declared = chosen.skippedLines === undefined ? /^"?sep=(.)"?$/i.exec(lines[0] ?? '') : null;
  const body = lines
    .slice(declared === null ? 0 : 1)
    .filter((line) => line.trim() !== '' && !(comment !== undefined && comment !== '' && line.startsWith(comment)))
    .slice(0, LINES);
  const quote = chosen.quote ?? guessQuote(body);
  const delimiter = chosen.delimiter ?? declared?.[1] ?? guessDelimiter(body, quote ?? '"');
  const dialect: CsvDialect = {
    ...chosen,
    ...given({ encoding: encoding === markedEncoding(head) ? chosen.encoding : encoding, comment, quote }),
    delimiter,
  };
  const skippedLines = chosen.skippedLines ?? countTitles(lines, dialect, declared === null ? 0 : 1);
  const skipping = skippedLines === 0 && chosen.skippedLines === undefined ? dialect : { ...dialect, skippedLines };
  const rest = await sampleText(path, skipping);
  const records = recordsOf(rest, skipping, delimiter, LINES);
  const header = guessHeader(records, chosen.headerLines);
  const isUsual = detectDelimiter(rest.text) === delimiter && chosen.delimiter === undefined;
  const { delimiter: _, ...others } = skipping;
  return {
    dialect: {
      ...others,
      ...(isUsual ? {} : { delimiter }),
      ...(header.lines === 1 && chosen.headerLines === undefined ? {} : { headerLines: header.lines }),
    },
    header,
  };
}

/** The options that have a value. */
function given<Options extends object>(options: Options): { [Key in keyof Options]?: NonNullable<Options[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

/** Undefined: UTF-8. */
function guessEncoding(head: Buffer): CsvEncoding | undefined {
  const marked = markedEncoding(head);
  if (marked !== null) return marked;
  return isUtf8(head.subarray(0, head.length - cutCharacterBytes(head))) ? undefined : 'windows-1252';
}

/** A sign with which the first line begins, and some later line does not. */
function guessComment(lines: readonly string[]): string | undefined {
  const first = lines.find((line) => line.trim() !== '');
  const sign = first?.[0];
  if (sign !== '#' && sign !== '%') return undefined;
  return lines.some((line) => line.trim() !== '' && !line.startsWith(sign)) ? sign : undefined;
}

/** Single quotes around values, where there are no double ones. Undefined: double. */
function guessQuote(lines: readonly string[]): "'" | undefined {
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
  const double = count(/(^|[,;\t| ])"[^"]*"(?=$|[,;\t| ])/);
  const single = count(/(^|[,;\t| ])'[^']*'(?=$|[,;\t| ])/);
  return double === 0 && single > lines.length * 0.5 ? "'" : undefined;
}

/** Fields of a line; quotes hide delimiters. */
export function fieldsOf(line: string, delimiter: string, quote: string): string[] {
  const text = delimiter === ' ' ? line.trim() : line;
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const isBlank = delimiter === ' ' && (character === ' ' || character === '\t');
    if (quote !== '' && character === quote && (quoted || field === '')) quoted = !quoted;
    else if (!quoted && (isBlank || character === parsedDelimiter(delimiter))) {
      while (isBlank && /[ \t]/.test(text[at + 1] ?? '')) at++;
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields;
}

/** The delimiter that divides most lines into the same number of fields, and leaves no other delimiter in them. */
export function guessDelimiter(lines: readonly string[], quote: string): string {
  let best = { delimiter: ',', score: 0, fields: 1 };
  for (const delimiter of [',', ';', '\t', '|', ' ']) {
    const split = lines.map((line) => fieldsOf(line, delimiter, quote));
    const width = usualLength(split);
    if (width < 2) continue;
    const usual = split.filter((fields) => fields.length === width);
    const cells = usual.flat();
    const share = usual.length / split.length;
    if (delimiter === ' ' && !isBlankAligned(lines.slice(1), width, quote)) continue;
    const clean = cells.filter((cell) => isClean(cell, delimiter)).length / cells.length;
    const score = share * 10 + clean * 5 + Math.min(width, 1000) / 10_000;
    if (score > best.score) best = { delimiter, score, fields: width };
  }
  return best.delimiter;
}

/** Whether blanks divide lines into numbers and quoted texts: words of a sentence are divided by blanks too. */
function isBlankAligned(lines: readonly string[], width: number, quote: string): boolean {
  const usual = lines.map((line) => fieldsOf(line, ' ', quote)).filter((fields) => fields.length === width);
  const cells = usual.flat();
  if (cells.length === 0 || usual.length < lines.length * 0.9) return false;
  const numbers = cells.filter((cell) => /^[+-]?[\d.,]*\d[\d.,]*(e[+-]?\d+)?$/i.test(cell)).length;
  const quoted = quote === '' ? 0 : lines.filter((line) => line.includes(` ${quote}`)).length;
  return numbers >= cells.length * 0.5 || quoted >= lines.length * 0.9;
}

/** Whether a cell holds no other delimiter; a decimal comma is none, and blanks between two numbers are one. */
function isClean(cell: string, delimiter: string): boolean {
  if (delimiter !== ',' && /^\s*[^\s\d]{0,3}\s*[+-]?[\d.]*,\d+\D{0,4}$/.test(cell)) return true;
  if (delimiter !== ' ' && /\d[ \t]+[-+.\d]*\d/.test(cell.trim()) && !/^[\d ]+$/.test(cell.trim())) return false;
  return ![';', '\t', '|', ','].some((other) => other !== delimiter && cell.includes(other) && other !== ',');
}

/** Lines before the table that are not of its form: titles, and blank lines between them. */
function countTitles(lines: readonly string[], dialect: CsvDialect, declared: number): number {
  const { delimiter = ',', quote = '"', comment = '' } = dialect;
  const split = lines.slice(0, LINES).map((line) => ({
    fields: fieldsOf(line, delimiter, quote),
    isRecord: line.trim() !== '' && (comment === '' || !line.startsWith(comment)),
  }));
  const records = split.slice(declared).filter(({ isRecord }) => isRecord);
  const width = usualLength(records.map(({ fields }) => fields));
  if (width < 2) return declared;
  const filled = (fields: readonly string[]): number => fields.filter((field) => field.trim() !== '').length;
  const isTitle = ({ fields }: (typeof split)[number], next: (typeof split)[number] | undefined): boolean => {
    if (fields.length === width)
      return width > 2 && filled(fields) === 1 && next !== undefined && filled(next.fields) > 2;
    // A header without the name of its first column, or with a delimiter at its end.
    if (fields.length === width - 1 && fields.length > 1) return next === undefined || next.fields.length !== width;
    if (fields.length === width + 1 && fields.at(-1)!.trim() === '') return false;
    return true;
  };
  let skipped = declared;
  for (let at = declared; at < Math.min(MOST_TITLES, split.length); at++) {
    if (!split[at]!.isRecord) continue;
    const next = split.slice(at + 1).find(({ isRecord }) => isRecord);
    if (!isTitle(split[at]!, next)) return skipped === 0 ? 0 : skipped;
    skipped = at + 1;
  }
  // No line has the form: the reader reports it.
  return declared;
}
