import type { PictureSettings } from '../../../src-shared/data/dataset-document.ts';

/**
 * A source as columns, each a typed array, so that a large file needs eight bytes per number and four
 * bytes per category.
 */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  /** NaN: missing. */
  readonly values: Float64Array;
  /** Warning for the user about texts that are not numbers and count as missing; absent: there are none. */
  readonly warning?: string;
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
  /** Row-major pixels of one picture after the other. */
  readonly pixels: Uint8Array | Float32Array;
  /** Index of each row's picture; -1: missing. Rows may share a picture. Null: row i has picture i. */
  readonly pictures: Int32Array | null;
  /** How picture files were made into these images; absent: they come from no picture files. */
  readonly settings?: PictureSettings | undefined;
}

export type TableColumn = NumericColumn | CategoricalColumn | ImageColumn;

export interface Table {
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  /** As in `SourceContents`; absent: the source gives no splits. */
  readonly given?: Uint8Array | null;
  /** Position of a row in its file, for messages: "line 17 of housing.csv". */
  locate(row: number): string;
}

/** Some rows of a table. */
export interface TableRows {
  readonly table: Table;
  readonly rows: Int32Array;
}

export function columnOf(table: Table, name: string): TableColumn {
  return table.columns.find((column) => column.name === name)!;
}

/** Where the rows of a source are in its files. */
export type RowPlaces =
  /** `lines`: 1-based line of each row; null: row i is in line i + 2. */
  | { readonly kind: 'lines'; readonly file: string; readonly lines: Int32Array | null }
  /** Numbered from 0 in each part: "image 12 of train-images-idx3-ubyte". */
  | {
      readonly kind: 'numbered';
      readonly parts: readonly { readonly item: string; readonly file: string | null; readonly rows: number }[];
    }
  /** One file per row. */
  | { readonly kind: 'files'; readonly names: readonly string[] };

/** A file of a source that cannot be used. */
export interface UnreadableFile {
  readonly name: string;
  readonly reason: string;
}

/** What a format reads. */
export interface SourceContents {
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  readonly places: RowPlaces;
  /** For each row the index in `splitNames` of the split that the source puts it in; null: the source gives no splits. */
  readonly given: Uint8Array | null;
  /** Names of all columns of the source, also of those that were not read. */
  readonly header: readonly string[];
  /** Files that cannot be read: they have no row, or the rows that name them have no picture. */
  readonly unreadable?: readonly UnreadableFile[];
}

/** The table of a document's source. */
export interface SourceTable extends Table, Omit<SourceContents, 'columns'> {
  readonly given: Uint8Array | null;
  readonly warnings: readonly string[];
}

export function placeOf(places: RowPlaces, row: number): string {
  if (places.kind === 'files') return places.names[row] ?? '';
  if (places.kind === 'lines') return `line ${places.lines === null ? row + 2 : places.lines[row]} of ${places.file}`;
  let first = 0;
  for (const { item, file, rows } of places.parts) {
    if (row < first + rows) return `${item} ${row - first}${file === null ? '' : ` of ${file}`}`;
    first += rows;
  }
  return `row ${row}`;
}

/** Warning about texts of a column that count as missing; null: there are none. */
export function warningOf(column: TableColumn): string | null {
  return 'warning' in column ? (column.warning ?? null) : null;
}

/** Index of a row's picture; -1: missing. */
export function pictureAt({ pictures }: Pick<ImageColumn, 'pictures'>, row: number): number {
  return pictures === null ? row : pictures[row]!;
}
