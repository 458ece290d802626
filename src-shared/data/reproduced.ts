import { columnTypeOf } from './columns/registry.ts';
import type { FeatureSpec, FittedColumn, TargetSpec } from './prepared.ts';

/**
 * The target spec of a reproduced feature: numeric columns and pixels of an image are numbers in
 * their original unit, categorical columns are classes.
 *
 * @param variance Variance of its encoded values over the training rows; 0: not known.
 */
export function reproducedTarget(column: FittedColumn, variance = 0): TargetSpec {
  const { name } = column;
  const target = columnTypeOf(column).reproducedAs(column);
  if (target.kind === 'classes') return { name, ...target };
  return { name, ...target, standardDeviation: Math.sqrt(variance) * target.scale };
}

/** All columns that a model can predict: targets, and features that it may reproduce. */
export function predictable({ targets, columns }: Pick<FeatureSpec, 'targets' | 'columns'>): TargetSpec[] {
  return [...targets, ...columns.map((column) => reproducedTarget(column))];
}
