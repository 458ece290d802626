import type { CompiledModel } from '../../src-shared/compiler/compiled.ts';
import { AppError } from '../../src-shared/contract/app-error.ts';
import type { SplitName } from '../../src-shared/dataset/dataset-document.ts';
import type { PreparedDataset } from '../datasets/dataset.ts';
import { fingerprintOf } from '../datasets/fingerprint.ts';
import { prepareDataset } from '../datasets/prepare.ts';
import type { EngineSession, HostTensor } from '../engines/engine.ts';
import { selectEngine } from '../engines/select.ts';
import { readArtifact } from '../runs/artifacts.ts';
import { compileOrThrow } from './compile.ts';
import { chooseThreads, evaluationBatchSize } from './execution.ts';
import type { TrainedModel } from './protocol.ts';

/** A trained model in native memory, ready to predict and evaluate. */
export class TrainedSession {
  readonly trained: TrainedModel;
  readonly model: CompiledModel;
  /** The checkpoint's tensors. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly session: EngineSession;
  /** Rows per call. */
  readonly batchSize: number;

  private constructor(
    trained: TrainedModel,
    model: CompiledModel,
    tensors: ReadonlyMap<string, HostTensor>,
    session: EngineSession,
  ) {
    this.trained = trained;
    this.model = model;
    this.tensors = tensors;
    this.session = session;
    this.batchSize = evaluationBatchSize(model);
  }

  /**
   * The engine is the one that trained the run; where that is missing, any.
   *
   * @throws AppError 'runs/checkpoint-…' or 'engine/…'. The caller disposes the session.
   */
  static async open(trained: TrainedModel): Promise<TrainedSession> {
    const { tensors } = await readArtifact(trained.checkpoint.folder, trained.checkpoint.sha256);
    const model = compileOrThrow(trained.model, trained.featureSpec, trained.configuration);
    const threads = chooseThreads(model, trained.configuration.batchSize);
    const engine = await selectEngine(trained.engine ?? 'auto', threads).catch(() => selectEngine('auto', threads));
    const session = await engine.createSession(model, {
      intraOpThreads: engine.name === 'onnx' ? threads : 0,
      stepsPerCall: [1],
    });
    await session.writeState(weightsOf(model, tensors));
    return new TrainedSession(trained, model, tensors, session);
  }

  /** True where `trained` means the same weights of the same model. */
  fits(trained: TrainedModel): boolean {
    const { runId, checkpoint } = this.trained;
    return runId === trained.runId && checkpoint.sha256 === trained.checkpoint.sha256;
  }
}

/** What predicting needs of a checkpoint. */
function weightsOf(model: CompiledModel, tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map(model.weights.flatMap(({ name }) => (tensors.has(name) ? [[name, tensors.get(name)!] as const] : [])));
}

/** The split prepared last, kept for the next job. */
export class DataCache {
  #key = '';
  #data: PreparedDataset | null = null;

  /** @param fingerprint Of the files now: other contents are read again. */
  async prepare(
    { dataset, featureSpec }: TrainedModel,
    projectFolder: string,
    split: SplitName,
    fingerprint: string,
  ): Promise<PreparedDataset> {
    const key = JSON.stringify([projectFolder, dataset, featureSpec, split, fingerprint]);
    if (this.#data !== null && this.#key === key) return this.#data;
    this.#data = null;
    this.#data = await prepareDataset(dataset, projectFolder, { apply: featureSpec, encode: [split] });
    this.#key = key;
    return this.#data;
  }
}

/**
 * A run's data, prepared as it was trained on.
 *
 * @throws AppError 'runs/data-changed' where the files say something else by now, for rows may
 *   have moved between the splits; 'dataset/empty-split'.
 */
export async function dataOfRun(
  cache: DataCache,
  trained: TrainedModel,
  projectFolder: string,
  split: SplitName,
): Promise<PreparedDataset> {
  const { dataset, dataFingerprint } = trained;
  const fingerprint = await fingerprintOf(dataset, projectFolder);
  if (dataFingerprint !== null && fingerprint !== dataFingerprint) {
    throw new AppError(
      'runs/data-changed',
      `The data of '${trained.dataset.name}' has changed since run '${trained.runId}' was trained, so its splits are not the same rows any more. Put the files back as they were, or train again.`,
      { runId: trained.runId },
    );
  }
  const data = await cache.prepare(trained, projectFolder, split, fingerprint);
  if (data.rows[split] > 0) return data;
  throw new AppError(
    'dataset/empty-split',
    `The ${split} split has no rows. Choose another split, or give it a part of the data and train again.`,
    { split },
  );
}
