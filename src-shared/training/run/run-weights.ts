import type { CheckpointKind, RunSummary, TestResult } from './run.ts';

/** Which of a run's weights are meant: one rule and one way to say it, in the window, in core and on the command line. */
export interface RunWeights {
  readonly checkpoint: CheckpointKind;
  /** Epochs that they had trained. */
  readonly epoch: number;
}

/** What is known of a run's saved weights. */
export type SavedWeights = Pick<RunSummary, 'bestCheckpointEpoch' | 'bestMetrics'>;
/** What is known of the epochs that a run's weights are of. */
export type TrainedRun = Pick<RunSummary, 'bestCheckpointEpoch' | 'lastCheckpoint' | 'bestEpoch' | 'epochsDone'>;

/** Resuming goes on where training stands. */
export const RESUMED: CheckpointKind = 'last';

/**
 * Default weights of a run: to test, evaluate, predict and
 * export, and to begin another run. Those of the best validated epoch; the last where none was validated.
 */
export function weightsForUse({ bestCheckpointEpoch, bestMetrics }: SavedWeights): CheckpointKind {
  return bestCheckpointEpoch !== null && bestMetrics['val_loss'] !== undefined ? 'best' : 'last';
}

/** A run's weights of one kind, with the epoch they are of; as far as known where their writing waits. */
export function weightsOf(run: TrainedRun, checkpoint: CheckpointKind): RunWeights {
  const { bestCheckpointEpoch, bestEpoch, lastCheckpoint, epochsDone } = run;
  const epochs: Record<CheckpointKind, number> = {
    initial: 0,
    best: bestCheckpointEpoch ?? bestEpoch ?? epochsDone,
    last: lastCheckpoint?.epoch ?? epochsDone,
  };
  return { checkpoint, epoch: epochs[checkpoint] };
}

/** What a recorded test result is of. Older versions recorded that of the last weights and did not say so. */
export function weightsOfResult({ checkpoint, epoch }: TestResult, run: TrainedRun): RunWeights {
  return checkpoint === undefined || epoch === undefined ? weightsOf(run, 'last') : { checkpoint, epoch };
}

/** 'best weights, epoch 7'. */
export function weightsText({ checkpoint, epoch }: RunWeights): string {
  return checkpoint === 'initial' ? 'initial weights' : `${checkpoint} weights, epoch ${epoch}`;
}
