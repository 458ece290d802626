import type { SplitName } from '../../src-shared/data/dataset-document.ts';
import { documentForSpec } from '../data/features/apply-spec.ts';
import { sampleRows } from '../data/prepared/samples.ts';
import { checkIndices } from './check-indices.ts';
import { exportRun } from './export-run.ts';
import type { CallHandlers } from '../processes/answer-calls.ts';
import type { TrainedModel, TrainerCalls } from '../training-protocol/protocol.ts';
import { predictRows } from './predict-rows.ts';
import { testResult } from './test-result.ts';
import { DataCache, dataOfRun, filesOfRun, TrainedSession } from './trained-session.ts';
import { weightChanges } from './weight-changes.ts';

/** Short jobs on trained models; keeps the last model and data for the next job. Jobs must not overlap. */
export class JobRunner {
  readonly #data = new DataCache();
  #session: TrainedSession | null = null;

  /** Frees native memory and the engine's temporary files. */
  async close(): Promise<void> {
    await this.#session?.session.dispose();
    this.#session = null;
  }

  readonly handlers: CallHandlers<TrainerCalls> = {
    evaluate: ({ trained, projectFolder, split }) => this.#evaluate(trained, projectFolder, split),
    predict: async ({ trained, rows, draws }) => predictRows(await this.#open(trained), rows, draws),
    dataChange: ({ trained, projectFolder, split }) => filesOfRun(trained, projectFolder, split),
    samples: ({ dataset, featureSpec, projectFolder, split, count, offset }) => {
      const document = featureSpec === null ? dataset : documentForSpec(dataset, featureSpec);
      return sampleRows(document, projectFolder, split, count, offset);
    },
    weightChanges,
    export: async ({ trained, projectFolder, folder }) =>
      exportRun(await this.#open(trained), folder, () => dataOfRun(this.#data, trained, projectFolder, 'test')),
  };

  async #evaluate(
    trained: TrainedModel,
    projectFolder: string,
    split: SplitName,
  ): Promise<TrainerCalls['evaluate']['result']> {
    const { data, change } = await dataOfRun(this.#data, trained, projectFolder, split);
    const { session, model, batchSize, engine } = await this.#open(trained);
    checkIndices(trained.model, trained.featureSpec, data.splits[split], () => `a ${split} row`);
    await session.loadSplit(split, data.splits[split]);
    const result = await testResult(session, model, trained.featureSpec, split, data.splits[split], batchSize);
    return { ...result, ...trained.weights, engine, ...(change === null ? {} : { dataChange: change }) };
  }

  async #open(trained: TrainedModel): Promise<TrainedSession> {
    if (this.#session?.fits(trained) === true) return this.#session;
    await this.#session?.session.dispose();
    this.#session = null;
    this.#session = await TrainedSession.open(trained);
    return this.#session;
  }
}
