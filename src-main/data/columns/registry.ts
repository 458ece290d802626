import type { TableColumn } from '../tables/table.ts';
import { categorical } from './categorical.ts';
import type { Cell, ColumnCodec } from './column-codec.ts';
import { image } from './image.ts';
import { numeric } from './numeric.ts';

export const codecs: Readonly<Record<TableColumn['kind'], ColumnCodec>> = { numeric, categorical, image };

export const codecOf = ({ kind }: Pick<TableColumn, 'kind'>): ColumnCodec => codecs[kind];

/** Cells of a row by column name. */
export function cellsOf(columns: readonly TableColumn[], row: number): Record<string, Cell> {
  return Object.fromEntries(columns.map((column) => [column.name, codecOf(column).cellAt(column, row)]));
}
