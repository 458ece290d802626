import type { FeatureSpec, FittedColumn } from './prepared.ts';

// Position of each column in the input vector. Columns are in the order of the spec.

/** Number of values of a column in the input vector. */
export function columnWidth(column: FittedColumn): number {
  if (column.type === 'image') return column.shape[0] * column.shape[1] * column.shape[2];
  return column.type === 'numeric' ? 1 : column.categories.length;
}

/** The range of a column in the input vector; images are stored row by row. */
export interface ColumnSpan {
  readonly name: string;
  readonly start: number;
  readonly width: number;
}

export function columnSpans(columns: FeatureSpec['columns']): ColumnSpan[] {
  let start = 0;
  return columns.map((column) => {
    const width = columnWidth(column);
    start += width;
    return { name: column.name, start: start - width, width };
  });
}

/** Indices in the input vector of the values of the named columns, in the order of the names. */
export function columnPlaces(columns: FeatureSpec['columns'], names: readonly string[]): number[] {
  const spans = new Map(columnSpans(columns).map((span) => [span.name, span]));
  return names.flatMap((name) => {
    const { start, width } = spans.get(name)!;
    return Array.from({ length: width }, (_, offset) => start + offset);
  });
}

/** The spec with only the named columns, in its own order. */
export function specOfColumns(spec: FeatureSpec, names: ReadonlySet<string>): FeatureSpec {
  const columns = spec.columns.filter(({ name }) => names.has(name));
  if (columns.length === spec.columns.length) return spec;
  const places = columnPlaces(
    spec.columns,
    columns.map(({ name }) => name),
  );
  const { statistics, ...rest } = spec;
  const at = (values: readonly number[]): number[] => places.map((place) => values[place]!);
  return {
    ...rest,
    columns,
    inputShape: [places.length],
    ...(statistics === undefined
      ? {}
      : { statistics: { mean: at(statistics.mean), variance: at(statistics.variance) } }),
  };
}
