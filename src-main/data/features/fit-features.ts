import { AppError } from '../../../src-shared/errors/app-error.ts';
import { inputShapeOf } from '../../../src-shared/data/feature-tensors.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, FittedColumn, TargetSpec } from '../../../src-shared/data/prepared.ts';
import { extremeValue } from './extreme-value.ts';
import type { Roles } from '../rows/roles.ts';
import { columnOf, type TableRows } from '../rows/split-source.ts';
import { countBytes, summarize, summarizeBytes, type Summary } from './statistics.ts';
import { pictureAt, type CategoricalColumn, type ImageColumn, type NumericColumn } from '../tables/table.ts';
import { sortCategories } from '../tables/values.ts';

/** The category of missing values, for columns with `missing: 'category'`. */
export const MISSING_CATEGORY = '(missing)';

/**
 * Fits scaling, fills, categories and classes on training rows only.
 *
 * @throws AppError `dataset/empty-column` if no training row has a value, `dataset/one-class`,
 *   `dataset/extreme-value` naming a row that makes statistics overflow.
 */
export function fitFeatures(roles: Roles, training: TableRows): FeatureSpec {
  const columns = roles.features.map((column) => fitColumn(column, training));
  const targets = roles.targets.map((column) => fitTarget(column, training));
  const weight = roles.weight === null ? null : fitWeight(roles.weight, training);
  const inputShape = inputShapeOf(columns);
  if (inputShape[0]! > 0) return { columns, inputShape, targets, weight };
  throw new AppError(
    'dataset/no-feature',
    'Expected a feature column with a value or category in the training rows; received none. Mark another column as feature.',
    {},
  );
}

function fitColumn(column: Column, training: TableRows): FittedColumn {
  const data = columnOf(training.table, column.name);
  if (data.kind === 'image') return fitImage(column, data, training.rows);
  if (data.kind === 'categorical') return fitCategorical(column, data, training.rows);
  return fitNumeric(column, data, training);
}

function fitNumeric(column: Column, data: NumericColumn, training: TableRows): FittedColumn {
  const { rows } = training;
  const present = presentValues(data.values, rows);
  if (present.length === 0) throw emptyColumn(column.name);
  const summary = summarize(present);
  checkFinite(summary, data, training);
  const fill = numericFill(column, present, summary);
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
}

/** Requires finite statistics: squares of extreme values overflow. */
function checkFinite(summary: Summary, { name, values }: NumericColumn, { table, rows }: TableRows): void {
  if (Number.isFinite(summary.standardDeviation) && Number.isFinite(summary.max - summary.min)) return;
  const size = (row: number) => Math.abs(values[row]!);
  const extreme = rows.reduce((most, row) => (Number.isNaN(values[most]) || size(row) > size(most) ? row : most));
  throw extremeValue(name, values[extreme]!, table.locate(extreme));
}

function presentValues(values: Float64Array, rows: Int32Array): Float64Array {
  const present = new Float64Array(rows.length);
  let count = 0;
  for (const row of rows) {
    const value = values[row]!;
    if (!Number.isNaN(value)) present[count++] = value;
  }
  return present.subarray(0, count);
}

/** Summary of `count` values: those present, the others replaced by `fill`. */
function withFill(present: Float64Array, fill: number, count: number): Summary {
  const values = new Float64Array(count).fill(fill);
  values.set(present);
  return summarize(values);
}

function numericFill(column: Column, present: Float64Array, summary: Summary): number | null {
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

function fitCategorical(column: Column, data: CategoricalColumn, rows: Int32Array): FittedColumn {
  const counts = new Uint32Array(data.categories.length);
  let missing = 0;
  for (const row of rows) {
    if (data.codes[row]! < 0) missing++;
    else counts[data.codes[row]!]!++;
  }
  const categories = sortCategories(data.categories.filter((_, code) => counts[code]! > 0));
  let fill: string | null = null;
  if (column.missing === 'most-frequent') {
    if (categories.length === 0) throw emptyColumn(column.name);
    const countOf = new Map(data.categories.map((category, code) => [category, counts[code]!]));
    fill = categories.reduce((best, each) => (countOf.get(each)! > countOf.get(best)! ? each : best));
  } else if (column.missing === 'category' && missing > 0) {
    if (!categories.includes(MISSING_CATEGORY)) categories.push(MISSING_CATEGORY);
    fill = MISSING_CATEGORY;
  }
  return { type: 'categorical', name: column.name, categories, fill };
}

function fitImage(column: Column, data: ImageColumn, rows: Int32Array): FittedColumn {
  const summary = column.scaling === 'none' || column.scaling === 'unit' ? null : summarizePixels(data, rows);
  const picture = data.settings === undefined ? {} : { picture: data.settings };
  return { type: 'image', name: column.name, shape: [...data.shape], ...scalingOf(column, summary), ...picture };
}

function summarizePixels(data: ImageColumn, rows: Int32Array): Summary {
  const size = data.shape[0] * data.shape[1] * data.shape[2];
  const { pixels } = data;
  const pictures = rows.map((row) => pictureAt(data, row));
  if (pixels instanceof Uint8Array) return summarizeBytes(countBytes(pixels, pictures, size));
  const values = new Float64Array(rows.length * size);
  pictures.forEach((picture, i) => values.set(pixels.subarray(picture * size, (picture + 1) * size), i * size));
  return summarize(values);
}

/** Offset and scale of value' = (value - offset) / scale. The scale of a constant column is 1. */
function scalingOf(column: Column, summary: Summary | null): { offset: number; scale: number } {
  if (column.scaling === 'unit') return { offset: 0, scale: 255 };
  if (column.scaling === 'none' || summary === null) return { offset: 0, scale: 1 };
  const { min, max, mean, standardDeviation } = summary;
  const isConstant = standardDeviation === 0;
  if (column.scaling === 'standard') return { offset: mean, scale: isConstant ? 1 : standardDeviation };
  return { offset: min, scale: isConstant ? 1 : max - min };
}

function fitTarget(column: Column, training: TableRows): TargetSpec {
  const data = columnOf(training.table, column.name);
  if (data.kind === 'numeric') {
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
  }
  const { codes, categories } = data as CategoricalColumn;
  const rows = new Uint32Array(categories.length);
  for (const row of training.rows) rows[codes[row]!]!++;
  const classes = sortCategories(categories.filter((_, code) => rows[code]! > 0));
  const counts = classes.map((name) => rows[categories.indexOf(name)]!);
  if (classes.length >= 2) return { kind: 'classes', name: column.name, classes, counts };
  throw new AppError(
    'dataset/one-class',
    `Target '${column.name}': expected at least 2 classes in the training rows; received only '${classes[0]}'. Turn on stratified splitting, or choose another target.`,
    { column: column.name, classes },
  );
}

/** @throws AppError `dataset/bad-weight` if all training rows have weight 0. */
function fitWeight(column: Column, { table, rows }: TableRows): { name: string } {
  const { values } = columnOf(table, column.name) as NumericColumn;
  if (rows.some((row) => values[row] !== 0)) return { name: column.name };
  throw new AppError(
    'dataset/bad-weight',
    `Weight '${column.name}': expected a weight above 0 in a training row; received 0 in all ${rows.length} rows. Correct the values, or give the column another role.`,
    { column: column.name },
  );
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

function emptyColumn(name: string): AppError {
  return new AppError(
    'dataset/empty-column',
    `Column '${name}': expected a value in at least one training row; all are missing. Ignore the column.`,
    { column: name },
  );
}
