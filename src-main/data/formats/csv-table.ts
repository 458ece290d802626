import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import { readCsvRecords, type CsvRecordsOptions } from './csv-records.ts';
import type { SourceContents, TableColumn } from '../tables/table.ts';
import { isMissingText, parseNumber } from '../tables/values.ts';

export interface CsvTableOptions extends Pick<CsvRecordsOptions, 'delimiter' | 'onProgress' | 'signal'> {
  /** Columns to store, in this order. */
  readonly columns: readonly Pick<Column, 'name' | 'type'>[];
  /** Text in a numeric column is an error, or a missing value (for profiles). */
  readonly badNumber: 'throw' | 'missing';
}

interface ColumnBuilder {
  add(text: string, line: number): void;
  finish(): TableColumn;
}

/**
 * Reads columns of a CSV file into typed arrays.
 *
 * @throws AppError of `readCsvRecords`, `dataset/missing-column`, `dataset/not-a-number`, `dataset/no-rows`.
 */
export async function readCsvTable(path: string, options: CsvTableOptions): Promise<SourceContents> {
  let header: readonly string[] = [];
  let fieldOf: number[] = [];
  const lines = new GrowingArray(Int32Array);
  const builders = options.columns.map((column) => createBuilder(path, column, options.badNumber));
  await readCsvRecords(path, {
    ...options,
    onHeader: (names) => {
      header = names;
      fieldOf = options.columns.map((column) => findField(path, names, column.name));
    },
    onRecord: (fields, line) => {
      lines.push(line);
      for (let i = 0; i < builders.length; i++) builders[i]!.add(fields[fieldOf[i]!]!, line);
    },
  });
  if (lines.length === 0) {
    throw new AppError(
      'dataset/no-rows',
      `${path}: expected rows after the header line; received none. Choose another file.`,
      { path },
    );
  }
  const rowLines = lines.finish();
  const consecutive = rowLines.every((line, row) => line === row + 2);
  return {
    rows: rowLines.length,
    header,
    given: null,
    places: { kind: 'lines', file: basename(path), lines: consecutive ? null : rowLines },
    columns: builders.map((builder) => builder.finish()),
  };
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
  return {
    add(text, line) {
      let value = text === '' ? Number.NaN : parseNumber(text.trim());
      if (value !== value && !isMissingText(text.trim())) {
        if (badNumber === 'throw') throw notANumber(path, name, text, line);
        if (bad++ === 0) firstBad = `'${text}' in line ${line}`;
        value = Number.NaN;
      }
      values.push(value);
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
  return {
    add(raw) {
      const text = raw.trim();
      let code = isMissingText(text) ? -1 : codeOf.get(text);
      if (code === undefined) {
        code = categories.length;
        codeOf.set(text, code);
        categories.push(text);
      }
      codes.push(code);
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

/** A typed array that doubles its capacity when it is full. */
class GrowingArray<A extends Float64Array | Int32Array> {
  length = 0;
  #array: A;
  readonly #create: new (length: number) => A;

  constructor(create: new (length: number) => A) {
    this.#create = create;
    this.#array = new create(1024);
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = new this.#create(this.length * 2);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  /** @returns A copy with exactly the pushed values. */
  finish(): A {
    return this.#array.slice(0, this.length) as A;
  }
}
