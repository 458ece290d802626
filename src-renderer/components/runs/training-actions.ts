import { randomFrozenAtStart, type StartedModel } from '../../../src-shared/diagnostics/checks/random-frozen.ts';
import type { CheckpointKind, RunSummary } from '../../../src-shared/training/run/run.ts';
import { RESUME_WEIGHTS } from '../../../src-shared/training/run/run-weights.ts';
import type { StartOptions } from '../../state/runs-store.svelte.ts';
import { type Studio } from '../../state/studio.svelte.ts';

/** Starting and stopping training, for buttons, dialogs and commands. Failures become toasts. */

/**
 * Saves all edits, starts training and shows the curves. If frozen layers would keep random weights,
 * asks first (`runs.question`).
 * @param confirmed The user has answered that question.
 */
export async function startTraining(studio: Studio, options: StartOptions = {}, confirmed = false): Promise<void> {
  const { runs, layout, steps, toasts } = studio;
  try {
    await studio.documents.flush();
    const layers = confirmed ? [] : await layersLeftRandom(studio, options);
    runs.question = layers.length === 0 ? null : { layers, options };
    if (runs.question !== null) return;
    await runs.start(options);
    if (steps.current === 'model') layout.showDrawer('curves');
    else steps.current = 'train';
  } catch (thrown) {
    toasts.fail(thrown);
  }
}

/** Frozen layers that would start with random weights. Resumed and repeated runs keep what they had. */
async function layersLeftRandom(studio: Studio, { repeat, continueFrom }: StartOptions): Promise<string[]> {
  const { client, model, dataset, configuration, analysis } = studio;
  const { features } = dataset;
  if (repeat !== undefined || continueFrom?.mode === 'resume' || continueFrom?.settings === 'run') return [];
  if (features === null || analysis.errors.length > 0) return [];
  const start = { model: model.whole, features, configuration: configuration.value };
  if (randomFrozenAtStart(start, null).length === 0) return [];
  return randomFrozenAtStart(start, continueFrom === undefined ? null : await modelOf(client, continueFrom.runId));
}

async function modelOf(client: Studio['client'], runId: string): Promise<StartedModel | null> {
  const { model, featureSpec, configuration } = await client.request('runs.get', { runId });
  return featureSpec === null ? null : { model, features: featureSpec, configuration };
}

/** Stops after the current step; a checkpoint keeps the weights of that step. */
export async function stop({ runs, toasts }: Studio, run: RunSummary): Promise<void> {
  try {
    await runs.stop(run.id);
  } catch (thrown) {
    toasts.fail(thrown);
  }
}

/** Continues a run from its last checkpoint: same model, settings, step and optimizer state. */
export function resume(studio: Studio, run: RunSummary): Promise<void> {
  return startTraining(studio, {
    continueFrom: { runId: run.id, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings: 'run' },
  });
}

/** Continues a run to a later epoch. @param epochs Total, including those already trained. */
export function trainLonger(
  studio: Studio,
  run: RunSummary,
  epochs: number,
  settings: 'run' | 'project',
): Promise<void> {
  return startTraining(studio, {
    continueFrom: { runId: run.id, checkpoint: RESUME_WEIGHTS, mode: 'resume', settings, epochs },
  });
}

/** Trains a run again as it was recorded. */
export function repeat(studio: Studio, run: RunSummary): Promise<void> {
  return startTraining(studio, { repeat: run.id });
}

/** Trains the project's current model, starting from the weights of an earlier run. */
export function continueFromWeights(studio: Studio, run: RunSummary, checkpoint: CheckpointKind): Promise<void> {
  return startTraining(studio, { continueFrom: { runId: run.id, checkpoint, mode: 'weights' } });
}
