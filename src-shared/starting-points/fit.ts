import type { ModelFeatures } from '../compiler/graph/inputs.ts';
import type { TargetSpec } from '../data/prepared.ts';
import type { JsonValue } from '../document/schema/model-document.ts';

/** Input and output of a model for the open data set. */
export interface Fit {
  /** Shape of one example; null if no data is prepared. */
  readonly inputShape: readonly number[] | null;
  /** The last layer for the first target; null if no data is prepared. */
  readonly output: OutputFit | null;
  /** Columns and targets; absent if no data is prepared. */
  readonly features?: ModelFeatures;
}

export interface OutputFit {
  readonly units: number;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
}

/** Without data. */
export const NO_FIT: Fit = { inputShape: null, output: null };

/** The fit for the features of a data set. */
export function fitTo(features: ModelFeatures | null): Fit {
  if (features === null) return NO_FIT;
  const { inputShape, targets } = features;
  return { inputShape, output: targets[0] === undefined ? null : outputFor(targets[0]), features };
}

/** One probability for two classes, one per class for more, one value for a number. */
export function outputFor(target: TargetSpec): OutputFit {
  const output = outputPerClass(target);
  return target.kind === 'classes' && output.units === 2 ? { units: 1, activation: 'sigmoid' } : output;
}

/** One probability per class, also for two, as image classifiers have it; one value for a number. */
export function outputPerClass(target: TargetSpec): OutputFit {
  return target.kind === 'numeric'
    ? { units: 1, activation: 'linear' }
    : { units: target.classes.length, activation: 'softmax' };
}

/** The usual last layer with `units` units if the target is not known. */
export function usualOutput(units: number): OutputFit {
  return { units, activation: units === 1 ? 'linear' : 'softmax' };
}

/** Parameters of an Output for the first target; named only if there are several targets. */
export function outputOfFirst({ features }: Fit): Record<string, JsonValue> {
  const [first, ...more] = features?.targets ?? [];
  return first === undefined || more.length === 0 ? {} : { targets: [first.name] };
}
