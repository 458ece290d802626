import type { MetricPlan } from '../../../src-shared/compiler/graph/compiled.ts';
import type { MetricValues } from '../../../src-shared/training/run/run.ts';

/** The sums; plain numbers, so that a checkpoint in the middle of an epoch can hold them. */
export interface SumsState {
  rows: number;
  sums: number[];
}

/**
 * Reports of batches added up in float64: the loss weighted by the batch's rows, as Keras
 * averages, and the metrics' own sums.
 */
export class ReportSums {
  readonly #metrics: readonly MetricPlan[];
  readonly #sums: Float64Array;
  #rows = 0;

  constructor(metrics: readonly MetricPlan[], reportLength: number, state?: SumsState) {
    this.#metrics = metrics;
    this.#sums = new Float64Array(reportLength);
    // A metric of another version has other sums, which cannot be continued.
    if (state === undefined || state.sums.length !== reportLength) return;
    this.#sums.set(state.sums);
    this.#rows = state.rows;
  }

  /** @param report The batch's, at `offset` of `reports`. @param rows Of the batch. */
  add(reports: Float32Array, offset: number, rows: number): void {
    this.#sums[0]! += reports[offset]! * rows;
    for (let i = 1; i < this.#sums.length; i++) this.#sums[i]! += reports[offset + i]!;
    this.#rows += rows;
  }

  /** @param prefix 'val_' for validation. @returns Nothing before the first batch. */
  values(prefix = ''): MetricValues {
    if (this.#rows === 0) return {};
    const values: MetricValues = { [`${prefix}loss`]: this.#sums[0]! / this.#rows };
    for (const { name, offset, length, finalize } of this.#metrics) {
      values[prefix + name] = finalize(Array.from(this.#sums.subarray(offset, offset + length)));
    }
    return values;
  }

  state(): SumsState {
    return { rows: this.#rows, sums: Array.from(this.#sums) };
  }
}
