import { z } from 'zod';
import type { Column } from './column.ts';
import { categorical } from './categorical.ts';
import type { ColumnType } from './column-type.ts';
import { image } from './image.ts';
import { numeric } from './numeric.ts';

const byType = { numeric, categorical, image } as const satisfies Record<Column['type'], ColumnType>;

export const columnTypes: readonly ColumnType[] = Object.values(byType);

export function columnTypeOf({ type }: Pick<Column, 'type'>): ColumnType {
  return byType[type];
}

/** A feature as fitted on training rows. */
export const fittedColumnSchema = z.discriminatedUnion('type', [numeric.fitted, categorical.fitted, image.fitted]);
