import type { DatasetDocument, RowFilter } from '../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { rowHash } from '../tables/random.ts';
import { codecOf } from '../columns/registry.ts';
import type { Table, TableColumn } from '../tables/table.ts';

type Condition = Extract<RowFilter, { kind: 'condition' }>;
type Values = Extract<RowFilter, { kind: 'values' }>;

/** Names of the columns that a document's filter looks at. */
export function filteredColumns({ filter = [] }: DatasetDocument): ReadonlySet<string> {
  return new Set(filter.flatMap((step) => ('column' in step ? step.column : [])));
}

/**
 * Rows that all steps of the filter keep.
 *
 * @param table Has the columns that the filter names.
 * @returns Ascending.
 * @throws AppError `dataset/bad-filter` for a value that does not fit its column, `dataset/empty-filter` for a step that
 *   keeps no row; both name the step.
 */
export function filterRows(table: Table, filter: readonly RowFilter[]): Int32Array {
  let rows = Int32Array.from({ length: table.rows }, (_, row) => row);
  filter.forEach((step, index) => {
    const kept = applyStep(table, step, rows, index + 1);
    if (kept.length === 0) {
      throw new AppError(
        'dataset/empty-filter',
        `Row filter, step ${index + 1}: expected at least one row to be left; it keeps none of ${rows.length.toLocaleString('en')}. Change or remove this step.`,
        { step: index + 1 },
      );
    }
    rows = kept;
  });
  return rows;
}

function applyStep(table: Table, step: RowFilter, rows: Int32Array, number: number): Int32Array<ArrayBuffer> {
  switch (step.kind) {
    case 'first':
      return rows.slice(0, step.rows);
    case 'last':
      return rows.slice(-step.rows);
    case 'sample':
      return sampled(rows, step.rows, step.seed);
    case 'values':
      return filterValues(table, step, rows, number);
    case 'condition':
      return filterCondition(table, step, rows, number);
  }
}

/** The rows with the smallest hashes, so that a larger sample contains a smaller one of the same seed. */
function sampled(rows: Int32Array, count: number, seed: number): Int32Array<ArrayBuffer> {
  if (count >= rows.length) return rows.slice();
  const hashes = Float64Array.from(rows, (row) => rowHash(row, seed, 'filter'));
  const order = Uint32Array.from(rows, (_, index) => index).sort((a, b) => hashes[a]! - hashes[b]! || a - b);
  return Int32Array.from(order.subarray(0, count), (index) => rows[index]!).sort();
}

function filterValues(table: Table, step: Values, rows: Int32Array, number: number): Int32Array<ArrayBuffer> {
  const column = columnFor(table, step.column, number);
  const isOneOf = codecOf(column).isOneOf(column, new Set(step.values));
  if (isOneOf === null) {
    const words = `expected a categorical column; '${step.column}' is of the type ${column.kind}`;
    throw badFilter(number, words, 'Use a condition, or make the column categorical.');
  }
  const wanted = step.keep === 'only';
  return rows.filter((row) => isOneOf(row) === wanted);
}

const comparisons = {
  '=': (order: number) => order === 0,
  '!=': (order: number) => order !== 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const;

function filterCondition(table: Table, step: Condition, rows: Int32Array, number: number): Int32Array<ArrayBuffer> {
  const column = columnFor(table, step.column, number);
  const codec = codecOf(column);
  const { is, value } = step;
  if (is === 'missing') return rows.filter((row) => codec.isMissing(column, row));
  if (is === 'present') return rows.filter((row) => !codec.isMissing(column, row));
  const fulfils = codec.fulfils(column, { holds: comparisons[is], value });
  if (typeof fulfils === 'string') throw badFilter(number, fulfils);
  return rows.filter(fulfils);
}

function columnFor(table: Table, name: string, number: number): TableColumn {
  const found = table.columns.find((column) => column.name === name);
  if (found === undefined) throw unknownColumn(table.columns, name, number);
  return found;
}

/** @throws AppError `dataset/bad-filter` for a column that the document does not have. */
export function checkFilterColumns({ filter = [], columns }: DatasetDocument): void {
  filter.forEach((step, index) => {
    if (!('column' in step) || columns.some(({ name }) => name === step.column)) return;
    throw unknownColumn(columns, step.column, index + 1);
  });
}

function unknownColumn(columns: readonly { readonly name: string }[], received: string, number: number): AppError {
  const known = columns.map(({ name }) => name).join(', ');
  const words = `expected a column of the data (${known}); received '${received}'`;
  return badFilter(number, words, 'Choose another column, or remove this step.');
}

function badFilter(number: number, words: string, remedy = 'Correct the value.'): AppError {
  return new AppError('dataset/bad-filter', `Row filter, step ${number}: ${words}. ${remedy}`, { step: number });
}
