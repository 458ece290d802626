import { GATHERED } from '../../../src-shared/compiler/optimizers/emit.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { splitNames } from '../../../src-shared/data/dataset-document.ts';
import type { EngineName, EngineUse } from '../../../src-shared/training/run/run.ts';
import { NUMERICS_VERSION } from '../../../src-shared/training/run/numerics.ts';
import type { CachedFeaturesRecord } from '../../../src-shared/training/run/cached-features.ts';
import type { PreparedDataset } from '../../data/rows/dataset.ts';
import { prepareDataset } from '../../data/prepared/prepare.ts';
import type { Engine, HostTensor } from '../../engines/interface/engine.ts';
import { examplesOfSplit } from '../../engines/interface/example-rows.ts';
import { selectEngine, selectRecorded } from '../../engine-setup/select.ts';
import { Callbacks } from '../callbacks/callbacks.ts';
import { checkIndices } from '../preparation/check-indices.ts';
import { FeatureChooser, featureRoom } from '../cached-features/choose-features.ts';
import { compileOrThrow } from '../preparation/compile.ts';
import { CallSizeChooser, callSizes, chooseThreads } from '../preparation/execution.ts';
import { beginningOf, givenWeights } from '../state/first-state.ts';
import type { SavedState } from '../state/first-state.ts';
import { normalizationRange } from './normalization-range.ts';
import type { Position } from '../state/position.ts';
import type { Send, TrainJob } from '../../training-protocol/protocol.ts';
import { runWarnings } from './run-warnings.ts';
import { RunningModel } from './running-model.ts';
import { updateGroups } from '../state/update-counters.ts';
import { WeightHashes } from '../state/weight-hashes.ts';

/** The model in native memory with its first state, and what is fixed for the run. */
export interface Begun {
  readonly running: RunningModel;
  readonly hashes: WeightHashes;
  /** Where training begins. */
  readonly position: Position;
  /** Number of steps whose gradients are accumulated there. */
  readonly accumulated: number;
  readonly callbacks: Callbacks;
  readonly engine: EngineName;
  readonly chooser: CallSizeChooser;
  readonly threads: number;
  readonly cachedFeatures: CachedFeaturesRecord | null;
}

/** @throws AppError as `trainRun`. The caller disposes `running`. */
export async function beginRun(
  job: TrainJob,
  data: PreparedDataset,
  start: SavedState | null,
  send: Send,
  warn: (message: string) => void,
): Promise<Begun> {
  const { configuration } = job;
  const resumed = start !== null && start.position !== null ? start.tensors : new Map<string, HostTensor>();
  const model = compileOrThrow(job.model, data.spec, configuration, updateGroups(resumed));
  for (const split of splitNames) {
    checkIndices(job.model, data.spec, examplesOfSplit(data.examples, split), () => `a ${split} row`);
  }
  const callbacks = new Callbacks(configuration, model, data.rows.validation > 0);
  const threads = job.execution?.intraOpThreads ?? chooseThreads(model.programs.train, configuration.batchSize);
  send({ kind: 'activity', activity: 'Starting the engine' });
  const { engine, use } = await selectTraining(job, threads, (reason) => warn(`TensorFlow is not used: ${reason}`));
  sendPrepared(send, data, engine);
  runWarnings(job, data, engine, use).forEach(warn);
  const sizes = callSizesFor(data.rows.train, configuration.batchSize);
  const { position, state, notes } = beginningOf(job, model, start);
  notes.forEach(warn);
  if (start !== null && start.position === null) {
    const range = await normalizationRange(model, givenWeights(model, start.tensors), data.examples, engine, threads);
    if (range !== null) warn(range);
  }
  const hashes = new WeightHashes(start?.metadata);
  await hashes.update(model, state, position.step);
  const chooser = new FeatureChooser({
    job,
    rows: data.rows,
    room: await featureRoom(),
    compile: (document) => compileOrThrow(document, data.spec, configuration),
  });
  const { features, record } = chooser.first(model, position.step);
  const source = { engine, intraOpThreads: threads, examples: data.record.splits };
  const running = await RunningModel.open(
    {
      document: job.model,
      features: data.spec,
      configuration,
      engine,
      options: { intraOpThreads: threads, stepsPerCall: sizes },
      data: data.examples,
      cached: { features, chooser, source },
    },
    model,
    state,
    resumed,
  );
  return {
    running,
    hashes,
    position,
    accumulated: state.get(GATHERED)?.data[0] ?? 0,
    callbacks,
    engine: engine.name,
    chooser: new CallSizeChooser(job.execution?.stepsPerCall ?? null, sizes),
    threads,
    cachedFeatures: record,
  };
}

/** @returns Null if the signal aborted it. */
export async function prepareRows(
  job: TrainJob,
  send: Send,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<PreparedDataset | null> {
  let activity = '';
  try {
    const data = await prepareDataset(job.dataset, job.projectFolder, {
      signal,
      apply: job.earlier?.featureSpec ?? undefined,
      onProgress: (fraction, now) => {
        const next = `${now}, ${Math.floor(fraction * 100)} %`;
        if (next !== activity) send({ kind: 'activity', activity: next });
        activity = next;
      },
    });
    data.warnings.forEach(warn);
    if (data.rows.train > 0) return data;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
  throw new AppError(
    'training/no-rows',
    'There are no training rows. Give the training split a larger part of the data on the Data page.',
  );
}

function sendPrepared(send: Send, data: PreparedDataset, engine: Engine): void {
  send({
    kind: 'prepared',
    featureSpec: data.spec,
    rowCounts: data.rows,
    dataFingerprint: data.fingerprint,
    dataRecord: data.record,
    engine: engine.name,
    device: engine.device,
    versions: {
      [engine.name]: engine.version,
      node: process.versions.node,
      numerics: String(NUMERICS_VERSION),
    },
  });
}

async function selectTraining(
  { configuration, engineAsRecorded }: TrainJob,
  threads: number,
  onFallback: (reason: string) => void,
): Promise<{ engine: Engine; use: EngineUse }> {
  const { engine: asked } = configuration;
  if (engineAsRecorded && asked !== 'auto') return selectRecorded(asked, threads);
  const engine = await selectEngine(asked, threads, onFallback);
  return { engine, use: { name: engine.name } };
}

/** One engine call trains full batches of one epoch only. */
function callSizesFor(rows: number, batchSize: number): number[] {
  const [smallest = 1, ...larger] = callSizes;
  return [smallest, ...larger.filter((size) => size <= Math.floor(rows / batchSize))];
}
