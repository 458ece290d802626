import type { Pretraining } from '../../../../src-shared/starting-points/pretraining/encoder.ts';
import { pretrainingData, pretrainingName } from '../../../../src-shared/starting-points/pretraining/pretraining.ts';
import { withEpochs } from '../../../../src-shared/training/configuration/phases.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import { weightsForUse } from '../../../../src-shared/training/run/run-weights.ts';
import type { StartOptions } from '../../../state/runs-store.svelte.ts';
import type { Stores } from '../../../state/stores.ts';

type Needed = 'project' | 'documents' | 'dataset' | 'configuration' | 'runs' | 'layout' | 'toasts' | 'training';

/**
 * Trains layers of the project's model without labels, each run from the weights of the one before. When the last is
 * completed, the model names its weights, in one undoable step. Failures become toasts.
 *
 * @param epochs Of each run.
 */
export async function pretrain(
  stores: Pick<Stores, Needed>,
  pretrainings: readonly Pretraining[],
  epochs: number,
): Promise<void> {
  const { project, documents, dataset, configuration, runs, layout, toasts, training } = stores;
  if (!project.mayEdit()) return;
  await toasts.attempt(async () => {
    await documents.flush();
    let from: StartOptions['continueFrom'];
    let last: RunSummary | null = null;
    for (const pretraining of pretrainings) {
      const trained = withEpochs({ ...configuration.value, ...pretraining.configuration }, epochs);
      const runId = await runs.start({
        name: pretrainingName(pretraining),
        ...(from === undefined ? {} : { continueFrom: from }),
        documents: {
          model: pretraining.document,
          dataset: pretrainingData(dataset.document, pretraining),
          configuration: trained,
        },
      });
      layout.showDrawer('curves');
      const run = await training.pretrainingEnded(runId);
      if (run === null) return;
      if (run.state !== 'completed') {
        toasts.info(`Run ${run.number} was not completed, so the model keeps the weights that it had.`);
        return;
      }
      last = run;
      from = { runId, checkpoint: weightsForUse(run), mode: 'weights' };
    }
    if (last !== null) await training.takePretrained(last);
  });
}
