import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { MetricName, MetricOf } from '../../../training/configuration/metrics.ts';

/** What a metric is written with: prediction p and target y of each example. */
export interface MetricCall {
  readonly builder: ProgramBuilder;
  /** float32 [N, units]. */
  readonly prediction: ValueId;
  /** float32 [N, units]: numbers, labels and two classes as they are, other classes one-hot. */
  readonly targets: ValueId;
  /** int32 [N, 1] for classes, float32 [N, units] otherwise. */
  readonly y: ValueId;
  /** Approximate mean of `targets` over the training rows, for each unit; 0 where it is not known. */
  readonly targetMeans: readonly number[];
  /** The batch's size, a float32 scalar. */
  readonly count: ValueId;
  /** float32 [N]: 1 where an example counts, 0 where the prediction's mask leaves it out; null: all count. */
  readonly counted: ValueId | null;
}

/** A metric as sums over batches. */
export interface Metric {
  /** How many numbers a batch adds. */
  readonly length: number;
  /** A batch's numbers: float32 vectors, `length` values together. */
  emit(call: MetricCall): readonly ValueId[];
  /** The value, of the sums over all batches. */
  finalize(sums: readonly number[]): number;
}

/** @param units Size of the model's last axis. */
export type MetricRule<Name extends MetricName> = (metric: MetricOf<Name>, units: number) => Metric;

/** A value of each example, float32 [N], averaged over the examples that count. */
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

/** Each scalar as a vector of one. */
export function vectors(b: ProgramBuilder, scalars: readonly ValueId[]): ValueId[] {
  return scalars.map((scalar) => b.reshape(scalar, [1]));
}

/** a / b, or 0 where b is 0. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
