import type { RunSummary } from '../../src-shared/training/run.ts';

/** True where a run ended early, with a checkpoint to go on from and something left to do. */
export function canResume(run: RunSummary): boolean {
  const ended = run.state === 'stopped' || run.state === 'interrupted' || run.state === 'failed';
  return ended && run.epochsDone > 0 && run.epochsDone < run.epochs;
}
