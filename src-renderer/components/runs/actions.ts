import type { CheckpointKind, RunSummary } from '../../../src-shared/training/run/run.ts';
import { RESUME_WEIGHTS } from '../../../src-shared/training/run/run-weights.ts';
import { startTraining } from './training-commands.ts';
import type { Studio } from '../../state/studio.svelte.ts';

/**
 * What a person can do about training, from the training screen, the run list and the
 * workbench alike. Failures become toasts.
 */

/** Saves everything and trains the project's model as it is. */
export function train(studio: Studio): Promise<void> {
  return startTraining(studio);
}

/** Ends after the step in progress; the weights of that moment are kept. */
export async function stop(studio: Studio, runId = studio.runs.active?.id): Promise<void> {
  if (runId === undefined) return;
  try {
    await studio.runs.stop(runId);
  } catch (thrown) {
    studio.toasts.fail(thrown);
  }
}

/** Goes on where a run ended: same model, settings, epoch, step and optimizer state, as if it had never stopped. */
export function resume(studio: Studio, run: RunSummary): Promise<void> {
  return startTraining(studio, {
    continueFrom: { runId: run.id, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings: 'run' },
  });
}

/** Goes on where a run ended, to a later epoch. @param epochs Of the whole, those already trained included. */
export function trainOn(studio: Studio, run: RunSummary, epochs: number, settings: 'run' | 'project'): Promise<void> {
  const from = { runId: run.id, checkpoint: RESUME_WEIGHTS, mode: 'resume' } as const;
  return startTraining(studio, { continueFrom: { ...from, settings, epochs } });
}

/** Trains a run once more as it was recorded. */
export function repeat(studio: Studio, run: RunSummary): Promise<void> {
  return startTraining(studio, { repeat: run.id });
}

/** Trains the project's model as it is now, starting from the weights of an earlier run. */
export function continueFromWeights(studio: Studio, run: RunSummary, checkpoint: CheckpointKind): Promise<void> {
  return startTraining(studio, { continueFrom: { runId: run.id, checkpoint, mode: 'weights' } });
}
