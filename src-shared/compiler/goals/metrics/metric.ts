import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { MetricName, MetricOf } from '../../../training/configuration/metrics.ts';

/** Arguments of a metric rule: predictions p and targets y. */
export interface MetricCall {
  readonly builder: ProgramBuilder;
  /** float32 [N, units]. */
  readonly prediction: ValueId;
  /** float32 [N, units]: more than two classes are one-hot; numbers, labels and two classes are unchanged. */
  readonly targets: ValueId;
  /** int32 [N, 1] for classes, float32 [N, units] otherwise. */
  readonly y: ValueId;
  /** Approximate mean of `targets` over the training rows, one per unit; 0 if it is not known. */
  readonly targetMeans: readonly number[];
  /** Batch size, a float32 scalar. */
  readonly count: ValueId;
  /** float32 [N]: 1 for examples that count, 0 for masked ones; null: all count. */
  readonly counted: ValueId | null;
}

/** A metric computed from sums over batches. */
export interface Metric {
  /** Number of sums. */
  readonly length: number;
  /** Sums of one batch: float32 vectors with `length` values together. */
  emit(call: MetricCall): readonly ValueId[];
  /** The metric's value from the sums over all batches. */
  finalize(sums: readonly number[]): number;
}

/** @param units Size of the model's last axis. */
export type MetricRule<Name extends MetricName> = (metric: MetricOf<Name>, units: number) => Metric;

/** The mean of a value per example, float32 [N], over the examples that count. */
export function meanMetric(values: (call: MetricCall) => ValueId): Metric {
  return {
    length: 2,
    emit: (call) => {
      const { builder: b, count, counted } = call;
      const all = values(call);
      if (counted === null) return vectors(b, [b.reduceSum(all, [0]), count]);
      return vectors(b, [b.reduceSum(b.multiply(all, counted), [0]), b.reduceSum(counted, [0])]);
    },
    // Keras's Mean divides without NaN: 0 where no example counts.
    finalize: ([sum = 0, count = 0]) => shareOf(sum, count),
  };
}

/** Reshapes each scalar to [1]. */
export function vectors(b: ProgramBuilder, scalars: readonly ValueId[]): ValueId[] {
  return scalars.map((scalar) => b.reshape(scalar, [1]));
}

/** part / whole, or 0 if whole is 0. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
