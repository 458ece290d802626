/**
 * A source as columns, each a typed array, so that a large file needs eight bytes per number and four
 * bytes per category.
 */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  /** NaN: missing. */
  readonly values: Float64Array;
}

export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  /** Index into `categories`; -1: missing. */
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
  /** Position of a row in its file, for messages: "line 17 of housing.csv". */
  locate(row: number): string;
}

/** The table of a document's source. */
export interface SourceTable extends Table {
  /** For each row the index in `splitNames` of the split that the source puts it in; null: the source gives no splits. */
  readonly given: Uint8Array | null;
  /** Names of all columns of the source, also of those that were not read. */
  readonly header: readonly string[];
  readonly warnings: readonly string[];
}

/** Whether the row has no value in this column. */
export function isMissing(column: TableColumn, row: number): boolean {
  if (column.kind === 'numeric') return Number.isNaN(column.values[row]);
  return column.kind === 'categorical' && column.codes[row]! < 0;
}
