import type { TrainingResult } from './protocol.ts';

/** Tolerance of losses, relative to the larger of 1 and the loss. */
const LOSS_TOLERANCE = 1e-4;
/** Tolerance of predictions after training; the weights have diverged with the losses. */
const PREDICTION_TOLERANCE = 1e-3;

export const relativeTolerance = (expected: number): number => LOSS_TOLERANCE * Math.max(1, Math.abs(expected));

export interface Comparison {
  /** Differences of the loss, relative to the larger of 1 and the reference's, at the first and the last step. */
  readonly first: number;
  readonly last: number;
  /** The largest over all steps. */
  readonly most: number;
  readonly evaluation: number;
  readonly predictions: number;
  /** Null if all differences are within tolerance. */
  readonly fault: string | null;
}

/** Compares a training with that of the reference device. */
export function compareTraining(result: TrainingResult, reference: TrainingResult): Comparison {
  const steps = reference.losses.map((loss, step) => difference(result.losses[step] ?? NaN, loss));
  const last = steps.at(-1) ?? Infinity;
  // The report's first number is the loss; the others are sums of metrics.
  const evaluation = difference(result.evaluation[0] ?? NaN, reference.evaluation[0] ?? NaN);
  const predictions = Math.max(
    ...reference.predictions.map((values, output) =>
      values.reduce(
        (most, value, index) => Math.max(most, difference(result.predictions[output]?.[index] ?? NaN, value)),
        0,
      ),
    ),
  );
  const faults = [
    ...(last <= LOSS_TOLERANCE
      ? []
      : [`The loss of the last step differs by ${last}; expected at most ${LOSS_TOLERANCE}.`]),
    ...(evaluation <= LOSS_TOLERANCE
      ? []
      : [`The loss in evaluation differs by ${evaluation}; expected at most ${LOSS_TOLERANCE}.`]),
    ...(predictions <= PREDICTION_TOLERANCE
      ? []
      : [`Predictions differ by ${predictions}; expected at most ${PREDICTION_TOLERANCE}.`]),
  ];
  return {
    first: steps[0] ?? Infinity,
    last,
    most: Math.max(...steps),
    evaluation,
    predictions,
    fault: faults.length === 0 ? null : faults.join('\n'),
  };
}

/** Infinite if a value is NaN: the comparison must not pass with missing values. */
function difference(received: number, expected: number): number {
  const found = Math.abs(received - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(found) ? Infinity : found;
}
