import type { FeatureSpec } from '../../src-shared/dataset/prepared.ts';
import { NO_FIT } from '../../src-shared/starting-points/fit.ts';
import type { Fit } from '../../src-shared/starting-points/fit.ts';

/** What the open data asks of a new model: for two classes one probability, for more one each, for a number one value. */
export function fitOfData(features: FeatureSpec | null): Fit {
  if (features === null) return NO_FIT;
  const { inputShape, targets } = features;
  const [target] = targets;
  if (target === undefined) return { inputShape, output: null };
  if (target.kind === 'numeric') return { inputShape, output: { units: 1, activation: 'linear' } };
  const units = target.classes.length;
  return { inputShape, output: units === 2 ? { units: 1, activation: 'sigmoid' } : { units, activation: 'softmax' } };
}
