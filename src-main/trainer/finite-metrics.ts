import type { MetricValues } from '../../src-shared/training/run/run.ts';

export interface SortedMetrics {
  /** Metrics that can be recorded. */
  readonly finite: MetricValues;
  /** NaN and infinite ones, the loss first. */
  readonly others: readonly (readonly [name: string, value: number])[];
}

/** Separates finite metrics from others: JSON, SQLite and charts take only finite numbers. */
export function sortMetrics(metrics: MetricValues): SortedMetrics {
  const entries = Object.entries(metrics);
  const finite = Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
  return { finite, others: entries.filter(([, value]) => !Number.isFinite(value)) };
}

/** @param when 'epoch 3', 'the test split' */
export function leftOut(name: string, value: number, when: string): string {
  return `The metric ${name} is ${value} in ${when} and is left out wherever it is not a finite number; training does not depend on it. Look at its formula, or for values in the data that it is not defined for.`;
}
