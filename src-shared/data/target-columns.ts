import type { FeatureSpec } from './prepared.ts';

/**
 * Layout of the tensor y [N, columns]: one column per target in the order of the feature spec,
 * then sample weights, if any. int32 if all columns are classes, else float32 with class indices
 * as floats.
 */
export interface TargetColumns {
  readonly dtype: 'int32' | 'float32';
  readonly count: number;
  /** Index of the column of sample weights; null if there is none. */
  readonly weight: number | null;
}

export function targetColumns(
  spec: Pick<FeatureSpec, 'targets'> & Partial<Pick<FeatureSpec, 'weight'>>,
): TargetColumns {
  const weighted = (spec.weight ?? null) !== null;
  const classes = spec.targets.every(({ kind }) => kind === 'classes');
  return {
    dtype: classes && !weighted ? 'int32' : 'float32',
    count: spec.targets.length + (weighted ? 1 : 0),
    weight: weighted ? spec.targets.length : null,
  };
}
