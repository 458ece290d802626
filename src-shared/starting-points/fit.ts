/** What the open data set asks of a model's two ends. */
export interface Fit {
  /** Shape of one example; null where no data is prepared. */
  readonly inputShape: readonly number[] | null;
  /** What the last layer gives; null where no data is prepared. */
  readonly output: OutputFit | null;
}

export interface OutputFit {
  readonly units: number;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
}

/** Of a model that knows no data. */
export const NO_FIT: Fit = { inputShape: null, output: null };

/** The activation that a last layer of so many units usually has, where no target says. */
export function usualOutput(units: number): OutputFit {
  return { units, activation: units === 1 ? 'linear' : 'softmax' };
}
