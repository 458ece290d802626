import type { DType } from '../../../src-shared/program/language/types.ts';

/** Numbers that are known when a model is read: constants, and shapes computed for both batch sizes. */
export interface HostValue {
  readonly dtype: DType;
  /** The same for both batch sizes. */
  readonly shape: readonly number[];
  /** Row-major, for each of `BATCH_SIZES`. */
  readonly values: readonly [readonly number[], readonly number[]];
}

export function constantHost(dtype: DType, shape: readonly number[], values: readonly number[]): HostValue {
  return { dtype, shape, values: [values, values] };
}

/** Whether no value depends on the batch size. */
export function isConstant({ values: [a, b] }: HostValue): boolean {
  return a.every((value, index) => value === b[index]);
}

/** A value that is computed for each batch size; null if the shapes differ. */
export function computedHost(
  compute: (batch: 0 | 1) => {
    readonly dtype: DType;
    readonly shape: readonly number[];
    readonly values: readonly number[];
  },
): HostValue | null {
  const [a, b] = [compute(0), compute(1)];
  if (a.shape.join() !== b.shape.join()) return null;
  return { dtype: a.dtype, shape: a.shape, values: [a.values, b.values] };
}
