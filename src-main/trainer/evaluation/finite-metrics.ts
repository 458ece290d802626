import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { MetricValues } from '../../../src-shared/training/run/run.ts';
import type { Effect } from '../callbacks/callback.ts';
import type { Position } from '../state/position.ts';

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

/** The finite metrics of a training; warns of each other metric once. */
export class FiniteMetrics {
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** @param when As in `leftOut`. */
  of(metrics: MetricValues, when: string): MetricValues {
    const { finite, others } = sortMetrics(metrics);
    for (const [name, value] of others) {
      if (!this.#warned.has(name)) this.#warn(leftOut(name, value, when));
      this.#warned.add(name);
    }
    return finite;
  }
}

/** The error that ends a training. @param position After the step with the value. @param rate Of that step. */
export function notFinite(
  { metric, value }: Effect & { kind: 'fail' },
  { epoch, batch, step }: Position,
  rate: number,
): AppError {
  return new AppError(
    'training/not-finite',
    `The ${metric} became ${value} in epoch ${epoch + 1}, batch ${batch} (step ${step}), so training ended. ` +
      `Lower the learning rate (now ${Number(rate.toPrecision(4))}), scale the inputs and a numeric target, or look ` +
      `for extreme values in the data. Checkpoints of earlier epochs are kept.`,
    { epoch: epoch + 1, batch, step, metric },
  );
}
