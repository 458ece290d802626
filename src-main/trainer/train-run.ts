import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { GATHERED } from '../../src-shared/compiler/optimizers/emit.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { splitNames } from '../../src-shared/data/dataset-document.ts';
import type { CheckpointKind, EndedBy, EngineName, EngineUse } from '../../src-shared/training/run/run.ts';
import { freezingFault, layerFreezing } from '../../src-shared/training/run/freezing-proof.ts';
import { NUMERICS_VERSION } from '../../src-shared/training/run/numerics.ts';
import type { CachedFeaturesRecord } from '../../src-shared/training/run/cached-features.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { weightsForUse } from '../../src-shared/training/run/run-weights.ts';
import type { RunWeights } from '../../src-shared/training/run/run-weights.ts';
import type { PreparedDataset } from '../data/rows/dataset.ts';
import { prepareDataset } from '../data/prepared/prepare.ts';
import type { Engine, EngineSession, HostTensor } from '../engines/interface/engine.ts';
import { evaluationBatchSize } from '../engines/interface/model-calls.ts';
import { examplesOfSplit } from '../engines/interface/example-rows.ts';
import { selectEngine, selectRecorded } from '../engine-setup/select.ts';
import { readArtifact } from '../runs/artifacts.ts';
import { requireInPlace } from '../runs/history-place.ts';
import { collectGarbage } from './collect-garbage.ts';
import { useAverages } from './averaged-weights.ts';
import { Callbacks } from './callbacks/callbacks.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { CommandQueue, Replays } from './command-queue.ts';
import { checkIndices } from './check-indices.ts';
import { FeatureChooser, featureRoom, recordAfter } from './cached-features/choose-features.ts';
import { compileOrThrow } from './compile.ts';
import { CallSizeChooser, callSizes, chooseThreads } from './execution.ts';
import { beginningOf, givenWeights, readStart } from './first-state.ts';
import type { SavedState } from './first-state.ts';
import { Hold } from './hold.ts';
import { normalizationRange } from './normalization-range.ts';
import type { Position } from './position.ts';
import { planPhases } from './plan-phases.ts';
import { Progress } from './progress.ts';
import { bestRule } from '../../src-shared/training/callbacks/best-epoch.ts';
import type { Send, TrainJob } from '../training-protocol/protocol.ts';
import { runWarnings } from './run-warnings.ts';
import { RunningModel } from './running-model.ts';
import { stepsOf } from './step-rates.ts';
import { testResult } from './test-result.ts';
import { weightsAmong } from './trained-session.ts';
import { TrainingLoop } from './training-loop.ts';
import { updateGroups } from './update-counters.ts';
import { WeightHashes } from './weight-hashes.ts';

/** Memory is logged for the first hundred epochs, then for every hundredth. */
const LOGGED_EPOCHS = 100;

/**
 * Trains a run from its documents to its test result and reports to core.
 *
 * @param signal Stops training after the current engine call; the state is saved.
 * @param hold Pauses training between two engine calls.
 * @param commands Applied between two engine calls.
 * @throws AppError 'model/invalid', 'dataset/…', 'engine/…', 'training/…', 'runs/…'.
 */
export async function trainRun(
  asked: TrainJob,
  send: Send,
  signal: AbortSignal,
  hold = new Hold(),
  commands = new CommandQueue(),
): Promise<Ending> {
  const warn = (message: string): void => send({ kind: 'log', level: 'warning', message });
  const data = await prepare(asked, send, warn, signal);
  if (data === null) return { state: 'stopped', endedBy: null };
  const start = await readStart(asked);
  const job = planPhases(asked, data, start, send);
  const begun = await begin(job, data, start, send, warn);
  // The host's copy of the first state is as large as the model.
  await collectGarbage();
  try {
    return await trainSession({ ...begun, job, send, warn, signal, hold, commands, data });
  } finally {
    await begun.running.dispose();
  }
}

/** The model in native memory with its first state, and what is fixed for the run. */
interface Begun {
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
async function begin(
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

/** How a training ended that did not fail. */
export interface Ending {
  readonly state: 'completed' | 'stopped';
  readonly endedBy: EndedBy | null;
}

interface Training extends Begun {
  readonly job: TrainJob;
  readonly send: Send;
  /** Logs a warning. */
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
  readonly hold: Hold;
  readonly commands: CommandQueue;
  readonly data: PreparedDataset;
}

async function trainSession(training: Training): Promise<Ending> {
  const { job, send, warn, signal, hold, commands, data, running, hashes, position, callbacks, chooser, threads } =
    training;
  const { configuration } = job;

  // Last: the weights that Keras's `fit` returns. Best: the weights that were validated.
  const averaged: CheckpointKind[] = configuration.optimizer.ema?.validate === true ? ['last', 'best'] : ['last'];
  const progress = new Progress(send, position.step, stepsOf(data.rows.train, configuration));
  const best = job.start?.best ?? null;
  const inPlace = (): void => requireInPlace(job.projectFolder, job.history);
  const checkpoints = new CheckpointWriter(running, hashes, averaged, best, job.artifacts, inPlace, (written) => {
    // Steps and epochs first: a run resumed from a checkpoint must have all of them.
    progress.reportPending();
    send({ kind: 'checkpoints', checkpoints: [...written] });
  });
  if (job.start?.mode !== 'resume') {
    await checkpoints.save(['initial'], position);
    await checkpoints.finish();
  }
  const evaluationBatch = evaluationBatchSize(running.model.programs.evaluate);
  let { cachedFeatures } = training;
  const sendExecution = (): void =>
    send({
      kind: 'execution',
      execution: {
        stepsPerCall: chooser.chosen,
        intraOpThreads: threads,
        ...(cachedFeatures === null ? {} : { cachedFeatures }),
      },
    });
  sendExecution();
  const loop = new TrainingLoop(
    {
      running,
      hashes,
      pretrained: job.start !== null,
      accumulated: training.accumulated,
      configuration,
      rows: data.rows,
      evaluationBatch,
      chooser,
      callbacks,
      checkpoints,
      progress,
      signal,
      hold,
      commands,
      replays: new Replays(job.commands),
      send,
      onChosen: sendExecution,
      onFeatures: (prepared) => {
        if (cachedFeatures?.used === true) cachedFeatures = { ...cachedFeatures, ...prepared };
        sendExecution();
      },
      onFrozen: (step) => {
        cachedFeatures = recordAfter(cachedFeatures, running.cachedFeatures, step);
        sendExecution();
      },
      onEpoch: (epoch) => {
        if (epoch > LOGGED_EPOCHS && epoch % LOGGED_EPOCHS > 0) return;
        send({ kind: 'log', level: 'debug', message: memoryLine(epoch, running.session) });
      },
      onWarning: warn,
    },
    position,
  );
  progress.reportNow(loop.progressState('Training'), () => ({}));
  let ended: 'completed' | 'stopped';
  try {
    ended = await loop.run();
  } finally {
    // Also after a failure: progress is reported, and checkpoints of earlier epochs are kept.
    progress.reportNow(loop.progressState('Saving'), () => loop.runningMetrics);
    // The last weights must be on disk before the session gets other weights.
    await checkpoints.finish();
    progress.reportNow(loop.progressState('Comparing weights'), () => loop.runningMetrics);
    await compareWeights(training, loop.step);
  }
  if (ended === 'completed' && data.rows.test > 0) {
    progress.reportNow(loop.progressState('Testing'), () => loop.runningMetrics);
    const { session, model } = running;
    const weights = await takeWeightsForUse(session, model, configuration, checkpoints, loop.epochsDone);
    const examples = examplesOfSplit(data.examples, 'test');
    const result = await testResult(session, model, data.spec, 'test', examples, evaluationBatch, warn);
    send({ kind: 'test', result: { ...result, ...weights, engine: { name: training.engine } } });
  }
  return { state: ended, endedBy: ended === 'completed' ? loop.endedBy : null };
}

/**
 * Compares the weights with those before, and reports the result. A failure does not end the run: after an engine's error
 * its memory may not be readable.
 */
async function compareWeights({ running, hashes, send, warn }: Training, step: number): Promise<void> {
  if (!running.isOpen) return;
  try {
    const proof = await hashes.proof(running.model, running.session, step);
    send({ kind: 'freezing', proof });
    const fault = freezingFault(layerFreezing(proof));
    if (fault !== null) warn(fault);
  } catch (thrown) {
    warn(`The weights could not be compared with those at the start. ${AppError.from(thrown).message}`);
  }
}

/**
 * Writes the run's weights for use (best or last) into the session. The last weights must have been saved.
 *
 * @throws AppError 'runs/checkpoint-…' if the best weights cannot be read.
 */
async function takeWeightsForUse(
  session: EngineSession,
  model: CompiledModel,
  configuration: TrainingConfiguration,
  { best, frozenFile }: CheckpointWriter,
  epochsDone: number,
): Promise<RunWeights> {
  const kind = weightsForUse({
    bestCheckpointEpoch: best?.epoch ?? null,
    bestMetrics: best?.metrics ?? {},
    bestBy: bestRule(configuration)?.monitor.monitor ?? null,
    earlyStopping: configuration.earlyStopping ?? null,
  });
  if (kind === 'last' || best === null) {
    await useAverages(session, model);
    return { checkpoint: 'last', epoch: epochsDone };
  }
  const { tensors } = await readArtifact(best.folder, best.sha256, frozenFile);
  await session.writeState(weightsAmong(model, tensors));
  return { checkpoint: 'best', epoch: best.epoch };
}

/** @returns Null if the signal aborted it. */
async function prepare(
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

function memoryLine(epoch: number, session: EngineSession): string {
  const residentMiB = (process.memoryUsage.rss() / 2 ** 20).toFixed(1);
  return `epoch ${epoch}: ${session.tensorCount()} tensors, ${residentMiB} MiB resident`;
}
