import { AppError } from '../../src-shared/contract/app-error.ts';
import type { MetricValues, RunState, RunSummary } from '../../src-shared/training/run.ts';
import { decimate } from '../runs/decimate.ts';
import type { RunStore } from '../runs/store.ts';
import { isActive } from '../runs/types.ts';
import type { FromTrainer, TrainJob, Update } from './protocol.ts';
import type { EmitRunEvent } from './run-events.ts';
import { describeExit, TrainerProcess } from './trainer-process.ts';
import type { TrainerExit } from './trainer-process.ts';

const STOP_GRACE_MS = 10_000;
/** A window that closes waits no longer than this for its runs to save. */
const CLOSE_GRACE_MS = 3_000;
/** Finished epochs are told with a new summary at most this often. */
const SUMMARY_MS = 200;
/** Points of the loss curve per event. */
const EVENT_POINTS = 100;

type RunError = NonNullable<RunSummary['error']>;

/** One run and its trainer process: messages in, records and events out. */
export class SupervisedRun {
  readonly ended: Promise<void>;
  readonly #job: TrainJob;
  readonly #store: RunStore;
  readonly #emit: EmitRunEvent;
  readonly #stopGraceMs: number;
  readonly #process: TrainerProcess;
  #state: RunState = 'preparing';
  #seq = 0;
  #lastUpdate: Omit<Update, 'losses' | 'epochs' | 'firstStep'>;
  #escalation: NodeJS.Timeout | undefined;
  #summaryToldAt = -Infinity;

  constructor(job: TrainJob, store: RunStore, emit: EmitRunEvent, stopGraceMs = STOP_GRACE_MS) {
    this.#job = job;
    this.#store = store;
    this.#emit = emit;
    this.#stopGraceMs = stopGraceMs;
    const metrics: MetricValues = {};
    this.#lastUpdate = {
      activity: 'Starting',
      step: 0,
      totalSteps: 0,
      epoch: 1,
      stepsPerSecond: null,
      secondsLeft: null,
      metrics,
    };
    this.#process = new TrainerProcess((message) => this.#guard(() => this.#receive(message)));
    this.ended = this.#process.exited.then((exit) => this.#exited(exit));
    if (this.#process.pid !== undefined) {
      const { pid } = this.#process;
      this.#guard(() => store.recordTrainer(job.runId, pid));
    }
    emit('run.changed', { summary: store.summary(job.runId) });
    this.#process.send({ kind: 'train', job });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks the trainer to stop; one that does not answer is ended by signals. */
  stop(): void {
    if (!isActive(this.#state) || this.#state === 'stopping') return;
    this.#guard(() => this.#setState('stopping'));
    this.#process.send({ kind: 'stop' });
    this.#escalate(['SIGTERM', 'SIGKILL'], this.#stopGraceMs);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async close(): Promise<void> {
    this.stop();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), CLOSE_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #escalate([signal, ...others]: NodeJS.Signals[], graceMs: number): void {
    if (signal === undefined) return;
    this.#escalation = setTimeout(() => {
      this.#process.kill(signal);
      this.#escalate(others, graceMs / 2);
    }, graceMs);
  }

  #receive(message: FromTrainer): void {
    // A run that has been given up (a full disk) hears no more of its trainer.
    if (!isActive(this.#state)) return;
    const { runId } = this.#job;
    switch (message.kind) {
      case 'activity':
        this.#lastUpdate = { ...this.#lastUpdate, activity: message.activity };
        return this.#emitProgress([]);
      case 'prepared': {
        const { featureSpec, rowCounts, dataFingerprint, dataRecord, engine, device, versions } = message;
        const summary = this.#store.recordPreparation(runId, {
          featureSpec,
          rowCounts,
          dataFingerprint,
          dataRecord,
          engine,
          device,
          versions,
        });
        return this.#emit('run.changed', { summary });
      }
      case 'execution':
        this.#store.recordPreparation(runId, { execution: message.execution });
        return;
      case 'update':
        if (this.#state === 'preparing') this.#setState('running');
        return this.#update(message.update);
      case 'checkpoints':
        return this.#store.recordCheckpoints(runId, message.checkpoints);
      case 'log':
        this.#store.log(runId, message.level, message.message);
        if (message.level === 'warning') this.#emit('run.warning', { runId, message: message.message });
        return;
      case 'test':
        return this.#emit('run.changed', { summary: this.#store.setTest(runId, message.result) });
      case 'finished':
        return this.#setState(message.state);
      case 'failed': {
        const { code, message: text, details } = message.error;
        if (typeof details['stack'] === 'string') this.#store.log(runId, 'debug', details['stack']);
        this.#store.log(runId, 'error', text);
        return this.#setState('failed', { code, message: text });
      }
      case 'result':
      case 'error':
        throw new Error(`A training process sent '${message.kind}'.`);
    }
  }

  #update({ losses, epochs, firstStep, ...standing }: Update): void {
    const { runId } = this.#job;
    this.#lastUpdate = standing;
    const progressSeq = ++this.#seq;
    const epochSeqs = epochs.map(() => ++this.#seq);
    this.#store.appendSteps(runId, firstStep, losses, progressSeq);
    this.#store.recordEpochs(runId, epochs, this.#seq);
    this.#emitProgress(eventPoints(firstStep, losses), progressSeq);
    epochs.forEach(({ record }, i) => this.#emit('run.epoch', { runId, seq: epochSeqs[i]!, record }));
    if (epochs.length > 0 && performance.now() - this.#summaryToldAt > SUMMARY_MS) {
      this.#summaryToldAt = performance.now();
      this.#emit('run.changed', { summary: this.#store.summary(runId) });
    }
  }

  #emitProgress(points: [number, number][], seq = ++this.#seq): void {
    const { runId, configuration } = this.#job;
    this.#emit('run.progress', {
      runId,
      seq,
      state: this.#state,
      epochs: configuration.epochs,
      points,
      ...this.#lastUpdate,
    });
  }

  #setState(state: RunState, error: RunError | null = null): void {
    this.#state = state;
    let summary: RunSummary;
    try {
      summary = this.#store.setState(this.#job.runId, state, error);
    } finally {
      summary = this.#store.summary(this.#job.runId);
      this.#emit('run.changed', { summary });
    }
  }

  #exited(exit: TrainerExit): void {
    clearTimeout(this.#escalation);
    this.#guard(() => {
      if (!isActive(this.#state)) return;
      const { runId } = this.#job;
      if (exit.output !== '') this.#store.log(runId, 'error', exit.output);
      const checkpoint = this.#store.checkpoint(runId, 'last');
      const remedy =
        checkpoint === null
          ? 'It had no checkpoint yet: start it again.'
          : `Resume it from its last checkpoint (epoch ${checkpoint.epoch}, step ${checkpoint.step}).`;
      const message = `The trainer process is gone: ${describeExit(exit)}. What was recorded up to then is kept. ${remedy}`;
      this.#setState('interrupted', { code: 'training/trainer-ended', message });
    });
  }

  /** A store that cannot write (a full disk) ends the run as failed; what is committed stays. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      const { code, message } = AppError.from(thrown);
      this.#process.kill('SIGKILL');
      try {
        this.#setState('failed', { code, message });
      } catch {
        // The store shows the state all the same and writes it when it can.
      }
    }
  }
}

function eventPoints(firstStep: number, losses: Float32Array): [number, number][] {
  const steps = Int32Array.from(losses, (_, i) => firstStep + i);
  const finite = steps.filter((_, i) => Number.isFinite(losses[i]));
  return decimate(
    finite,
    losses.filter((loss) => Number.isFinite(loss)),
    EVENT_POINTS,
  );
}
