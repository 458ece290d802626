import { DEFAULT_DRAWS } from '../../../src-shared/contract/run-results.ts';
import type { ExportFormat, InputRow } from '../../../src-shared/contract/run-results.ts';
import type { RequestProgress } from '../../../src-shared/contract/transport.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { CheckpointKind } from '../../../src-shared/training/run/run.ts';
import { isActive } from '../../../src-shared/training/run/run-state.ts';
import { weightsForUse } from '../../../src-shared/training/run/run-weights.ts';
import { ProgramCalls } from '../../processes/program-calls.ts';
import type { CallOptions } from '../../processes/program-calls.ts';
import { describeExit } from '../../processes/program-process.ts';
import type { RunStore } from '../../runs/store.ts';
import { whenFree } from '../../runs/when-free.ts';
import type { TrainerCalls } from '../../training-protocol/protocol.ts';
import { trainerProgram } from './supervised-run.ts';
import { checkpointFile, recordedData, trainedModel } from './trained-model.ts';

/** The process keeps the model and data of its last job in memory for the next one. */
const WORKER_IDLE_MS = 60_000;

/**
 * An aborted job gives up between two batches, and the process keeps the model. One that does not, within native code,
 * ends with its process; the next job waits until then.
 */
const JOB_ABORT_GRACE_MS = 2_000;

/** Cancel and progress of a short job. */
export type JobOptions = CallOptions<RequestProgress>;

/** Short jobs on trained models. They share one worker process, which ends after a while without jobs. */
export class RunJobs {
  readonly #store: RunStore;
  readonly #onRecorded: (runId: string) => void;
  readonly #calls: ProgramCalls<TrainerCalls>;

  /** @param onRecorded Called when a run's test result was recorded. */
  constructor(store: RunStore, onRecorded: (runId: string) => void) {
    this.#store = store;
    this.#onRecorded = onRecorded;
    this.#calls = new ProgramCalls({
      ...trainerProgram,
      idleMs: WORKER_IDLE_MS,
      abortGraceMs: JOB_ABORT_GRACE_MS,
      ended: (exit) =>
        new AppError(
          'training/worker-ended',
          `The process that worked on this ended before it was done: ${describeExit(exit)}. Try again; if it happens again, choose the other engine.`,
        ),
    });
  }

  /** Ends the worker process. */
  close(): Promise<void> {
    return this.#calls.close();
  }

  /** Evaluates a checkpoint on a split. The result on the test split with the weights for use is recorded. */
  async evaluate(
    runId: string,
    checkpoint: CheckpointKind,
    split: SplitName,
    options: JobOptions = {},
  ): Promise<TrainerCalls['evaluate']['result']> {
    const trained = trainedModel(this.#store, runId, checkpoint);
    const result = await this.#calls.call('evaluate', { trained, projectFolder: this.#store.folder, split }, options);
    const run = this.#store.summary(runId);
    // A result on changed data is not the run's result.
    const records = result.dataChange === undefined && this.#store.readOnly === null;
    if (records && split === 'test' && checkpoint === weightsForUse(run) && !isActive(run.state)) {
      await whenFree(() => this.#store.setTest(runId, result));
      // If that fails, the result is recorded and returned all the same.
      this.#onRecorded(runId);
    }
    return result;
  }

  /** @param draws Draws per row if the model has Monte Carlo layers. */
  async predict(
    runId: string,
    checkpoint: CheckpointKind,
    rows: readonly InputRow[],
    draws: number = DEFAULT_DRAWS,
    options: JobOptions = {},
  ): Promise<TrainerCalls['predict']['result']> {
    const trained = trainedModel(this.#store, runId, checkpoint);
    const params = { trained, projectFolder: this.#store.folder, rows: [...rows], draws };
    return this.#calls.call('predict', params, options);
  }

  /**
   * Predicts for prepared inputs of a `.npz` file.
   *
   * @param used The weights of a run, or those that a model document names.
   */
  async predictTensors(
    used:
      | { readonly runId: string; readonly checkpoint: CheckpointKind }
      | { readonly model: ModelDocument; readonly artifact: string },
    files: { readonly input: string; readonly output: string },
    options: JobOptions = {},
  ): Promise<TrainerCalls['predictTensors']['result']> {
    if ('artifact' in used) {
      const weights = checkpointFile(this.#store, used.artifact);
      const params = {
        model: used.model,
        featureSpec: this.#store.files.specOf(used.artifact),
        seed: 0,
        weights,
        engine: null,
      };
      return this.#calls.call('predictTensors', { ...params, ...files }, options);
    }
    const { model, featureSpec, configuration, checkpoint, engine } = trainedModel(
      this.#store,
      used.runId,
      used.checkpoint,
    );
    const params = { model, featureSpec, seed: configuration.seed, weights: checkpoint, engine };
    return this.#calls.call('predictTensors', { ...params, ...files }, options);
  }

  /** How the run's data files differ from those it was trained on; null: not at all. */
  async dataChange(
    runId: string,
    split: SplitName,
    options: JobOptions = {},
  ): Promise<TrainerCalls['dataChange']['result']> {
    const run = this.#store.get(runId);
    const trained = { dataset: run.dataset, data: recordedData(run) };
    return this.#calls.call('dataChange', { trained, projectFolder: this.#store.folder, split }, options);
  }

  /** Raw rows of the run's data files, with their true targets. */
  async samples(
    runId: string,
    split: SplitName,
    count: number,
    offset: number,
    options: JobOptions = {},
  ): Promise<TrainerCalls['samples']['result']> {
    const { dataset, featureSpec } = this.#store.get(runId);
    const projectFolder = this.#store.folder;
    return this.#calls.call('samples', { dataset, featureSpec, projectFolder, split, count, offset }, options);
  }

  async weightChanges(
    runId: string,
    checkpoint: CheckpointKind,
    options: JobOptions = {},
  ): Promise<TrainerCalls['weightChanges']['result']> {
    const trained = trainedModel(this.#store, runId, checkpoint);
    const initial = checkpointFile(this.#store, this.#store.requireCheckpoint(runId, 'initial').sha256);
    return this.#calls.call('weightChanges', { trained, initial }, options);
  }

  /** @param folder Absolute. */
  async export(
    runId: string,
    checkpoint: CheckpointKind,
    format: ExportFormat,
    folder: string,
    options: JobOptions = {},
  ): Promise<TrainerCalls['export']['result']> {
    const trained = trainedModel(this.#store, runId, checkpoint);
    return this.#calls.call('export', { trained, projectFolder: this.#store.folder, format, folder }, options);
  }
}
