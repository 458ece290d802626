import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import { checkHeader, readCsvRecords, type CsvRecordsOptions } from './csv-records.ts';
import { parseShortNumber, readPlainCsv } from './plain-csv.ts';
import { fileError, statSource } from '../tables/source-files.ts';
import type { SourceContents, TableColumn } from '../tables/table.ts';
import { isMissingText, parseNumber } from '../tables/values.ts';

export interface CsvTableOptions extends Pick<CsvRecordsOptions, 'delimiter' | 'onProgress' | 'signal'> {
  /** Columns to store, in this order. */
  readonly columns: readonly Pick<Column, 'name' | 'type'>[];
  /** Text in a numeric column is an error, or a missing value (for profiles). */
  readonly badNumber: 'throw' | 'missing';
  /** Whether to try the quick reader of files without quotes; absent: for large files. */
  readonly plain?: boolean | undefined;
}

interface ColumnBuilder {
  add(text: string, line: number): void;
  /** Adds the field in these bytes. */
  addBytes(bytes: Buffer, start: number, end: number, line: number): void;
  finish(): TableColumn;
}

/** Bytes from which the quick reader is tried. Below, the other one is as quick. */
const PLAIN_BYTES = 2 ** 20;

/**
 * Reads columns of a CSV file into typed arrays.
 *
 * @throws AppError of `readCsvRecords`, `dataset/missing-column`, `dataset/not-a-number`, `dataset/no-rows`.
 */
export async function readCsvTable(path: string, options: CsvTableOptions): Promise<SourceContents> {
  if (options.plain ?? (await statSource(path)).size >= PLAIN_BYTES) {
    const contents = await readPlainTable(path, options);
    if (contents !== null) return contents;
  }
  const table = new TableBuilder(path, options);
  await readCsvRecords(path, {
    ...options,
    onHeader: (names) => table.setHeader(names),
    onRecord: (fields, line) => table.addRecord(fields, line),
  });
  return table.finish();
}

/** @returns Null if the file is not plain, or has something to report: `readCsvRecords` then reads it from the start. */
async function readPlainTable(path: string, options: CsvTableOptions): Promise<SourceContents | null> {
  const table = new TableBuilder(path, options);
  try {
    const plain = await readPlainCsv(path, {
      ...options,
      onHeader: (names) => {
        const header = checkHeader(names, path, options.delimiter ?? ',');
        table.setHeader(header);
        return header.map((_, field) => table.reads(field));
      },
      onField: (field, bytes, start, end, line) => table.addField(field, bytes, start, end, line),
      onRecord: (line) => table.lines.push(line),
    });
    return plain ? table.finish() : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw fileError(error, path);
  }
}

class TableBuilder {
  readonly lines = new GrowingArray(Int32Array);
  readonly #path: string;
  readonly #options: CsvTableOptions;
  readonly #builders: readonly ColumnBuilder[];
  #header: readonly string[] = [];
  #fieldOf: readonly number[] = [];
  /** Builders of each field: the document may have a column twice. */
  #buildersOf: readonly (readonly ColumnBuilder[])[] = [];

  constructor(path: string, options: CsvTableOptions) {
    this.#path = path;
    this.#options = options;
    this.#builders = options.columns.map((column) => createBuilder(path, column, options.badNumber));
  }

  setHeader(names: readonly string[]): void {
    this.#header = names;
    this.#fieldOf = this.#options.columns.map((column) => findField(this.#path, names, column.name));
    this.#buildersOf = names.map((_, field) => this.#builders.filter((_each, i) => this.#fieldOf[i] === field));
  }

  reads(field: number): boolean {
    return this.#buildersOf[field]!.length > 0;
  }

  addField(field: number, bytes: Buffer, start: number, end: number, line: number): void {
    for (const builder of this.#buildersOf[field]!) builder.addBytes(bytes, start, end, line);
  }

  addRecord(fields: readonly string[], line: number): void {
    this.lines.push(line);
    for (let i = 0; i < this.#builders.length; i++) this.#builders[i]!.add(fields[this.#fieldOf[i]!]!, line);
  }

  /** @throws AppError `dataset/no-rows`. */
  finish(): SourceContents {
    const path = this.#path;
    if (this.lines.length === 0) {
      throw new AppError(
        'dataset/no-rows',
        `${path}: expected rows after the header line; received none. Choose another file.`,
        { path },
      );
    }
    const rowLines = this.lines.finish();
    const consecutive = rowLines.every((line, row) => line === row + 2);
    return {
      rows: rowLines.length,
      header: this.#header,
      given: null,
      places: { kind: 'lines', file: basename(path), lines: consecutive ? null : rowLines },
      columns: this.#builders.map((builder) => builder.finish()),
    };
  }
}

function findField(path: string, names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new AppError(
    'dataset/missing-column',
    `${path}: expected a column '${name}' as in the dataset document; the file has ${names.join(', ')}. Choose a file with this column, or ignore the column.`,
    { path, column: name, received: names },
  );
}

function createBuilder(
  path: string,
  column: Pick<Column, 'name' | 'type'>,
  badNumber: CsvTableOptions['badNumber'],
): ColumnBuilder {
  if (column.type === 'image') {
    throw new AppError(
      'dataset/bad-column-type',
      `${path}: column '${column.name}' is declared an image; a CSV column is numeric or categorical. Choose one of these types.`,
      { path, column: column.name },
    );
  }
  return column.type === 'numeric' ? numericBuilder(path, column.name, badNumber) : categoricalBuilder(column.name);
}

function numericBuilder(path: string, name: string, badNumber: CsvTableOptions['badNumber']): ColumnBuilder {
  const values = new GrowingArray(Float64Array);
  let bad = 0;
  let firstBad = '';
  const add = (text: string, line: number): void => {
    let value = text === '' ? Number.NaN : parseNumber(text.trim());
    if (value !== value && !isMissingText(text.trim())) {
      if (badNumber === 'throw') throw notANumber(path, name, text, line);
      if (bad++ === 0) firstBad = `'${text}' in line ${line}`;
      value = Number.NaN;
    }
    values.push(value);
  };
  return {
    add,
    addBytes(bytes, start, end, line) {
      const value = start === end ? Number.NaN : parseShortNumber(bytes, start, end);
      if (value === undefined) add(bytes.toString('utf8', start, end), line);
      else values.push(value);
    },
    finish: () => ({ kind: 'numeric', name, values: values.finish(), ...(bad === 0 ? {} : { warning: warning() }) }),
  };
  function warning(): string {
    return `${name}: ${bad} ${bad === 1 ? 'value is' : 'values are'} not a number (first ${firstBad}). Make the column categorical, or correct the file.`;
  }
}

function categoricalBuilder(name: string): ColumnBuilder {
  const codes = new GrowingArray(Int32Array);
  const categories: string[] = [];
  const codeOf = new Map<string, number>();
  const add = (raw: string): number => {
    const text = raw.trim();
    let code = isMissingText(text) ? -1 : codeOf.get(text);
    if (code === undefined) {
      code = categories.length;
      codeOf.set(text, code);
      categories.push(text);
    }
    codes.push(code);
    return code;
  };
  const recent = new RecentTexts();
  return {
    add: (raw) => void add(raw),
    addBytes(bytes, start, end) {
      const slot = recent.slotOf(bytes, start, end);
      const code = recent.codeIn(slot, bytes, start, end);
      if (code !== undefined) codes.push(code);
      else recent.keep(slot, bytes, start, end, add(bytes.toString('utf8', start, end)));
    },
    finish: () => ({ kind: 'categorical', name, codes: codes.finish(), categories }),
  };
}

function notANumber(path: string, column: string, text: string, line: number): AppError {
  return new AppError(
    'dataset/not-a-number',
    `${path}, line ${line}: expected a number in column '${column}'; received '${text}'. Correct the value, or make the column categorical.`,
    { path, line, column, received: text },
  );
}

/** Codes of texts that were seen last, by their bytes: most texts repeat, and making a string of each is slow. */
class RecentTexts {
  static readonly #slots = 2048;
  static readonly #longest = 32;
  readonly #bytes = new Uint8Array(RecentTexts.#slots * RecentTexts.#longest);
  /** -1: the slot is empty. */
  readonly #lengths = new Int8Array(RecentTexts.#slots).fill(-1);
  readonly #codes = new Int32Array(RecentTexts.#slots);

  slotOf(bytes: Buffer, start: number, end: number): number {
    let hash = 0;
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at]!;
    return (hash ^ (hash >>> 11)) & (RecentTexts.#slots - 1);
  }

  codeIn(slot: number, bytes: Buffer, start: number, end: number): number | undefined {
    if (this.#lengths[slot] !== end - start) return undefined;
    const first = slot * RecentTexts.#longest;
    for (let at = start; at < end; at++) if (this.#bytes[first + at - start] !== bytes[at]) return undefined;
    return this.#codes[slot];
  }

  keep(slot: number, bytes: Buffer, start: number, end: number, code: number): void {
    if (end - start > RecentTexts.#longest) return;
    this.#bytes.set(bytes.subarray(start, end), slot * RecentTexts.#longest);
    this.#lengths[slot] = end - start;
    this.#codes[slot] = code;
  }
}

/** Numbers in blocks of one size, so that growing copies nothing. */
class GrowingArray<A extends Float64Array | Int32Array> {
  static readonly #block = 2 ** 16;
  readonly #create: new (length: number) => A;
  readonly #full: A[] = [];
  #last: A;
  /** Values in the last block. */
  #used = 0;

  constructor(create: new (length: number) => A) {
    this.#create = create;
    this.#last = new create(GrowingArray.#block);
  }

  get length(): number {
    return this.#full.length * GrowingArray.#block + this.#used;
  }

  push(value: number): void {
    if (this.#used === GrowingArray.#block) {
      this.#full.push(this.#last);
      this.#last = new this.#create(GrowingArray.#block);
      this.#used = 0;
    }
    this.#last[this.#used++] = value;
  }

  /** @returns An array of exactly the pushed values; nothing can be pushed afterwards. */
  finish(): A {
    const all = new this.#create(this.length);
    this.#full.forEach((block, index) => all.set(block, index * GrowingArray.#block));
    all.set(this.#last.subarray(0, this.#used), this.#full.length * GrowingArray.#block);
    this.#full.length = 0;
    return all;
  }
}
