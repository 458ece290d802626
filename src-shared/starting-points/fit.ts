import type { ModelFeatures } from '../compiler/graph/inputs.ts';
import type { TargetSpec } from '../data/prepared.ts';
import type { JsonValue } from '../document/schema/model-document.ts';

/** What the open data set asks of a model's two ends. */
export interface Fit {
  /** Shape of one example; null where no data is prepared. */
  readonly inputShape: readonly number[] | null;
  /** What the last layer gives for the first target; null where no data is prepared. */
  readonly output: OutputFit | null;
  /** Its columns and all its targets; absent where no data is prepared. */
  readonly features?: ModelFeatures;
}

export interface OutputFit {
  readonly units: number;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
}

/** Of a model that knows no data. */
export const NO_FIT: Fit = { inputShape: null, output: null };

/** What the open data asks of a new model. */
export function fitTo(features: ModelFeatures | null): Fit {
  if (features === null) return NO_FIT;
  const { inputShape, targets } = features;
  return { inputShape, output: targets[0] === undefined ? null : outputFor(targets[0]), features };
}

/** For two classes one probability, for more one each, for a number one value. */
export function outputFor(target: TargetSpec): OutputFit {
  if (target.kind === 'numeric') return { units: 1, activation: 'linear' };
  const units = target.classes.length;
  return units === 2 ? { units: 1, activation: 'sigmoid' } : { units, activation: 'softmax' };
}

/** The activation that a last layer of so many units usually has, where no target says. */
export function usualOutput(units: number): OutputFit {
  return { units, activation: units === 1 ? 'linear' : 'softmax' };
}

/** Parameters of an Output for the first target: where there are several, it names it. */
export function outputOfFirst({ features }: Fit): Record<string, JsonValue> {
  const [first, ...more] = features?.targets ?? [];
  return first === undefined || more.length === 0 ? {} : { targets: [first.name] };
}
