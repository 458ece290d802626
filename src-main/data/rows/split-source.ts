import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { DatasetDocument, SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { PrepareOptions } from './dataset.ts';
import { readSource } from './read-source.ts';
import { findRoles, type Roles } from './roles.ts';
import { splitRows } from './split-rows.ts';
import { checkChosen } from '../formats/find-source.ts';
import { isMissing, type Table, type TableColumn } from '../tables/table.ts';

/** Some rows of a table. */
export interface TableRows {
  readonly table: Table;
  readonly rows: Int32Array;
}

/** A source after reading and splitting, before fitting. */
export interface SplitSource {
  readonly roles: Roles;
  readonly splits: Readonly<Record<SplitName, TableRows>>;
  /** Names of all columns of the source. */
  readonly columns: readonly string[];
  /** Number of rows dropped because of a missing value. */
  readonly dropped: number;
  readonly warnings: readonly string[];
}

/**
 * Reads a document's source, drops incomplete rows as configured, and splits the others. If the source
 * has separate test files, these are the test split, and `split.test` is not used.
 */
export async function splitSource(
  document: DatasetDocument,
  projectFolder: string,
  options: PrepareOptions,
): Promise<SplitSource> {
  checkChosen(document);
  const roles = findRoles(document);
  const tables = await readSource(document, projectFolder, {
    keep: (column) => column.role !== 'ignored',
    badNumber: 'throw',
    onProgress: (fraction) => options.onProgress?.(fraction, 'Reading data'),
    signal: options.signal,
  });
  const { main, test } = tables;
  const kept = completeRows(main, roles);
  const stratified = roles.targets.find(({ type }) => type === 'categorical') ?? roles.targets[0]!;
  const fractions = test === null ? document.split : { ...document.split, test: 0 };
  const rows = splitRows(kept, fractions, document.split.stratify ? columnOf(main, stratified.name) : null);
  const testRows = test === null ? { table: main, rows: rows.test } : { table: test, rows: completeRows(test, roles) };
  const allRows = main.rows + (test === null ? 0 : test.rows);
  const usable = kept.length + (test === null ? 0 : testRows.rows.length);
  return {
    roles,
    splits: {
      train: { table: main, rows: rows.train },
      validation: { table: main, rows: rows.validation },
      test: testRows,
    },
    columns: tables.columns,
    dropped: allRows - usable,
    warnings: [
      ...tables.warnings,
      ...leftOver(kept.length, rows.train.length + rows.validation.length + rows.test.length),
    ],
  };
}

export function columnOf(table: Table, name: string): TableColumn {
  return table.columns.find((column) => column.name === name)!;
}

/** Rows with values in all targets, the weight and the columns with `missing: 'drop-row'`. */
function completeRows(table: Table, roles: Roles): Int32Array {
  const required = [
    ...roles.targets.map((column) => columnOf(table, column.name)),
    ...(roles.weight === null ? [] : [columnOf(table, roles.weight.name)]),
    ...roles.features.filter((column) => column.missing === 'drop-row').map((column) => columnOf(table, column.name)),
  ];
  const rows = new Int32Array(table.rows);
  let count = 0;
  for (let row = 0; row < table.rows; row++) {
    if (!required.some((column) => isMissing(column, row))) rows[count++] = row;
  }
  if (count > 0) return rows.subarray(0, count);
  throw new AppError(
    'dataset/no-rows',
    `Expected rows with a value in ${required.map((column) => `'${column.name}'`).join(', ')}; all ${table.rows} rows have a missing value. Fill missing values instead of dropping rows, or ignore the empty column.`,
    { rows: table.rows },
  );
}

function leftOver(rows: number, used: number): string[] {
  return rows === used
    ? []
    : [
        `${(rows - used).toLocaleString('en')} of ${rows.toLocaleString('en')} rows are in no split: the sum of the fractions is below 1.`,
      ];
}
