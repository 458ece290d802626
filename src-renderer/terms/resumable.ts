import type { RunSummary } from '../../src-shared/training/run/run.ts';

const endedEarly = ({ state }: RunSummary): boolean =>
  state === 'stopped' || state === 'interrupted' || state === 'failed';

/** True for a run that ended early and has a checkpoint. After its last epoch only the test result is missing. */
export function canResume(run: RunSummary): boolean {
  return endedEarly(run) && run.lastCheckpoint !== null && run.lastCheckpoint.epoch <= run.epochs;
}

/** True for a run that ended before it saved weights: it can only be started again. */
export function canStartAgain(run: RunSummary): boolean {
  return (run.state === 'stopped' || run.state === 'interrupted') && run.lastCheckpoint === null;
}

/** What Resume will do. The last checkpoint may be some epochs before the last trained epoch. */
export function resumeHint({ number, epochs, lastCheckpoint }: RunSummary): string {
  if (lastCheckpoint === null) return `Run ${number} has no checkpoint to resume from`;
  const { epoch, batch } = lastCheckpoint;
  if (epoch >= epochs) return `Evaluates run ${number} on the test split; all its epochs are trained`;
  const place = batch === 0 ? `at epoch ${epoch + 1}` : `in epoch ${epoch + 1} after batch ${batch}`;
  return `Continues run ${number} ${place}, as if it had never stopped`;
}
