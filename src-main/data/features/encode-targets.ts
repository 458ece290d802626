import { AppError } from '../../../src-shared/errors/app-error.ts';
import { splitNames } from '../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, TargetSpec } from '../../../src-shared/data/prepared.ts';
import { targetColumns } from '../../../src-shared/data/target-columns.ts';
import type { DataArray } from '../../engines/interface/engine.ts';
import { extremeValue } from '../columns/column-errors.ts';
import { columnOf, type TableRows } from '../tables/table.ts';
import type { CategoricalColumn, NumericColumn, Table } from '../tables/table.ts';

/**
 * Encodes rows as y with the layout of `target-columns.ts`: class indices, scaled numbers, weights.
 *
 * @returns [n, columns].
 * @throws AppError `dataset/label-out-of-range` naming the row and the class that is not in the training rows,
 *   `dataset/extreme-value` naming the row whose number is too large for float32, `dataset/bad-weight`
 *   naming the row whose weight is below 0.
 */
export function encodeTargets(spec: Pick<FeatureSpec, 'targets' | 'weight'>, rows: TableRows): DataArray {
  const { dtype, count } = targetColumns(spec);
  const shape = [rows.rows.length, count];
  const columns = spec.targets.map((target) =>
    target.kind === 'classes' ? classes(target, rows) : numbers(target, rows),
  );
  if (spec.weight !== null) columns.push(weights(spec.weight.name, rows));
  const [only] = columns;
  const size = rows.rows.length * count;
  if (dtype === 'int32') {
    const data = count === 1 && only instanceof Int32Array ? only : interleaved(columns, new Int32Array(size));
    return { dtype, shape, data };
  }
  const data = count === 1 && only instanceof Float32Array ? only : interleaved(columns, new Float32Array(size));
  return { dtype, shape, data };
}

function interleaved<Data extends Int32Array | Float32Array>(
  columns: readonly (Int32Array | Float32Array)[],
  data: Data,
): Data {
  columns.forEach((column, index) => column.forEach((value, row) => (data[row * columns.length + index] = value)));
  return data;
}

function numbers(target: Extract<TargetSpec, { kind: 'numeric' }>, { table, rows }: TableRows): Float32Array {
  if (target.unread === true) return new Float32Array(rows.length);
  const { values } = columnOf(table, target.name) as NumericColumn;
  const { offset, scale } = target;
  const data = Float32Array.from(rows, (row) => (values[row]! - offset) / scale);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return data;
  throw extremeValue(target.name, values[rows[bad]!]!, table.locate(rows[bad]!));
}

function classes(target: Extract<TargetSpec, { kind: 'classes' }>, { table, rows }: TableRows): Int32Array {
  const { codes, categories } = columnOf(table, target.name) as CategoricalColumn;
  const positions = Int32Array.from(categories, (category) => target.classes.indexOf(category));
  return Int32Array.from(rows, (row) => {
    const position = positions[codes[row]!]!;
    if (position < 0) throw unknownClass(target, categories[codes[row]!]!, table, row);
    return position;
  });
}

function weights(name: string, { table, rows }: TableRows): Float32Array {
  const { values } = columnOf(table, name) as NumericColumn;
  const data = Float32Array.from(rows, (row) => values[row]!);
  const bad = data.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
  if (bad < 0) return data;
  const received = values[rows[bad]!]!;
  const place = table.locate(rows[bad]!);
  if (received >= 0) throw extremeValue(name, received, place);
  throw new AppError(
    'dataset/bad-weight',
    `Weight '${name}', ${place}: expected 0 or more; received ${received}. Correct the value, or give the column another role.`,
    { column: name, received, place },
  );
}

function unknownClass(
  target: Extract<TargetSpec, { kind: 'classes' }>,
  received: string,
  table: Table,
  row: number,
): AppError {
  const place = table.locate(row);
  const split = splitNames[table.given?.[row] ?? 0]!;
  // Stratified splitting does not move rows out of a split that the source gives.
  const remedy =
    split === 'train'
      ? 'Correct the label, or turn on stratified splitting, which puts every class into the training rows.'
      : `The data puts this row into its ${split} split. Add training rows of '${received}', remove its rows from the ${split} split, or leave the class out under Rows used.`;
  const shown = target.classes.length <= 12 ? target.classes : [...target.classes.slice(0, 11), '…'];
  return new AppError(
    'dataset/label-out-of-range',
    `Target '${target.name}', ${place}: expected one of the ${target.classes.length} classes of the training rows (${shown.join(', ')}); received '${received}'. ${remedy}`,
    { column: target.name, received, place, ...(split === 'train' ? {} : { split }) },
  );
}
