/** Optimizer steps whose losses are compared. */
export const CHECKED_STEPS = 20;
/** Number of layer fixtures in one graph. */
export const FIXTURE_GROUP = 32;

export interface TrainingResult {
  readonly device: string;
  /** One per step. */
  readonly losses: readonly number[];
  readonly evaluation: readonly number[];
  /** One list for each Output. */
  readonly predictions: readonly (readonly number[])[];
  /** Whether a repetition of the steps gave the same bits; null if they were not repeated. */
  readonly sameBits: boolean | null;
  readonly seconds: number;
}

export interface SpeedResult {
  readonly device: string;
  /** In calls of 20 steps. */
  readonly stepsPerSecond: number;
  /** In calls of one step. */
  readonly singleStepsPerSecond: number;
}

export interface FixtureResult {
  /** Relative to the largest value that Keras computed. */
  readonly differences: readonly { readonly title: string; readonly difference: number }[];
}

/** Calls of a worker process. */
export interface CaseCalls {
  /** @param repeat Also repeats the steps and compares the bits. */
  train: { params: { name: string; repeat: boolean }; result: TrainingResult };
  speed: { params: { name: string; seconds: number }; result: SpeedResult };
  /** @param first Index of the first fixture of a group. */
  fixtures: { params: { first: number }; result: FixtureResult };
}
