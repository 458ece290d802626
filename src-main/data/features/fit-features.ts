import { AppError } from '../../../src-shared/errors/app-error.ts';
import { inputShapeOf } from '../../../src-shared/data/feature-tensors.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, FittedColumn, TargetSpec } from '../../../src-shared/data/prepared.ts';
import { pairColumns } from '../../../src-shared/data/pairs.ts';
import type { Roles } from '../rows/roles.ts';
import { codecOf } from '../columns/registry.ts';
import { columnOf, type NumericColumn, type TableRows } from '../tables/table.ts';

/**
 * Fits scaling, fills, categories and classes on training rows only.
 *
 * @param isPairs True: if both pictures of a pair have the same scaling, the second is encoded like the first. Each
 *   training picture is the first of some pair, so the statistics of first pictures are those of all training pictures.
 * @throws AppError `dataset/empty-column` if no training row has a value, `dataset/one-class`,
 *   `dataset/extreme-value` naming a row that makes statistics overflow.
 */
export function fitFeatures(roles: Roles, training: TableRows, isPairs = false): FeatureSpec {
  const fitted = roles.features.map((column) => fitColumn(column, training));
  const columns = isPairs ? withEqualPictures(roles.features, fitted) : fitted;
  const targets = roles.targets.map((column) =>
    roles.readsTargets ? fitTarget(column, training) : unreadTarget(column),
  );
  const weight = roles.weight === null ? null : fitWeight(roles.weight, training);
  const inputShape = inputShapeOf(columns);
  if (inputShape[0]! > 0) return { columns, inputShape, targets, weight };
  throw new AppError(
    'dataset/no-feature',
    'Expected a feature column with a value or category in the training rows; received none. Mark another column as feature.',
    {},
  );
}

function withEqualPictures(features: readonly Column[], fitted: readonly FittedColumn[]): FittedColumn[] {
  const at = (wanted: string): number => features.findIndex(({ name }) => name === wanted);
  const [first, second] = [at(pairColumns.first), at(pairColumns.second)];
  const isEqual = first >= 0 && second >= 0 && features[first]!.scaling === features[second]!.scaling;
  return fitted.map((column, place) =>
    isEqual && place === second ? { ...fitted[first]!, name: column.name } : column,
  );
}

function fitColumn(column: Column, training: TableRows): FittedColumn {
  const data = columnOf(training.table, column.name);
  return codecOf(data).fit(column, data, training);
}

function unreadTarget({ name }: Column): TargetSpec {
  return { kind: 'numeric', name, offset: 0, scale: 1, mean: 0, standardDeviation: 1, unread: true };
}

/** Roles have targets only of types that can be one. */
function fitTarget(column: Column, training: TableRows): TargetSpec {
  const data = columnOf(training.table, column.name);
  return codecOf(data).fitTarget!(column, data, training);
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
