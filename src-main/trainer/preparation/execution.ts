import { availableParallelism } from 'node:os';
import { operationsPerExample } from '../../../src-shared/program/builder/cost.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';

/** Steps per call that are tried, ascending. */
export const callSizes: readonly number[] = [1, 5, 20];

/** Longer calls would delay a stop or a progress event. */
const MAXIMUM_CALL_MS = 100;
/** Minimum training time for which a larger call is prepared; preparing it takes about a second. */
const WORTH_TRYING_MS = 5_000;
/** A larger call must be this much faster per step to be worth its delay. */
const WORTHWHILE = 0.97;
/** A step below this many floating-point operations loses more by handing work to threads than it gains. */
const SMALL_STEP = 2e8;

/**
 * Threads per operation; depends only on program and batch size, not on a measurement, because
 * the order of sums, and so the last bit, may depend on it.
 *
 * @returns 1 for small steps, else 0: the engine's default.
 */
export function chooseThreads(train: Program, batchSize: number): number {
  if (availableParallelism() === 1) return 1;
  return operationsPerExample(train) * batchSize < SMALL_STEP ? 1 : 0;
}

/**
 * Chooses the number of steps per call by timing the first calls of the training. The sequence of steps does not depend on
 * the choice.
 */
export class CallSizeChooser {
  #chosen: number | null;
  readonly #best = new Map<number, number>();
  readonly #tried = new Map<number, number>();
  readonly #sizes: readonly number[];

  /** @param known Chosen earlier; null: measure. */
  constructor(known: number | null, sizes: readonly number[] = callSizes) {
    this.#sizes = sizes;
    this.#chosen = known !== null && sizes.includes(known) ? known : null;
  }

  /** Null while measuring. */
  get chosen(): number | null {
    return this.#chosen;
  }

  /** @param available Steps left before the call must end. @returns The size of the next call, at most `available`. */
  next(available: number): number {
    const wanted = this.#chosen ?? this.#candidate();
    return this.#sizes.findLast((size) => size <= Math.min(wanted, available)) ?? 1;
  }

  /**
   * Tells how long a call took; the first of a size warms up and does not count.
   *
   * @param stepsLeft In the whole training.
   * @returns True where this decided.
   */
  record(steps: number, durationMs: number, stepsLeft: number): boolean {
    if (this.#chosen !== null) return false;
    const tried = (this.#tried.get(steps) ?? 0) + 1;
    this.#tried.set(steps, tried);
    if (tried > 1) this.#best.set(steps, Math.min(this.#best.get(steps) ?? Infinity, durationMs / steps));
    const candidate = this.#candidate();
    const known = this.#best.get(this.#previous(candidate));
    // A size that could not answer in time is not tried, and nothing above it.
    const tooLong = known !== undefined && known * candidate > MAXIMUM_CALL_MS;
    const tooLittleLeft = known !== undefined && known * stepsLeft < WORTH_TRYING_MS;
    if (!tooLong && !tooLittleLeft && this.#tries(candidate) < triesOf(candidate)) return false;
    this.#chosen = this.#fastest();
    return true;
  }

  /** The first size not tried often enough, else the last. */
  #candidate(): number {
    return this.#sizes.find((size) => this.#tries(size) < triesOf(size)) ?? this.#sizes.at(-1)!;
  }

  #previous(size: number): number {
    return this.#sizes[Math.max(0, this.#sizes.indexOf(size) - 1)]!;
  }

  #tries(size: number): number {
    return this.#tried.get(size) ?? 0;
  }

  #fastest(): number {
    let chosen = 1;
    for (const size of this.#sizes) {
      const time = this.#best.get(size);
      if (time === undefined || time * size > MAXIMUM_CALL_MS) continue;
      if (time < (this.#best.get(chosen) ?? Infinity) * WORTHWHILE) chosen = size;
    }
    return chosen;
  }
}

/** Enough calls for a minimum that noise does not decide; the first of each warms up. */
function triesOf(size: number): number {
  return size === 1 ? 12 : 5;
}
