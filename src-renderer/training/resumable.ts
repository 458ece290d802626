import type { RunSummary } from '../../src-shared/training/run.ts';

/** True where a run ended early, with a checkpoint to go on from and something left to do. */
export function canResume(run: RunSummary): boolean {
  const ended = run.state === 'stopped' || run.state === 'interrupted' || run.state === 'failed';
  return ended && run.epochsDone > 0 && run.epochsDone < run.epochs;
}

/** What Resume will do. The last checkpoint may lie some epochs behind what was done. */
export function resumeHint(run: RunSummary): string {
  const from = run.lastCheckpointEpoch;
  const place = from === null ? 'from its last checkpoint' : `at epoch ${from + 1}`;
  return `Run ${run.number} goes on ${place} as if it had never stopped`;
}
