import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { dataChange } from '../../../src-shared/data/data-change.ts';
import type { DataChange } from '../../../src-shared/data/data-change.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { EngineUse } from '../../../src-shared/training/run/run.ts';
import type { PreparedDataset, PrepareOptions } from '../../data/rows/dataset.ts';
import { fingerprintOf } from '../../data/prepared/fingerprint.ts';
import { prepareDataset } from '../../data/prepared/prepare.ts';
import type { EngineSession, HostTensor } from '../../engines/interface/engine.ts';
import { evaluationBatchSize } from '../../engines/interface/model-calls.ts';
import { selectRecorded } from '../../engine-setup/select.ts';
import { readArtifact } from '../../runs/artifacts.ts';
import { compileOrThrow } from '../preparation/compile.ts';
import { weightsAmong } from '../state/state-for-use.ts';
import { chooseThreads } from '../preparation/execution.ts';
import type { TrainedData, TrainedModel } from '../../training-protocol/protocol.ts';

/** A trained model in native memory, ready to predict and evaluate. */
export class TrainedSession {
  readonly trained: TrainedModel;
  readonly model: CompiledModel;
  /** The checkpoint's tensors. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly session: EngineSession;
  readonly engine: EngineUse;
  /** Rows per call. */
  readonly batchSize: number;

  private constructor(
    trained: TrainedModel,
    model: CompiledModel,
    tensors: ReadonlyMap<string, HostTensor>,
    session: EngineSession,
    engine: EngineUse,
  ) {
    this.trained = trained;
    this.model = model;
    this.tensors = tensors;
    this.session = session;
    this.engine = engine;
    this.batchSize = evaluationBatchSize(model.programs.evaluate);
  }

  /**
   * The engine is the one that trained the run; where that cannot be used, the other.
   *
   * @throws AppError 'runs/checkpoint-…' or 'engine/…'. The caller disposes the session.
   */
  static async open(trained: TrainedModel): Promise<TrainedSession> {
    const { tensors } = await readArtifact(trained.checkpoint.folder, trained.checkpoint.sha256);
    const model = compileOrThrow(trained.model, trained.featureSpec, trained.configuration);
    const threads = chooseThreads(model.programs.train, trained.configuration.batchSize);
    const { engine, use } = await selectRecorded(trained.engine, threads);
    const { evaluate, predict } = model.programs;
    const session = await engine.createSession(
      { programs: { evaluate, predict }, weights: model.weights, slots: [] },
      { intraOpThreads: engine.name === 'onnx' ? threads : 0, stepsPerCall: [1] },
    );
    await session.writeState(weightsAmong(model, tensors));
    return new TrainedSession(trained, model, tensors, session, use);
  }

  /** True if `trained` has the same weights of the same model. */
  fits(trained: TrainedModel): boolean {
    const { runId, checkpoint } = this.trained;
    return runId === trained.runId && checkpoint.sha256 === trained.checkpoint.sha256;
  }
}

/** The most recently prepared split, kept for the next job. */
export class DataCache {
  #key = '';
  #data: PreparedDataset | null = null;

  /** @param fingerprint Of the files now: changed files are read again. */
  async prepare(
    { dataset, featureSpec }: TrainedModel,
    projectFolder: string,
    split: SplitName,
    fingerprint: string,
    options: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
  ): Promise<PreparedDataset> {
    const key = JSON.stringify([projectFolder, dataset, featureSpec, split, fingerprint]);
    if (this.#data !== null && this.#key === key) return this.#data;
    this.#data = null;
    this.#data = await prepareDataset(dataset, projectFolder, { ...options, apply: featureSpec, encode: [split] });
    this.#key = key;
    return this.#data;
  }
}

/** A run's data now. */
export interface DataOfRun {
  readonly data: PreparedDataset;
  /** Changes since training; null: none. */
  readonly change: DataChange | null;
}

/**
 * A run's data from its current files, split and prepared as in training.
 *
 * @throws AppError 'dataset/empty-split', 'dataset/…' if the data cannot be prepared with the run's spec.
 */
export async function dataOfRun(
  cache: DataCache,
  trained: TrainedModel,
  projectFolder: string,
  split: SplitName,
  options: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
): Promise<DataOfRun> {
  const { fingerprint, files } = await fingerprintOf(trained.dataset, projectFolder, options);
  const data = await cache.prepare(trained, projectFolder, split, fingerprint, options);
  if (data.rows[split] > 0) {
    return { data, change: dataChange(trained.data, { fingerprint, files, read: data }, split) };
  }
  throw new AppError(
    'dataset/empty-split',
    `The ${split} split has no rows. Choose another split, or give it a part of the data and train again.`,
    { split },
  );
}

/** Changes of a run's files since training, without reading the data. */
export async function filesOfRun(
  { dataset, data }: TrainedData,
  projectFolder: string,
  split: SplitName,
  options: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
): Promise<DataChange | null> {
  return dataChange(data, { ...(await fingerprintOf(dataset, projectFolder, options)), read: null }, split);
}
