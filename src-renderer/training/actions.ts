import type { CheckpointKind } from '../../src-shared/contract/contract.ts';
import type { RunSummary } from '../../src-shared/training/run.ts';
import { flushStudio, type Studio } from '../state/studio.svelte.ts';

/**
 * What a person can do about training, from the training screen, the run list, the
 * command palette and the workbench alike. Failures become toasts; `true` means done.
 */

/** Saves everything and trains the project's model as it is. */
export function train(studio: Studio): Promise<boolean> {
  return start(studio, undefined);
}

/** Ends after the step in progress; the weights of that moment are kept. */
export async function stop(studio: Studio, runId = studio.runs.active?.id): Promise<boolean> {
  if (runId === undefined) return false;
  return attempt(studio, () => studio.runs.stop(runId));
}

/** Goes on where a run ended: same epoch, step and optimizer state, as if it had never stopped. */
export function resume(studio: Studio, run: RunSummary): Promise<boolean> {
  return start(studio, { runId: run.id, checkpoint: 'last', mode: 'resume' });
}

/** Trains the project's model as it is now, starting from the weights of an earlier run. */
export function continueFromWeights(
  studio: Studio,
  run: RunSummary,
  checkpoint: CheckpointKind = 'last',
): Promise<boolean> {
  return start(studio, { runId: run.id, checkpoint, mode: 'weights' });
}

/** True where a run has something left to do. */
export function canResume(run: RunSummary): boolean {
  const ended = run.state === 'stopped' || run.state === 'interrupted' || run.state === 'failed';
  return ended && run.epochsDone > 0 && run.epochsDone < run.epochs;
}

type ContinueFrom = { runId: string; checkpoint: CheckpointKind; mode: 'resume' | 'weights' };

async function start(studio: Studio, continueFrom: ContinueFrom | undefined): Promise<boolean> {
  return attempt(studio, async () => {
    await flushStudio(studio);
    await studio.runs.start(continueFrom === undefined ? {} : { continueFrom });
  });
}

async function attempt(studio: Studio, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (thrown) {
    studio.toasts.fail(thrown);
    return false;
  }
}
