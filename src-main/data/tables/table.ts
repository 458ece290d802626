/**
 * A source as columns, one typed array each; never row objects, so that a large file
 * costs eight bytes a number and four bytes a category.
 */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  /** NaN where missing. */
  readonly values: Float64Array;
}

export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  /** Index into `categories`; -1 where missing. */
  readonly codes: Int32Array;
  /** In order of first appearance. */
  readonly categories: readonly string[];
}

export interface ImageColumn {
  readonly kind: 'image';
  readonly name: string;
  /** height, width, channels. */
  readonly shape: readonly [number, number, number];
  /** Row-major pixels of all rows. */
  readonly pixels: Uint8Array | Float32Array;
}

export type TableColumn = NumericColumn | CategoricalColumn | ImageColumn;

export interface Table {
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  /** Where a row stands in its file, for messages: "line 17 of housing.csv". */
  locate(row: number): string;
}

/** What a document's source holds: one table, and another where it has test files of its own. */
export interface SourceTables {
  readonly main: Table;
  readonly test: Table | null;
  /** Names of all columns of the source, those that were not read included. */
  readonly columns: readonly string[];
  readonly warnings: readonly string[];
}

/** @returns True where the row has no value in this column. */
export function isMissing(column: TableColumn, row: number): boolean {
  if (column.kind === 'numeric') return Number.isNaN(column.values[row]);
  return column.kind === 'categorical' && column.codes[row]! < 0;
}
