import type { CheckpointKind } from '../../src-shared/contract/contract.ts';
import type { RunSummary } from '../../src-shared/training/run.ts';

type Trained = Pick<RunSummary, 'bestEpoch' | 'epochsDone' | 'lastCheckpoint'>;

/** The epoch that a run's last weights are of. */
export function lastEpochOf({ lastCheckpoint, epochsDone }: Trained): number {
  return lastCheckpoint?.epoch ?? epochsDone;
}

/**
 * Whether these weights are the ones with which training ended, which are those of its test result.
 * @param lastAlone Only the last weights are averages: the best ones of the same epoch are others.
 */
export function endedTraining(run: Trained, checkpoint: CheckpointKind, lastAlone = false): boolean {
  return checkpoint === 'last' || (checkpoint === 'best' && !lastAlone && run.bestEpoch === lastEpochOf(run));
}
