import type { FeatureSpec, FittedColumn, TargetSpec } from './prepared.ts';

/**
 * A feature as what reproduces it is read and measured: a numeric one, and the pixels of an image, as
 * numbers in their own unit, a categorical one as classes.
 *
 * @param variance Of its prepared values over the training rows; 0: not known.
 */
export function reproducedTarget(column: FittedColumn, variance = 0): TargetSpec {
  const { name } = column;
  if (column.type === 'categorical') return { kind: 'classes', name, classes: column.categories };
  const { offset, scale } = column;
  const unit = column.type === 'numeric' && column.unit !== undefined ? { unit: column.unit } : {};
  return { kind: 'numeric', name, offset, scale, standardDeviation: Math.sqrt(variance) * scale, ...unit };
}

/** All that a model may predict of this data set: its targets, and its features where they are reproduced. */
export function predictable({ targets, columns }: Pick<FeatureSpec, 'targets' | 'columns'>): TargetSpec[] {
  return [...targets, ...columns.map((column) => reproducedTarget(column))];
}
