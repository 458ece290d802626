import type { TableColumn } from '../tables/table.ts';
import { categorical } from './categorical.ts';
import type { ColumnCodec } from './column-codec.ts';
import { image } from './image.ts';
import { numeric } from './numeric.ts';

export const codecs: Readonly<Record<TableColumn['kind'], ColumnCodec>> = { numeric, categorical, image };

export const codecOf = ({ kind }: Pick<TableColumn, 'kind'>): ColumnCodec => codecs[kind];
