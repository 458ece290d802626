import { columnPlaces, columnWidth } from './column-places.ts';
import { columnTypeOf } from './columns/registry.ts';
import type { FeatureSpec, FittedColumn } from './prepared.ts';

/** One tensor of prepared features and the columns in it, in order. */
export interface FeatureTensor {
  /** Name of the program's input: 'x', or 'x.' and the name of an image column. */
  readonly input: string;
  /** Shape of one example, without the batch axis. */
  readonly shape: readonly number[];
  readonly columns: readonly FittedColumn[];
}

type Features = Pick<FeatureSpec, 'inputShape'> & Partial<Pick<FeatureSpec, 'columns'>>;

/**
 * The tensors of a data set: numeric and categorical columns together are one, each image column is one. The first is
 * `x`, with the shape `inputShape`; further image columns are `x.<column>`.
 */
export function featureTensors({ inputShape, columns = [] }: Features): FeatureTensor[] {
  const [first = [], ...images] = columnsByTensor(columns);
  return [
    { input: 'x', shape: inputShape, columns: first },
    ...images.flat().map((column) => ({ input: `x.${column.name}`, shape: exampleShape([column]), columns: [column] })),
  ];
}

function columnsByTensor(columns: readonly FittedColumn[]): FittedColumn[][] {
  const inTable = (column: FittedColumn): boolean => columnTypeOf(column).inTable;
  const table = columns.filter(inTable);
  const others = columns.filter((column) => !inTable(column)).map((column) => [column]);
  return table.length === 0 ? others : [table, ...others];
}

/** Shape of an example of the tensor `x`, from the fitted columns; [0] if they have no values. */
export function inputShapeOf(columns: readonly FittedColumn[]): number[] {
  return exampleShape(columnsByTensor(columns)[0] ?? []);
}

function exampleShape(columns: readonly FittedColumn[]): number[] {
  const [first] = columns;
  if (first !== undefined && !columnTypeOf(first).inTable) return columnTypeOf(first).shapeOf(first);
  return [columns.reduce((width, column) => width + columnWidth(column), 0)];
}

/** Mean and variance of a tensor's encoded training rows; undefined if they are not known. */
export function statisticsOf(
  { statistics, furtherStatistics }: Partial<Pick<FeatureSpec, 'statistics' | 'furtherStatistics'>>,
  input: string,
): FeatureSpec['statistics'] {
  return input === 'x' ? statistics : furtherStatistics?.[input];
}

/** The spec with only the named columns, in its own order. */
export function specOfColumns(spec: FeatureSpec, names: ReadonlySet<string>): FeatureSpec {
  const columns = spec.columns.filter(({ name }) => names.has(name));
  if (columns.length === spec.columns.length) return spec;
  const before = featureTensors(spec);
  const { statistics: _, furtherStatistics: __, ...rest } = spec;
  const chosen = { ...rest, columns, inputShape: inputShapeOf(columns) };
  const statistics = featureTensors(chosen).flatMap(({ input, columns: kept }) => {
    const source = before.find((tensor) => tensor.columns.includes(kept[0]!));
    const all = source === undefined ? undefined : statisticsOf(spec, source.input);
    if (source === undefined || all === undefined) return [];
    if (source.columns.length === kept.length) return [[input, all] as const];
    const places = columnPlaces(
      source.columns,
      kept.map(({ name }) => name),
    );
    const at = (values: readonly number[]): number[] => places.map((place) => values[place]!);
    return [[input, { mean: at(all.mean), variance: at(all.variance) }] as const];
  });
  return { ...chosen, ...withStatistics(statistics) };
}

/** Statistics by input, as the spec has them. */
export function withStatistics(
  byInput: readonly (readonly [input: string, statistics: NonNullable<FeatureSpec['statistics']>])[],
): Pick<FeatureSpec, 'statistics' | 'furtherStatistics'> {
  const { x, ...further } = Object.fromEntries(byInput);
  return {
    ...(x === undefined ? {} : { statistics: x }),
    ...(Object.keys(further).length === 0 ? {} : { furtherStatistics: further }),
  };
}
