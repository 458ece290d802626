import type { SplitName } from '../../src-shared/data/dataset-document.ts';
import { documentForSpec } from '../data/features/apply-spec.ts';
import type { PrepareOptions } from '../data/rows/dataset.ts';
import { examplesOfSplit } from '../engines/interface/example-rows.ts';
import { sampleRows } from '../data/prepared/samples.ts';
import { checkIndices } from './preparation/check-indices.ts';
import { exportRun } from './jobs/export-run.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import type { CallContext, CallHandlers } from '../processes/answer-calls.ts';
import type { TrainedModel, TrainerCalls } from '../training-protocol/protocol.ts';
import { predictRows } from './jobs/predict-rows.ts';
import { predictTensors } from './jobs/predict-tensors.ts';
import { testResult } from './evaluation/test-result.ts';
import { DataCache, dataOfRun, filesOfRun, TrainedSession } from './jobs/trained-session.ts';
import { weightChanges } from './jobs/weight-changes.ts';

type Context = CallContext<RequestProgress>;

function readingOptions({ signal, onProgress }: Context): Pick<PrepareOptions, 'signal' | 'onProgress'> {
  return { signal, onProgress: (fraction, activity) => onProgress({ fraction, activity }) };
}

/** A function that reports progress and lets a message that aborts the job arrive. It throws the signal's reason. */
function stepOf({ signal, onProgress }: Context, activity: string): (fraction: number) => Promise<void> {
  return async (fraction) => {
    onProgress({ fraction, activity });
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
}

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
    evaluate: ({ trained, projectFolder, split }, context) => this.#evaluate(trained, projectFolder, split, context),
    predict: async ({ trained, projectFolder, rows, draws }, context) => {
      const opened = await this.#open(trained, context);
      const onProgress = stepOf(context, 'Predicting');
      return predictRows(opened, rows, draws, { folder: projectFolder, signal: context.signal, onProgress });
    },
    predictTensors: (params, context) => {
      context.onProgress({ fraction: null, activity: 'Starting the engine' });
      return predictTensors(params, stepOf(context, 'Predicting'));
    },
    dataChange: ({ trained, projectFolder, split }, context) =>
      filesOfRun(trained, projectFolder, split, readingOptions(context)),
    samples: ({ dataset, featureSpec, projectFolder, split, count, offset }, context) => {
      const document = featureSpec === null ? dataset : documentForSpec(dataset, featureSpec);
      return sampleRows(document, projectFolder, split, count, offset, readingOptions(context));
    },
    weightChanges: (params, context) => weightChanges(params, stepOf(context, 'Comparing weights')),
    export: async ({ trained, projectFolder, folder }, context) => {
      const opened = await this.#open(trained, context);
      const data = () => dataOfRun(this.#data, trained, projectFolder, 'test', readingOptions(context));
      return exportRun(opened, folder, data, context);
    },
  };

  async #evaluate(
    trained: TrainedModel,
    projectFolder: string,
    split: SplitName,
    context: Context,
  ): Promise<TrainerCalls['evaluate']['result']> {
    const { data, change } = await dataOfRun(this.#data, trained, projectFolder, split, readingOptions(context));
    const { session, model, batchSize, engine } = await this.#open(trained, context);
    const examples = examplesOfSplit(data.examples, split);
    checkIndices(trained.model, trained.featureSpec, examples, () => `a ${split} row`);
    await session.loadData(data.examples);
    const step = stepOf(context, `Evaluating ${split} rows`);
    await step(0);
    const { featureSpec } = trained;
    const result = await testResult(session, model, featureSpec, split, examples, batchSize, undefined, step);
    return { ...result, ...trained.weights, engine, ...(change === null ? {} : { dataChange: change }) };
  }

  async #open(trained: TrainedModel, { signal, onProgress }: Context): Promise<TrainedSession> {
    signal.throwIfAborted();
    if (this.#session?.fits(trained) === true) return this.#session;
    onProgress({ fraction: null, activity: 'Starting the engine' });
    await this.#session?.session.dispose();
    this.#session = null;
    this.#session = await TrainedSession.open(trained);
    // The session is kept: the next job is probably on the same model.
    signal.throwIfAborted();
    return this.#session;
  }
}
