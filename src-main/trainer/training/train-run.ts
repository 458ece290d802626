import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { CheckpointKind, EndedBy } from '../../../src-shared/training/run/run.ts';
import { freezingFault, layerFreezing } from '../../../src-shared/training/run/freezing-proof.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { weightsForUse } from '../../../src-shared/training/run/run-weights.ts';
import type { RunWeights } from '../../../src-shared/training/run/run-weights.ts';
import type { PreparedDataset } from '../../data/rows/dataset.ts';
import type { EngineSession } from '../../engines/interface/engine.ts';
import { evaluationBatchSize } from '../../engines/interface/model-calls.ts';
import { examplesOfSplit } from '../../engines/interface/example-rows.ts';
import { readArtifact } from '../../runs/artifacts.ts';
import { requireInPlace } from '../../runs/history-place.ts';
import { collectGarbage } from '../preparation/collect-garbage.ts';
import { useAverages, weightsAmong } from '../state/state-for-use.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { CommandQueue, Replays } from './command-queue.ts';
import { recordAfter } from '../cached-features/choose-features.ts';
import { readStart } from '../state/first-state.ts';
import { Hold } from './hold.ts';
import { planPhases } from './plan-phases.ts';
import { Progress } from './progress.ts';
import { bestRule } from '../../../src-shared/training/callbacks/best-epoch.ts';
import type { Send, TrainJob } from '../../training-protocol/protocol.ts';
import { stepsOf } from './step-rates.ts';
import { testResult } from '../evaluation/test-result.ts';
import { TrainingLoop } from './training-loop.ts';
import { beginRun, prepareRows } from './begin-run.ts';
import type { Begun } from './begin-run.ts';

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
  const data = await prepareRows(asked, send, warn, signal);
  if (data === null) return { state: 'stopped', endedBy: null };
  const start = await readStart(asked);
  const job = planPhases(asked, data, start, send);
  const begun = await beginRun(job, data, start, send, warn);
  // The host's copy of the first state is as large as the model.
  await collectGarbage();
  try {
    return await trainSession({ ...begun, job, send, warn, signal, hold, commands, data });
  } finally {
    await begun.running.dispose();
  }
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

function memoryLine(epoch: number, session: EngineSession): string {
  const residentMiB = (process.memoryUsage.rss() / 2 ** 20).toFixed(1);
  return `epoch ${epoch}: ${session.tensorCount()} tensors, ${residentMiB} MiB resident`;
}
