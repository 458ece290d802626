import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { MetricValues, RunState, RunSummary } from '../../../src-shared/training/run/run.ts';
import { decimate } from '../../runs/decimate.ts';
import type { RunStore } from '../../runs/store.ts';
import { isActive } from '../../runs/types.ts';
import { isBusy } from '../../runs/when-free.ts';
import { Backlog } from './backlog.ts';
import type { RunNews } from './backlog.ts';
import type { TrainJob, Update } from '../../training-protocol/protocol.ts';
import type { EmitRunEvent } from './run-events.ts';
import { describeExit, TrainerProcess } from './trainer-process.ts';
import type { TrainerExit } from './trainer-process.ts';

const STOP_GRACE_MS = 10_000;
/** A window that closes waits no longer than this for its runs to save. */
const CLOSE_GRACE_MS = 3_000;
/** Minimum interval between run summaries sent to the windows while epochs finish. */
const SUMMARY_MS = 200;
/** While another program keeps the run history locked, it is tried again this often; each try blocks core a little. */
const RETRY_MS = 500;
/** A lock that is gone sooner is not worth a word. */
const NOTICE_MS = 2_000;
/** What waits to be recorded takes no more memory than this: then the training waits too. */
const BACKLOG_BYTES = 16 * 1024 * 1024;
/** Points of the loss curve per event. */
const EVENT_POINTS = 100;

type RunError = NonNullable<RunSummary['error']>;

export interface SupervisedRunOptions {
  /** How long a stop, then SIGTERM, may go unanswered. */
  readonly stopGraceMs?: number;
  /** Memory for what cannot be recorded yet. */
  readonly backlogBytes?: number;
}

/**
 * One run and its trainer process: messages in, records and events out. What cannot be recorded
 * because another program keeps the run history locked waits in memory, in order.
 */
export class SupervisedRun {
  /** Resolves once the process has ended and all is recorded. */
  readonly ended: Promise<void>;
  readonly #job: TrainJob;
  readonly #store: RunStore;
  readonly #emit: EmitRunEvent;
  readonly #stopGraceMs: number;
  readonly #backlogBytes: number;
  readonly #process: TrainerProcess;
  readonly #backlog = new Backlog();
  readonly #recorded = Promise.withResolvers<void>();
  #state: RunState = 'preparing';
  #seq = 0;
  #lastUpdate: Omit<Update, 'losses' | 'epochs' | 'firstStep'>;
  #escalation: NodeJS.Timeout | undefined;
  #summaryToldAt = -Infinity;
  #retry: NodeJS.Timeout | undefined;
  /** Since when the run history is locked; null: it is not. */
  #lockedAt: number | null = null;
  #lockTold = false;
  #held = false;
  readonly #failedEvents = new Set<string>();

  constructor(job: TrainJob, store: RunStore, emit: EmitRunEvent, options: SupervisedRunOptions = {}) {
    this.#job = job;
    this.#store = store;
    this.#emit = emit;
    this.#stopGraceMs = options.stopGraceMs ?? STOP_GRACE_MS;
    this.#backlogBytes = options.backlogBytes ?? BACKLOG_BYTES;
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
    this.#process = new TrainerProcess((message) => this.#take(message));
    this.ended = this.#process.exited.then((exit) => {
      clearTimeout(this.#escalation);
      this.#take({ kind: 'exited', exit });
      return this.#recorded.promise;
    });
    if (this.#process.pid !== undefined) this.#take({ kind: 'started', pid: this.#process.pid });
    this.#tellSummary();
    this.#process.send({ kind: 'train', job });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks the trainer to stop; one that does not answer is ended by signals. */
  stop(): void {
    if (!isActive(this.#state) || this.#state === 'stopping') return;
    try {
      this.#setState('stopping');
    } catch (thrown) {
      // The store shows a state that it could not write.
      if (isBusy(thrown)) this.#state = 'stopping';
      else this.#giveUp(thrown);
    }
    this.#process.send({ kind: 'stop' });
    this.#escalate(['SIGTERM', 'SIGKILL'], this.#stopGraceMs);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Stops; what cannot be recorded within a few seconds is given up, and others find the run interrupted. */
  async close(): Promise<void> {
    this.stop();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), CLOSE_GRACE_MS);
    await this.#process.exited;
    clearTimeout(timer);
    const patience = new AbortController();
    await Promise.race([this.ended, delay(CLOSE_GRACE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    this.#abandonBacklog();
  }

  #escalate([signal, ...others]: NodeJS.Signals[], graceMs: number): void {
    if (signal === undefined) return;
    this.#escalation = setTimeout(() => {
      this.#process.kill(signal);
      this.#escalate(others, graceMs / 2);
    }, graceMs);
  }

  // what waits for the run history

  #take(news: RunNews): void {
    if (this.#backlog.first !== undefined || !this.#record(news)) this.#keep(news);
  }

  /** @returns False where another program keeps the run history locked. */
  #record(news: RunNews): boolean {
    try {
      this.#receive(news);
    } catch (thrown) {
      if (isBusy(thrown)) return false;
      this.#giveUp(thrown);
    }
    if (news.kind === 'exited') this.#recorded.resolve();
    return true;
  }

  #keep(news: RunNews): void {
    this.#lockedAt ??= performance.now();
    this.#store.discardFiles(this.#backlog.add(news).map(({ sha256 }) => sha256));
    if (news.kind === 'activity') this.#lastUpdate = { ...this.#lastUpdate, activity: news.activity };
    if (news.kind === 'update') this.#lastUpdate = standingOf(news.update);
    if (!this.#held && this.#backlog.sizeBytes >= this.#backlogBytes) {
      this.#held = true;
      this.#process.send({ kind: 'hold' });
    }
    this.#tellLock();
    this.#retry ??= setTimeout(() => this.#catchUp(), RETRY_MS);
  }

  #catchUp(): void {
    this.#retry = undefined;
    for (let news = this.#backlog.first; news !== undefined; news = this.#backlog.first) {
      if (!this.#record(news)) {
        this.#tellLock();
        this.#retry = setTimeout(() => this.#catchUp(), RETRY_MS);
        return;
      }
      this.#backlog.removeFirst();
    }
    this.#lockedAt = null;
    if (this.#lockTold) this.#store.log(this.#job.runId, 'info', 'The run history is free again; nothing was lost.');
    this.#lockTold = false;
    if (this.#held) this.#process.send({ kind: 'release' });
    this.#held = false;
  }

  #tellLock(): void {
    if (this.#lockedAt === null || performance.now() - this.#lockedAt < NOTICE_MS) return;
    if (!this.#lockTold) {
      const { runId } = this.#job;
      // Read also when the lock is long gone: it says when it was.
      const message = `Another program locked the run history after step ${this.#lastUpdate.step.toLocaleString('en')}. While it is locked, training goes on; what it learns is kept in memory and recorded once the lock is gone. Close other programs that have runs.sqlite open.`;
      this.#store.log(runId, 'warning', message);
      this.#tell('run.warning', { runId, message });
    }
    this.#lockTold = true;
    this.#tellProgress([]);
  }

  #abandonBacklog(): void {
    clearTimeout(this.#retry);
    this.#backlog.clear();
    this.#recorded.resolve();
  }

  // recording

  #receive(news: RunNews): void {
    // A run that has been given up (a full disk) hears no more of its trainer.
    if (!isActive(this.#state)) return;
    const { runId } = this.#job;
    switch (news.kind) {
      case 'started':
        return this.#store.recordTrainer(runId, news.pid);
      case 'activity':
        this.#lastUpdate = { ...this.#lastUpdate, activity: news.activity };
        return this.#tellProgress([]);
      case 'prepared': {
        const { featureSpec, rowCounts, dataFingerprint, dataRecord, engine, device, versions } = news;
        this.#store.recordPreparation(runId, {
          featureSpec,
          rowCounts,
          dataFingerprint,
          dataRecord,
          engine,
          device,
          versions,
        });
        return this.#tellSummary();
      }
      case 'execution':
        this.#store.recordPreparation(runId, { execution: news.execution });
        return;
      case 'update':
        if (this.#state === 'preparing') this.#setState('running');
        return this.#update(news.update);
      case 'checkpoints':
        return this.#store.recordCheckpoints(runId, news.checkpoints);
      case 'log':
        this.#store.log(runId, news.level, news.message);
        if (news.level === 'warning') this.#tell('run.warning', { runId, message: news.message });
        return;
      case 'test':
        this.#store.setTest(runId, news.result);
        return this.#tellSummary();
      case 'finished':
        return this.#setState(news.state);
      case 'failed': {
        const { code, message: text, details } = news.error;
        this.#setState('failed', { code, message: text });
        if (typeof details['stack'] === 'string') this.#store.log(runId, 'debug', details['stack']);
        return this.#store.log(runId, 'error', text);
      }
      case 'exited':
        return this.#vanished(news.exit);
      case 'result':
      case 'error':
        throw new Error(`A training process sent '${news.kind}'.`);
    }
  }

  #update(update: Update): void {
    const { losses, epochs, firstStep } = update;
    const { runId } = this.#job;
    this.#lastUpdate = standingOf(update);
    const progressSeq = ++this.#seq;
    const epochSeqs = epochs.map(() => ++this.#seq);
    if (epochs.length === 0) this.#store.appendSteps(runId, firstStep, losses, progressSeq);
    else this.#store.recordEpochs(runId, epochs, this.#seq, { firstStep, losses });
    this.#tellProgress(eventPoints(firstStep, losses), progressSeq);
    epochs.forEach(({ record }, i) => this.#tell('run.epoch', { runId, seq: epochSeqs[i]!, record }));
    if (epochs.length > 0 && performance.now() - this.#summaryToldAt > SUMMARY_MS) {
      this.#summaryToldAt = performance.now();
      this.#tellSummary();
    }
  }

  #setState(state: RunState, error: RunError | null = null): void {
    try {
      this.#store.setState(this.#job.runId, state, error);
      this.#state = state;
    } catch (thrown) {
      // Not so where it will be tried again; else the store shows the state all the same.
      if (!isBusy(thrown)) this.#state = state;
      throw thrown;
    } finally {
      if (this.#state === state) this.#tellSummary();
    }
  }

  #vanished(exit: TrainerExit): void {
    const { runId } = this.#job;
    const checkpoint = this.#store.checkpoint(runId, 'last');
    const remedy =
      checkpoint === null
        ? 'It had no checkpoint yet: start it again.'
        : `Resume it from its last checkpoint (epoch ${checkpoint.epoch}, step ${checkpoint.step}).`;
    const message = `The trainer process is gone: ${describeExit(exit)}. What was recorded up to then is kept. ${remedy}`;
    this.#setState('interrupted', { code: 'training/trainer-ended', message });
    if (exit.output !== '') this.#store.log(runId, 'error', exit.output);
    this.#store.sweep();
  }

  /** A store that cannot write (a full disk) ends the run as failed; what is committed stays. */
  #giveUp(thrown: unknown): void {
    const { code, message } = AppError.from(thrown);
    this.#process.kill('SIGKILL');
    try {
      this.#setState('failed', { code, message });
    } catch {
      // The store shows the state all the same and writes it when it can.
      this.#state = 'failed';
    }
  }

  // telling

  #tellProgress(points: [number, number][], seq = ++this.#seq): void {
    const { runId, configuration } = this.#job;
    const { activity, ...standing } = this.#lastUpdate;
    const lock = `another program keeps the run history locked; training ${this.#held ? 'waits' : 'goes on'}`;
    this.#tell('run.progress', {
      runId,
      seq,
      state: this.#state,
      epochs: configuration.epochs,
      points,
      activity: this.#lockTold ? `${activity} – ${lock}` : activity,
      ...standing,
    });
  }

  #tellSummary(): void {
    const { runId } = this.#job;
    this.#tellSafely('run.changed', () => this.#emit('run.changed', { summary: this.#store.summary(runId) }));
  }

  #tell: EmitRunEvent = (name, payload) => this.#tellSafely(name, () => this.#emit(name, payload));

  /** A failed notification does not change the run's state; it is logged once per event name. */
  #tellSafely(name: string, tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      const { message } = AppError.from(thrown);
      if (this.#failedEvents.has(name + message)) return;
      this.#failedEvents.add(name + message);
      this.#store.log(this.#job.runId, 'error', `Event '${name}' could not be sent to the windows: ${message}`);
    }
  }
}

const standingOf = ({ losses: _, epochs: __, firstStep: ___, ...standing }: Update) => standing;

function eventPoints(firstStep: number, losses: Float32Array): [number, number][] {
  const steps = Int32Array.from(losses, (_, i) => firstStep + i);
  const finite = steps.filter((_, i) => Number.isFinite(losses[i]));
  return decimate(
    finite,
    losses.filter((loss) => Number.isFinite(loss)),
    EVENT_POINTS,
  );
}
