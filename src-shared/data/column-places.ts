import { columnTypeOf } from './columns/registry.ts';
import type { FittedColumn } from './prepared.ts';

// Position of each column in its tensor (`feature-tensors.ts`). Columns are in the order of the spec.

/** Number of values of a column in an example. */
export function columnWidth(column: FittedColumn): number {
  return columnTypeOf(column)
    .shapeOf(column)
    .reduce((product, size) => product * size, 1);
}

/** The range of a column in an example of its tensor; images are stored row by row. */
export interface ColumnSpan {
  readonly name: string;
  readonly start: number;
  readonly width: number;
}

export function columnSpans(columns: readonly FittedColumn[]): ColumnSpan[] {
  let start = 0;
  return columns.map((column) => {
    const width = columnWidth(column);
    start += width;
    return { name: column.name, start: start - width, width };
  });
}

/** Indices in an example of the values of the named columns, in the order of the names. @param columns Columns of one tensor. */
export function columnPlaces(columns: readonly FittedColumn[], names: readonly string[]): number[] {
  const spans = new Map(columnSpans(columns).map((span) => [span.name, span]));
  return names.flatMap((name) => {
    const { start, width } = spans.get(name)!;
    return Array.from({ length: width }, (_, offset) => start + offset);
  });
}
