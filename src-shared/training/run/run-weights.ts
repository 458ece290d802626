import type { CheckpointKind, RunSummary, TestResult } from './run.ts';

/** Some saved weights of a run. */
export interface RunWeights {
  readonly checkpoint: CheckpointKind;
  /** Epochs that they were trained for. */
  readonly epoch: number;
}

export type SavedWeights = Pick<RunSummary, 'bestCheckpointEpoch' | 'bestMetrics' | 'bestBy' | 'earlyStopping'>;
export type TrainedRun = Pick<RunSummary, 'bestCheckpointEpoch' | 'lastCheckpoint' | 'bestEpoch' | 'epochsDone'>;

/** Weights that a resumed run starts with. */
export const RESUME_WEIGHTS: CheckpointKind = 'last';

/**
 * Default weights to test, evaluate, predict and export, and to start another run: those of the best epoch by the
 * metric that the configuration names, else of the best validated epoch. The last where there is none, or where early
 * stopping was asked not to restore the best.
 */
export function weightsForUse({
  bestCheckpointEpoch,
  bestMetrics,
  bestBy,
  earlyStopping,
}: SavedWeights): CheckpointKind {
  if (bestCheckpointEpoch === null || earlyStopping?.restoreBestWeights === false) return 'last';
  return bestBy !== null || bestMetrics['val_loss'] !== undefined ? 'best' : 'last';
}

/** A run's weights of one kind with their epoch; before the checkpoint is written, the run's best or last epoch. */
export function weightsOf(run: TrainedRun, checkpoint: CheckpointKind): RunWeights {
  const { bestCheckpointEpoch, bestEpoch, lastCheckpoint, epochsDone } = run;
  const epochs: Record<CheckpointKind, number> = {
    initial: 0,
    best: bestCheckpointEpoch ?? bestEpoch ?? epochsDone,
    last: lastCheckpoint?.epoch ?? epochsDone,
  };
  return { checkpoint, epoch: epochs[checkpoint] };
}

/** The weights of a recorded test result. Results of older versions do not name them: they are the last. */
export function weightsOfResult({ checkpoint, epoch }: TestResult, run: TrainedRun): RunWeights {
  return checkpoint === undefined || epoch === undefined ? weightsOf(run, 'last') : { checkpoint, epoch };
}

/** 'best weights, epoch 7'. */
export function weightsText({ checkpoint, epoch }: RunWeights): string {
  return checkpoint === 'initial' ? 'initial weights' : `${checkpoint} weights, epoch ${epoch}`;
}
