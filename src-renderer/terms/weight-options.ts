import type { CheckpointKind, RunSummary, TestResult } from '../../src-shared/training/run/run.ts';
import { weightsForUse, weightsOf, weightsOfResult } from '../../src-shared/training/run/run-weights.ts';

/** Weights of a run to choose from: those that it is used with first. */
export function weightOptions(run: RunSummary): { value: CheckpointKind; label: string }[] {
  const last = { value: 'last' as const, label: `Last: epoch ${weightsOf(run, 'last').epoch}` };
  if (run.bestCheckpointEpoch === null) return [last];
  const measured = run.bestBy !== null || run.bestMetrics['val_loss'] !== undefined ? 'Best' : 'Least training loss';
  const best = { value: 'best' as const, label: `${measured}: epoch ${run.bestCheckpointEpoch}` };
  return weightsForUse(run) === 'best' ? [best, last] : [last, best];
}

/** What a person chose, where the run has it; else what the run is used with. */
export function chosenWeights(run: RunSummary, chosen: CheckpointKind | null): CheckpointKind {
  return weightOptions(run).find(({ value }) => value === chosen)?.value ?? weightsForUse(run);
}

/**
 * True where a recorded result is of the weights that are asked for: of the same kind, or of the
 * same epoch where training ended with it.
 *
 * @param lastAlone Only the last weights are averages: the best ones of the same epoch are others.
 */
export function isResultOf(result: TestResult, run: RunSummary, asked: CheckpointKind, lastAlone = false): boolean {
  const recorded = weightsOfResult(result, run);
  if (recorded.checkpoint === asked) return true;
  return run.state === 'completed' && !lastAlone && recorded.epoch === weightsOf(run, asked).epoch;
}
