import type { FeatureSpec } from './prepared.ts';

/**
 * Targets lie in one tensor y [N, columns]: a column each in the order of the feature spec,
 * then the examples' weights where there are any. It is int32 where all columns are classes,
 * else float32 with class indices as floats.
 */
export interface TargetColumns {
  readonly dtype: 'int32' | 'float32';
  readonly count: number;
  /** Place of the examples' weights; null where there are none. */
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
