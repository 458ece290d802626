import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { withUsualSettings } from '../../../src-shared/data/column-choices.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import { isConstant, summarize, type Summary } from '../tables/statistics.ts';
import type { NumericColumn, TableRows } from '../tables/table.ts';
import { isMissingCell, parseNumber } from '../tables/values.ts';
import type { ColumnCodec, GivenCell } from './column-codec.ts';
import { badValue, emptyColumn, extremeValue } from './column-errors.ts';
import { describeNumbers, presentNumbers } from './describe-numbers.ts';
import { numericBuilder } from './numeric-builder.ts';
import { scalingDifference, scalingOf } from './scaling.ts';

type Fitted = Extract<FittedColumn, { type: 'numeric' }>;

/** Groups of a stratified split. */
const QUANTILE_GROUPS = 10;

export const numeric: ColumnCodec<NumericColumn, Fitted> = {
  kind: 'numeric',
  build: numericBuilder,
  isMissing: ({ values }, row) => Number.isNaN(values[row]),
  cellAt({ values }, row) {
    const value = values[row]!;
    return Number.isNaN(value) ? null : value;
  },
  store: ({ kind, name, values, warning }) => ({
    header: { kind, name, ...(warning === undefined ? {} : { warning }) },
    parts: { values },
  }),
  restore(header, { values }) {
    if (values === undefined) return null;
    return { ...(header as Omit<NumericColumn, 'values'>), values: new Float64Array(values.buffer) };
  },
  convert: () => null,

  describe: ({ values }, pause) => describeNumbers(values, pause),
  isConsecutive({ values }) {
    let rows = 1;
    while (rows < values.length && values[rows] === values[rows - 1]! + 1) rows++;
    return rows === values.length && Number.isInteger(values[0]);
  },
  /** Deciles. */
  strata({ values }, rows) {
    const sorted = Float64Array.from(rows, (row) => values[row]!).sort();
    const edges = Array.from({ length: QUANTILE_GROUPS - 1 }, (_, i) => {
      return sorted[Math.floor(((i + 1) * sorted.length) / QUANTILE_GROUPS)]!;
    });
    return Uint32Array.from(rows, (row) => edges.filter((edge) => values[row]! >= edge).length);
  },
  isOneOf: () => null,
  fulfils({ name, values }, { holds, value }) {
    const limit = typeof value === 'number' ? value : parseNumber((value ?? '').trim());
    if (Number.isNaN(limit)) return `expected a number to compare '${name}' with; received '${value ?? ''}'`;
    return (row) => !Number.isNaN(values[row]) && holds(values[row]! - limit);
  },
  atRows: ({ kind, name, values }, rows) => ({ kind, name, values: Float64Array.from(rows, (row) => values[row]!) }),
  mixed: ({ kind, name, values }, count, rowOf) => ({
    kind,
    name,
    values: Float64Array.from({ length: count }, (_, example) => values[rowOf(example, 0)]!),
  }),

  fit(column, data, training) {
    const { rows } = training;
    const present = presentNumbers(Float64Array.from(rows, (row) => data.values[row]!));
    if (present.length === 0) throw emptyColumn(column.name);
    const summary = summarize(present);
    checkFinite(summary, data, training);
    const fill = fillOf(column, present, summary);
    const filled = fill === null || present.length === rows.length ? summary : withFill(present, fill, rows.length);
    return {
      type: 'numeric',
      name: column.name,
      ...scalingOf(column, filled),
      fill,
      min: summary.min,
      max: summary.max,
      ...(column.unit === undefined ? {} : { unit: column.unit }),
    };
  },
  fitTarget(column, data, training) {
    const summary = summarize(Float64Array.from(training.rows, (row) => data.values[row]!));
    checkFinite(summary, data, training);
    return {
      kind: 'numeric',
      name: column.name,
      ...scalingOf(column, summary),
      mean: summary.mean,
      standardDeviation: summary.standardDeviation,
      ...(column.unit === undefined ? {} : { unit: column.unit }),
    };
  },
  asFitted(column, { fill }) {
    if (fill === null) return { ...column, missing: 'drop-row' };
    return column.missing === 'drop-row' ? withUsualSettings(column) : column;
  },
  difference: scalingDifference,
  requireFit: () => undefined,
  isConstant: ({ min, max, scale }, deviation) => isConstant(min, max, deviation * scale),

  encode(fitted, { values }, { table, rows }, { data, offset, width }) {
    for (let i = 0; i < rows.length; i++) {
      const value = values[rows[i]!]!;
      const present = Number.isNaN(value) ? fitted.fill! : value;
      const index = i * width + offset;
      data[index] = (present - fitted.offset) / fitted.scale;
      if (!Number.isFinite(data[index])) throw extremeValue(fitted.name, value, table.locate(rows[i]!));
    }
    return 0;
  },
  encodeCell(fitted, cell, place, part) {
    part[0] = (numberOf(fitted, cell, place) - fitted.offset) / fitted.scale;
    if (Number.isFinite(part[0])) return null;
    throw badValue(place, 'a number in the range of 32-bit floats', `'${String(cell)}'`);
  },
  decode: ({ offset, scale }, [encoded]) => encoded! * scale + offset,
};

/** Requires finite statistics: squares of extreme values overflow. */
function checkFinite(summary: Summary, { name, values }: NumericColumn, { table, rows }: TableRows): void {
  if (Number.isFinite(summary.standardDeviation) && Number.isFinite(summary.max - summary.min)) return;
  const size = (row: number) => Math.abs(values[row]!);
  const extreme = rows.reduce((most, row) => (Number.isNaN(values[most]) || size(row) > size(most) ? row : most));
  throw extremeValue(name, values[extreme]!, table.locate(extreme));
}

/** Summary of `count` values: those present, the others replaced by `fill`. */
function withFill(present: Float64Array, fill: number, count: number): Summary {
  const values = new Float64Array(count).fill(fill);
  values.set(present);
  return summarize(values);
}

function fillOf(column: Column, present: Float64Array, summary: Summary): number | null {
  switch (column.missing) {
    case 'mean':
      return summary.mean;
    case 'median':
      return medianOf(present);
    case 'most-frequent':
      return mostFrequent(present);
    case 'zero':
      return 0;
    default:
      return null;
  }
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The most frequent value; the smallest one if there are several. */
function mostFrequent(values: Float64Array): number {
  const sorted = values.slice().sort();
  let best = sorted[0]!;
  let bestCount = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    if (end - start > bestCount) [best, bestCount] = [sorted[start]!, end - start];
    start = end;
  }
  return best;
}

function numberOf(column: Fitted, cell: GivenCell, place: string): number {
  if (isMissingCell(cell)) {
    if (column.fill !== null) return column.fill;
    throw new AppError(
      'dataset/missing-value',
      `${place}: expected a number; received nothing. Training dropped rows without it. Enter a value between ${column.min} and ${column.max}.`,
      { column: column.name },
    );
  }
  const value = typeof cell === 'string' ? parseNumber(cell.trim()) : cell;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badValue(place, 'a number', Array.isArray(cell) ? 'a list' : `'${String(cell)}'`);
}
