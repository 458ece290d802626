import type { RunSummary } from '../../src-shared/training/run/run.ts';

const endedEarly = ({ state }: RunSummary): boolean =>
  state === 'stopped' || state === 'interrupted' || state === 'failed';

/** True where a run ended early, with a checkpoint to go on from; at the last epoch's end its test result is left. */
export function canResume(run: RunSummary): boolean {
  return endedEarly(run) && run.lastCheckpoint !== null && run.lastCheckpoint.epoch <= run.epochs;
}

/** True if a run ended before it saved trained weights: it can only be started again. */
export function canStartAgain(run: RunSummary): boolean {
  return (run.state === 'stopped' || run.state === 'interrupted') && run.lastCheckpoint === null;
}

/** What Resume will do. The last checkpoint may lie some epochs behind what was done. */
export function resumeHint({ number, epochs, lastCheckpoint }: RunSummary): string {
  if (lastCheckpoint === null) return `Run ${number} has no checkpoint to go on from`;
  const { epoch, batch } = lastCheckpoint;
  if (epoch >= epochs)
    return `All epochs of run ${number} are trained; the evaluation on the test split is made up for`;
  const place = batch === 0 ? `at epoch ${epoch + 1}` : `in epoch ${epoch + 1} after batch ${batch}`;
  return `Run ${number} goes on ${place} as if it had never stopped`;
}
