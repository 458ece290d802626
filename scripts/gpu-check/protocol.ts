/** What the check and its worker processes tell each other. */

/** Optimizer steps whose losses are compared. */
export const CHECKED_STEPS = 20;
/** Layer fixtures that are computed in one graph. */
export const FIXTURE_GROUP = 32;

export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: 'train'; readonly name: string; readonly repeat: boolean }
  | { readonly kind: 'speed'; readonly name: string; readonly seconds: number }
  | { readonly kind: 'fixtures'; readonly first: number }
);

export interface TrainingResult {
  readonly kind: 'train';
  readonly device: string;
  /** One per step. */
  readonly losses: readonly number[];
  readonly evaluation: readonly number[];
  /** One list for each Output. */
  readonly predictions: readonly (readonly number[])[];
  /** Whether the same steps once more gave the same bits; null where they were not taken. */
  readonly sameBits: boolean | null;
  readonly seconds: number;
}

export interface SpeedResult {
  readonly kind: 'speed';
  readonly device: string;
  /** In calls of 20 steps. */
  readonly stepsPerSecond: number;
  /** In calls of one step. */
  readonly singleStepsPerSecond: number;
}

export interface FixtureResult {
  readonly kind: 'fixtures';
  /** Relative to the largest value that Keras computed. */
  readonly differences: readonly { readonly title: string; readonly difference: number }[];
}

export type WorkerResult = TrainingResult | SpeedResult | FixtureResult;

export type WorkerAnswer = { readonly id: number } & ({ readonly result: WorkerResult } | { readonly error: string });
