import type { ColumnProfile } from '../../../src-shared/contract/data-results.ts';
import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import type { Column, RowFilter } from '../../../src-shared/data/dataset-document.ts';
import type { FittedColumn, TargetSpec } from '../../../src-shared/data/prepared.ts';
import type { DataArray } from '../../engines/interface/engine.ts';
import type { CellFormat } from '../tables/cell-format.ts';
import type { TableColumn, TableRows } from '../tables/table.ts';

type Kind = TableColumn['kind'];
/** A cell as JSON: null if missing, a flat list of pixels for an image. */
export type Cell = string | number | null | number[];

/** A cell of a row for prediction. */
export type GivenCell = InputRow[string] | undefined;

/** A column as an entry of the cache: JSON and typed arrays. */
export interface StoredColumn {
  readonly header: unknown;
  readonly parts: Readonly<Record<string, ArrayBufferView>>;
}

/** Collects the fields of a column of a text file. */
export interface ColumnBuilder {
  add(text: string, line: number): void;
  /** Adds the field in these bytes. */
  addBytes(bytes: Buffer, start: number, end: number, line: number): void;
  finish(): TableColumn;
}

export interface TextColumn {
  readonly path: string;
  readonly name: string;
  /** Text in a numeric column: an error, or a missing value (for profiles). */
  readonly badNumber: 'throw' | 'missing';
  /** The document's unit of the column: numbers may have it before or after them. */
  readonly unit?: string | undefined;
  /** How numbers and missing values are written; absent: in the usual way. */
  readonly cells?: CellFormat | undefined;
}

/** Statistics of a column's values in a profile. */
export type Described = Omit<ColumnProfile, 'column' | 'rows'>;

/** Lets other tasks run; throws if they have aborted this one. */
export type Pause = () => Promise<void>;

type Condition = Extract<RowFilter, { kind: 'condition' }>;
/** A condition that compares. `holds`: for the order of a row's value and `value`, as `Array.sort` compares them. */
export type Comparison = { readonly holds: (order: number) => boolean; readonly value: Condition['value'] };

/** Encoded columns of some rows in one tensor, float32 [rows, width]; a column writes at `offset` of each row. */
export interface EncodedTable {
  readonly data: Float32Array;
  readonly offset: number;
  readonly width: number;
}

/** Encodes items, such as pictures, that rows and columns may share. */
export interface ItemCodec<Data extends TableColumn = TableColumn, Fitted extends FittedColumn = FittedColumn> {
  count(data: Data): number;
  /** Index of the row's item. The row must have one. */
  at(data: Data, row: number): number;
  /** Whether two columns have the same items in memory and encode them equally. */
  equal(a: readonly [Fitted, Data], b: readonly [Fitted, Data]): boolean;
  /** @param items Indices in output order; null: all items; then bytes are not copied. @returns One row per item. */
  encode(fitted: Fitted, data: Data, items: Int32Array | null): DataArray;
}

/**
 * Reads, describes, fits, encodes and decodes the columns of one type. `src-shared/data/columns` has what the compiler
 * and the window need of the type. Each method receives columns and fitted columns of this type.
 */
export interface ColumnCodec<Data extends TableColumn = TableColumn, Fitted extends FittedColumn = FittedColumn> {
  readonly kind: Data['kind'];
  /** Absent: no text is a value of this type. */
  build?(column: TextColumn): ColumnBuilder;
  isMissing(data: Data, row: number): boolean;
  cellAt(data: Data, row: number): Cell;
  store(data: Data): StoredColumn;
  /** @returns Null if a part is missing. */
  restore(header: unknown, parts: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Data | null;
  /** @returns The column as another type; null: its values do not fit. */
  convert(data: Data, kind: Kind): TableColumn | null;

  describe(data: Data, pause: Pause): Promise<Described>;
  /** Whether values are consecutive whole numbers, such as row numbers. */
  isConsecutive(data: Data): boolean;
  /** Group of each row for a stratified split, from 0. */
  strata(data: Data, rows: Int32Array): Uint32Array;
  /** @returns Tells for a row whether its value is one of the texts; null: values of this type are not texts. */
  isOneOf(data: Data, values: ReadonlySet<string>): ((row: number) => boolean) | null;
  /** @returns Tells for a row whether its value fulfils the comparison (false if missing); or the fault: "expected …; received …". */
  fulfils(data: Data, comparison: Comparison): ((row: number) => boolean) | string;

  /** The values of these rows, in their order. */
  atRows(data: Data, rows: Int32Array): Data;
  /**
   * A value for each of `count` examples, of parts that each come from a row of their own: the pixels of an image, else
   * one. No row may be missing an item. @param rowOf Row of the part of this index.
   */
  mixed(data: Data, count: number, rowOf: (example: number, part: number) => number): Data;
  /**
   * The pictures of these rows, each turned counter-clockwise by a number of quarter turns. Absent: not pictures.
   * @throws AppError `dataset/not-square`.
   */
  turned?(data: Data, rows: Int32Array, quarterTurns: Int32Array): Data;

  /** Fits a feature on training rows. @throws AppError `dataset/empty-column`, `dataset/extreme-value`. */
  fit(column: Column, data: Data, training: TableRows): Fitted;
  /** Absent: not a target. @throws AppError `dataset/one-class`, `dataset/extreme-value`. */
  fitTarget?(column: Column, data: Data, training: TableRows): TargetSpec;
  /** The column with the settings for reading that it had when it was fitted. */
  asFitted(column: Column, fitted: Fitted): Column;
  /** How two fitted columns encode differently; null: equally. */
  difference(before: Fitted, after: Fitted): string | null;
  /** @throws AppError if the data cannot be encoded as the fitted column says. */
  requireFit(fitted: Fitted, data: TableColumn): void;
  /** Whether encoded training rows with this deviation are equal up to rounding. */
  isConstant(fitted: Fitted, deviation: number): boolean;

  /** Writes rows into a table tensor; absent: see `items`. @returns Number of values that no training row has. */
  encode?(fitted: Fitted, data: Data, rows: TableRows, to: EncodedTable): number;
  /** Each column of this type has its own tensor; absent: columns share a table tensor. */
  readonly items?: ItemCodec<Data, Fitted>;
  /** Encodes one cell. @param place For messages. @returns A warning, or null. @throws AppError `dataset/bad-value`, `dataset/missing-value`. */
  encodeCell(fitted: Fitted, cell: GivenCell, place: string, part: Float32Array): string | null;
  /** A reproduced value in original units; the category with the largest encoded value. */
  decode(fitted: Fitted, encoded: readonly number[]): string | number | number[];
}
