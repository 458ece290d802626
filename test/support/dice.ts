import { deriveKey, philoxWords } from '../../src-shared/program/random/philox.ts';

/** Draws from a stream of random words determined by the seed. */
export class Dice {
  private readonly seed: number;
  private readonly purpose: string;
  private words: Uint32Array = new Uint32Array(0);
  private next = 0;
  private block = 0;

  constructor(seed: number, purpose: string) {
    this.seed = seed;
    this.purpose = purpose;
  }

  /** 0 ≤ n < limit. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** An integer from min to max, inclusive. */
  from(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** 0 ≤ x < 1. */
  unit(): number {
    return this.word() / 2 ** 32;
  }

  /** True with a probability of `percent`. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  shuffled<Value>(values: readonly Value[]): Value[] {
    const rest = [...values];
    return values.map(() => rest.splice(this.below(rest.length), 1)[0]!);
  }

  /** Normally distributed with standard deviation 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }

  private word(): number {
    if (this.next === this.words.length) {
      this.words = philoxWords(deriveKey(this.seed, this.purpose, String(this.block++)), 0, 1000);
      this.next = 0;
    }
    return this.words[this.next++]!;
  }
}
