import type { Prediction } from '../../../src-shared/contract/run-results.ts';

/**
 * Mean and standard deviation (that of the draws themselves, divided by n) over draws of a
 * prediction by Monte Carlo layers, by Welford's algorithm in float64.
 * Source: Y. Gal, Z. Ghahramani, arXiv:1506.02142 (2016).
 */
export class DrawnPrediction {
  readonly #first: Prediction;
  readonly #means: number[];
  readonly #squares: number[];
  /** Number of draws by category, for predictions without probabilities. */
  readonly #votes = new Map<string, number>();
  #draws = 0;

  /** @param first Any draw; `add` takes all of them, this one too. */
  constructor(first: Prediction) {
    this.#first = first;
    const count = numbersOf(first).length;
    this.#means = new Array<number>(count).fill(0);
    this.#squares = new Array<number>(count).fill(0);
  }

  add(draw: Prediction): void {
    this.#draws++;
    if (draw.probabilities === undefined && typeof draw.value === 'string') {
      this.#votes.set(draw.value, (this.#votes.get(draw.value) ?? 0) + 1);
    }
    numbersOf(draw).forEach((value, i) => {
      const difference = value - this.#means[i]!;
      this.#means[i]! += difference / this.#draws;
      this.#squares[i]! += difference * (value - this.#means[i]!);
    });
  }

  result(): Prediction {
    const { probabilities, classes = [], ...rest } = this.#first;
    const means = [...this.#means];
    const deviations = this.#squares.map((sum) => Math.sqrt(sum / Math.max(1, this.#draws)));
    if (probabilities === undefined) {
      const [most] = [...this.#votes].sort(([, a], [, b]) => b - a);
      if (most !== undefined) return { ...rest, value: most[0] };
      const value = Array.isArray(rest.value) ? means : means[0]!;
      return { ...rest, value, standardDeviations: deviations };
    }
    const best = means.indexOf(Math.max(...means));
    return {
      ...rest,
      value: classes[Math.max(0, best)]!,
      probabilities: means,
      classes,
      standardDeviations: deviations,
    };
  }
}

/** The averaged numbers: probabilities, a value, or pixels; none for a category without probabilities. */
function numbersOf({ probabilities, value }: Prediction): readonly number[] {
  if (probabilities !== undefined) return probabilities;
  return Array.isArray(value) ? value : typeof value === 'number' ? [value] : [];
}
