import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { Column } from '../../../../src-shared/data/dataset-document.ts';
import type { CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import { cellFormatOf, type CellFormat } from '../../tables/cell-format.ts';
import { findLayout } from './csv-layout.ts';
import { readCsvRecords, type CsvRecordsOptions } from './csv-records.ts';
import { readPlainCsv } from './plain-csv.ts';
import type { ColumnBuilder, TextColumn } from '../../columns/column-codec.ts';
import { codecs } from '../../columns/registry.ts';
import { GrowingArray } from '../../tables/growing-array.ts';
import { fileError, statSource } from '../../tables/source-files.ts';
import type { SourceContents, TableColumn } from '../../tables/table.ts';

export interface CsvTableOptions
  extends Pick<CsvRecordsOptions, 'dialect' | 'onProgress' | 'signal'>, Pick<TextColumn, 'badNumber'> {
  /** Columns to store, in this order. */
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'unit'>[];
  /** Whether to try the quick reader of files without quotes; absent: for large files. */
  readonly plain?: boolean | undefined;
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
  if (!isPlainDialect(options.dialect ?? {})) return null;
  const table = new TableBuilder(path, options);
  try {
    const { names, delimiter, headerRecords } = await findLayout(path, options.dialect ?? {});
    table.setHeader(names);
    const plain = await readPlainCsv(path, {
      ...options,
      delimiter,
      headerLines: headerRecords,
      fields: names.map((_, field) => table.reads(field)),
      onField: (field, bytes, start, end, line) => table.addField(field, bytes, start, end, line),
      onRecord: (line) => table.lines.push(line),
    });
    return plain ? await table.finish() : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw fileError(error, path);
  }
}

/** What the quick reader can read: lines of UTF-8 without quotes from the first one on. */
function isPlainDialect({ delimiter, quote = '"', encoding, skippedLines = 0, comment = '' }: CsvDialect): boolean {
  const isUtf8 = encoding === undefined || encoding === 'utf-8';
  return delimiter !== ' ' && quote !== "'" && isUtf8 && skippedLines === 0 && comment === '';
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
  readonly #headerLines: number;

  constructor(path: string, options: CsvTableOptions) {
    this.#path = path;
    this.#options = options;
    const cells = cellFormatOf(options.dialect ?? {});
    this.#headerLines = (options.dialect?.headerLines ?? 1) + (options.dialect?.skippedLines ?? 0);
    this.#builders = options.columns.map((column) => createBuilder(path, column, options.badNumber, cells));
  }

  setHeader(names: readonly string[]): void {
    this.#header = names;
    const fields = new Map(names.map((name, field) => [name, field]));
    this.#fieldOf = this.#options.columns.map(({ name }) => fields.get(name) ?? missingField(this.#path, names, name));
    const buildersOf: ColumnBuilder[][] = names.map(() => []);
    this.#fieldOf.forEach((field, i) => buildersOf[field]!.push(this.#builders[i]!));
    this.#buildersOf = buildersOf;
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

  /** Lets other tasks run between two columns. @throws AppError `dataset/no-rows`; the signal's reason if aborted. */
  async finish(): Promise<SourceContents> {
    const path = this.#path;
    if (this.lines.length === 0) {
      throw new AppError(
        'dataset/no-rows',
        `${path}: expected rows after the header line; received none. Choose another file.`,
        { path },
      );
    }
    const rowLines = this.lines.finish();
    await this.#pause();
    let consecutive: boolean;
    // Lines of other tables are stored; `placeOf` counts from the second line.
    consecutive = this.#headerLines === 1;
    for (let row = 0; consecutive && row < rowLines.length; row++) consecutive = rowLines[row] === row + 2;
    const columns: TableColumn[] = [];
    for (const builder of this.#builders) {
      await this.#pause();
      columns.push(builder.finish());
    }
    return {
      rows: rowLines.length,
      header: this.#header,
      given: null,
      places: { kind: 'lines', file: basename(path), lines: consecutive ? null : rowLines },
      columns,
    };
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#options.signal?.throwIfAborted();
  }
}

function missingField(path: string, names: readonly string[], name: string): never {
  throw new AppError(
    'dataset/missing-column',
    `${path}: expected a column '${name}' as in the dataset document; the file has ${shortened(names)}. Choose a file with this column, or ignore the column.`,
    { path, column: name, received: names },
  );
}

function createBuilder(
  path: string,
  { name, type, unit }: Pick<Column, 'name' | 'type' | 'unit'>,
  badNumber: CsvTableOptions['badNumber'],
  cells: CellFormat,
): ColumnBuilder {
  const builder = codecs[type].build?.({ path, name, unit, badNumber, cells });
  if (builder !== undefined) return builder;
  throw new Error(`Expected a type that is read from text for the column '${name}'; received ${type}.`);
}

/** Names that a message lists. */
const NAMED = 30;

const shortened = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
