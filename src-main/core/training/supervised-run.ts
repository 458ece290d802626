import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { EndedBy, MetricValues, RunSummary } from '../../../src-shared/training/run/run.ts';
import type { RunState } from '../../../src-shared/training/run/run-state.ts';
import type { RunCommand } from '../../../src-shared/training/commands/run-command.ts';
import { CommandLog } from './command-log.ts';
import { requireAllowed, requireSettable } from './command-faults.ts';
import { decimate } from '../../runs/decimate.ts';
import type { RunStore } from '../../runs/store.ts';
import { isActive } from '../../../src-shared/training/run/run-state.ts';
import { isBusy } from '../../runs/when-free.ts';
import { engineEnvironment } from '../../engine-setup/cache.ts';
import { describeExit, ProgramProcess } from '../../processes/program-process.ts';
import type { ProgramExit, ProgramStart } from '../../processes/program-process.ts';
import { programPath } from '../../programs.ts';
import { Backlog } from './backlog.ts';
import type { RunChange } from './backlog.ts';
import { checkedMessage } from '../../training-protocol/protocol.ts';
import type { FromTrainer, ToTrainer, TrainJob, Update } from '../../training-protocol/protocol.ts';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';

const STOP_GRACE_MS = 10_000;
/** While the data is prepared there is nothing to save. */
const PREPARING_GRACE_MS = 500;
/** Longest time that a closing window waits for its runs to save. */
const CLOSE_GRACE_MS = 3_000;
/** Minimum interval between run summaries sent to the windows while epochs finish. */
const SUMMARY_MS = 200;
/** Interval between attempts to record while another program locks the run history; each attempt blocks core for up to 50 ms. */
const RETRY_MS = 500;
/** Shorter locks are not reported. */
const NOTICE_MS = 2_000;
/** Size of the backlog from which training pauses. */
const BACKLOG_BYTES = 16 * 1024 * 1024;
/** Points of the loss curve per event. */
const EVENT_POINTS = 100;

/** The trainer with the variables that engines read when their libraries are loaded. */
export const trainerProgram: ProgramStart = {
  path: programPath('trainer'),
  environment: () => ({ ...process.env, ...engineEnvironment() }),
};

type RunError = NonNullable<RunSummary['error']>;

export interface SupervisedRunOptions {
  /** Time after an unanswered stop until SIGTERM; half of it later follows SIGKILL. */
  readonly stopGraceMs?: number;
  /** Largest size of the backlog before training pauses. */
  readonly backlogBytes?: number;
  /** Called when the state changes. */
  readonly onState?: (state: RunState) => void;
}

/**
 * One run and its trainer process: messages in, records and events out. An event with losses, metrics or a warning is
 * sent after they are committed, so that a window shows nothing that a killed core loses. While another program locks the run history,
 * messages are kept in memory and recorded later in the same order.
 */
export class SupervisedRun {
  /** Resolves once the process has ended and everything is recorded. */
  readonly ended: Promise<void>;
  readonly #job: TrainJob;
  readonly #number: number;
  readonly #store: RunStore;
  readonly #emit: Emit;
  readonly #stopGraceMs: number;
  readonly #backlogBytes: number;
  readonly #onState: (state: RunState) => void;
  readonly #process: ProgramProcess<ToTrainer, unknown>;
  readonly #backlog = new Backlog();
  readonly #recorded = Promise.withResolvers<void>();
  #state: RunState = 'preparing';
  /** The data has been prepared and the engine chosen. */
  #prepared = false;
  #seq = 0;
  /** Of the newest message, recorded or not. */
  #activity = 'Starting';
  /** Of the newest update that is recorded: what is not may be lost. */
  #progress: Omit<Update, 'activity' | 'losses' | 'epochs' | 'firstStep'>;
  #escalation: NodeJS.Timeout | undefined;
  #summarySentAt = -Infinity;
  #retry: NodeJS.Timeout | undefined;
  /** When the run history was first found locked; null: not locked. */
  #lockedAt: number | null = null;
  #lockReported = false;
  #held = false;
  readonly #commands: CommandLog;
  #stopsNow = false;
  readonly #failedEvents = new Set<string>();

  constructor(job: TrainJob, store: RunStore, emit: Emit, options: SupervisedRunOptions = {}) {
    this.#job = job;
    this.#store = store;
    this.#emit = emit;
    this.#stopGraceMs = options.stopGraceMs ?? STOP_GRACE_MS;
    this.#backlogBytes = options.backlogBytes ?? BACKLOG_BYTES;
    this.#onState = options.onState ?? (() => {});
    this.#number = store.summary(job.runId).number;
    this.#commands = new CommandLog(job.configuration, job.commands, store.nextCommand(job.runId));
    const metrics: MetricValues = {};
    this.#progress = {
      step: 0,
      totalSteps: 0,
      epoch: 1,
      stepsPerSecond: null,
      secondsLeft: null,
      metrics,
    };
    this.#process = new ProgramProcess(trainerProgram, (message) => this.#takeMessage(message));
    this.ended = this.#process.exited.then((exit) => {
      clearTimeout(this.#escalation);
      this.#take({ kind: 'exited', exit });
      return this.#recorded.promise;
    });
    if (this.#process.pid !== undefined) this.#take({ kind: 'started', pid: this.#process.pid });
    this.#sendSummary();
    this.#process.send({ kind: 'train', job });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Sends a command to the trainer, which applies it between two steps. Signals end a trainer that does not answer a
   * stop.
   *
   * @throws AppError 'training/not-active', 'training/not-possible', 'training/cannot-set'.
   */
  command(command: RunCommand): void {
    requireAllowed(this.#number, this.#state, command);
    if (command.kind === 'set') requireSettable(this.#number, this.#job, command.patch);
    if (command.kind === 'stop') {
      if (this.#stopsNow || (this.#state === 'stopping' && command.when === 'epoch')) return;
      this.#stopsNow = command.when === 'now';
    }
    const seq = this.#commands.send(command);
    const state = this.#stateDuring(command);
    if (state !== null) this.#showState(state);
    this.#process.send({ kind: 'command', seq, command });
    if (!this.#stopsNow) return;
    if (this.#prepared) this.#escalate(['SIGTERM', 'SIGKILL'], this.#stopGraceMs);
    else this.#escalate(['SIGKILL'], PREPARING_GRACE_MS);
  }

  /** State until the trainer has applied a command; null: it does not change. */
  #stateDuring({ kind }: RunCommand): RunState | null {
    if (kind === 'pause') return 'pausing';
    if (kind === 'resume') return this.#prepared ? 'running' : 'preparing';
    return kind === 'stop' ? 'stopping' : null;
  }

  /** Changes the state although another program may lock the run history: the store writes it later. */
  #showState(state: RunState): void {
    try {
      this.#setState(state);
    } catch (thrown) {
      if (isBusy(thrown)) this.#reach(state);
      else this.#giveUp(thrown);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Stops. If the last messages cannot be recorded within a few seconds, the run's recorded state becomes `interrupted`. */
  async close(): Promise<void> {
    if (isActive(this.#state)) this.command({ kind: 'stop', when: 'now' });
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

  // messages and the backlog

  #takeMessage(message: unknown): void {
    let checked: FromTrainer;
    try {
      checked = checkedMessage(message);
    } catch (thrown) {
      if (isActive(this.#state)) this.#giveUp(thrown);
      return;
    }
    this.#take(checked);
  }

  #take(change: RunChange): void {
    if (change.kind === 'activity') this.#activity = change.activity;
    if (change.kind === 'update') this.#activity = change.update.activity;
    if (this.#backlog.first !== undefined || !this.#record(change)) this.#keep(change);
  }

  /** @returns False where another program keeps the run history locked. */
  #record(change: RunChange): boolean {
    try {
      this.#receive(change);
    } catch (thrown) {
      if (isBusy(thrown)) return false;
      this.#giveUp(thrown);
    }
    if (change.kind === 'exited') this.#recorded.resolve();
    return true;
  }

  #keep(change: RunChange): void {
    this.#lockedAt ??= performance.now();
    this.#store.discardFiles(this.#backlog.add(change).map(({ sha256 }) => sha256));
    if (!this.#held && this.#backlog.sizeBytes >= this.#backlogBytes) {
      this.#held = true;
      this.#process.send({ kind: 'hold' });
    }
    this.#reportLock();
    this.#retry ??= setTimeout(() => this.#catchUp(), RETRY_MS);
  }

  #catchUp(): void {
    this.#retry = undefined;
    for (let change = this.#backlog.first; change !== undefined; change = this.#backlog.first) {
      if (!this.#record(change)) {
        this.#reportLock();
        this.#retry = setTimeout(() => this.#catchUp(), RETRY_MS);
        return;
      }
      this.#backlog.removeFirst();
    }
    this.#lockedAt = null;
    if (this.#lockReported)
      this.#store.log(this.#job.runId, 'info', 'The run history is unlocked again; nothing was lost.');
    this.#lockReported = false;
    if (this.#held) this.#process.send({ kind: 'release' });
    this.#held = false;
  }

  #reportLock(): void {
    if (this.#lockedAt === null || performance.now() - this.#lockedAt < NOTICE_MS) return;
    if (!this.#lockReported) {
      const { runId } = this.#job;
      // The log is also read after the lock has ended, so the message names the step.
      const message = `Another program locked the run history after step ${this.#progress.step.toLocaleString('en')}. Training continues; its progress is kept in memory, and recorded and shown when the lock is released. Close other programs that have runs.sqlite open.`;
      this.#store.log(runId, 'warning', message);
      this.#send('run.warning', { runId, message });
    }
    this.#lockReported = true;
    this.#sendProgress([]);
  }

  #abandonBacklog(): void {
    clearTimeout(this.#retry);
    this.#backlog.clear();
    this.#recorded.resolve();
  }

  // recording

  #receive(change: RunChange): void {
    // Messages of a run that has failed to record (a full disk) are dropped.
    if (!isActive(this.#state)) return;
    // The error of a trainer in a project that was moved would name a missing file. What has finished is recorded.
    if (change.kind !== 'finished') this.#store.requireInPlace();
    const { runId } = this.#job;
    switch (change.kind) {
      case 'started':
        return this.#store.recordTrainer(runId, change.pid);
      case 'activity':
        return this.#sendProgress([]);
      case 'prepared':
      case 'execution': {
        const { kind, ...preparation } = change;
        this.#store.recordPreparation(runId, preparation);
        if (kind === 'prepared') this.#prepared = true;
        if (kind === 'prepared') this.#sendSummary();
        return;
      }
      case 'update':
        if (this.#state === 'preparing') this.#setState('running');
        return this.#update(change.update);
      case 'checkpoints':
        return this.#store.recordCheckpoints(runId, change.checkpoints);
      case 'log':
        if (change.level !== 'warning') return this.#store.log(runId, change.level, change.message);
        this.#store.recordWarning(runId, change.message);
        return this.#send('run.warning', { runId, message: change.message });
      case 'applied':
        return this.#applied(change);
      case 'refused':
        return this.#refused(change.seq, change.message);
      case 'test':
        this.#store.setTest(runId, change.result);
        return this.#sendSummary();
      case 'finished':
        this.#refuseUnapplied();
        return this.#setState(change.state, null, change.endedBy);
      case 'failed': {
        const { code, message: text, details } = change.error;
        this.#setState('failed', { code, message: text });
        if (typeof details['stack'] === 'string') this.#store.log(runId, 'debug', details['stack']);
        return this.#store.log(runId, 'error', text);
      }
      case 'exited':
        return this.#vanished(change.exit);
    }
  }

  #update(update: Update): void {
    const { losses, epochs, firstStep } = update;
    const { runId } = this.#job;
    const progressSeq = ++this.#seq;
    const epochSeqs = epochs.map(() => ++this.#seq);
    if (epochs.length === 0) this.#store.recordSteps(runId, firstStep, losses, progressSeq);
    else this.#store.recordEpochs(runId, epochs, this.#seq, { firstStep, losses });
    this.#progress = progressOf(update);
    this.#sendProgress(eventPoints(firstStep, losses), progressSeq);
    epochs.forEach(({ record }, i) => this.#send('run.epoch', { runId, seq: epochSeqs[i]!, record }));
    if (epochs.length > 0 && performance.now() - this.#summarySentAt > SUMMARY_MS) {
      this.#summarySentAt = performance.now();
      this.#sendSummary();
    }
  }

  #applied({ seq, step, epoch }: FromTrainer & { kind: 'applied' }): void {
    const { runId } = this.#job;
    const command = this.#commands.sent(seq);
    if (command === undefined) return;
    const recorded = { seq, step, epoch, at: new Date().toISOString(), command };
    this.#store.recordCommand(runId, recorded);
    this.#commands.applied(recorded);
    if (command.kind === 'pause' && this.#commands.isNewest(seq)) this.#showState('paused');
    else if (command.kind === 'set') this.#sendSummary();
    this.#send('run.command', { runId, recorded });
  }

  #refused(seq: number, message: string): void {
    const { runId } = this.#job;
    const command = this.#commands.sent(seq);
    if (command === undefined) return;
    this.#store.recordRefusal(runId, seq, command, message);
    this.#commands.refused(seq);
    this.#send('run.warning', { runId, message });
    this.#send('run.refused', { runId, command });
  }

  /** Settings that arrived after the last step. */
  #refuseUnapplied(): void {
    for (const [seq, patch] of this.#commands.unappliedSettings()) {
      const names = Object.keys(patch).join(', ');
      this.#refused(seq, `Training ended before it applied a change of ${names}; the run trained without it.`);
    }
  }

  #setState(state: RunState, error: RunError | null = null, endedBy: EndedBy | null = null): void {
    try {
      this.#store.setState(this.#job.runId, state, error, endedBy);
      this.#reach(state);
    } catch (thrown) {
      // Busy: the message will be received again. Otherwise the store keeps the state and writes it later.
      if (!isBusy(thrown)) this.#reach(state);
      throw thrown;
    } finally {
      if (this.#state === state) this.#sendSummary();
    }
  }

  #reach(state: RunState): void {
    this.#state = state;
    this.#onState(state);
  }

  #vanished(exit: ProgramExit): void {
    const { runId } = this.#job;
    if (this.#state === 'stopping' && !this.#prepared) return this.#setState('stopped');
    const checkpoint = this.#store.checkpoint(runId, 'last');
    const remedy =
      checkpoint === null
        ? 'It had no checkpoint yet: start it again.'
        : `Resume it from its last checkpoint (epoch ${checkpoint.epoch}, step ${checkpoint.step}).`;
    const message = `The trainer process has ended: ${describeExit(exit)}. What was recorded is kept. ${remedy}`;
    this.#setState('interrupted', { code: 'training/trainer-ended', message });
    if (exit.output !== '') this.#store.log(runId, 'error', exit.output);
    this.#store.sweep();
  }

  /**
   * Ends the run as `interrupted` if the project was moved, otherwise as `failed`: the store cannot write (a full disk), or
   * the trainer is of another version. Committed data stays.
   */
  #giveUp(thrown: unknown): void {
    const { code, message } = AppError.from(thrown);
    const state = code === 'runs/moved' ? 'interrupted' : 'failed';
    this.#process.kill('SIGKILL');
    try {
      this.#setState(state, { code, message });
    } catch {
      // The store keeps the state and writes it later.
      this.#reach(state);
    }
  }

  // events

  #sendProgress(points: [number, number][], seq = ++this.#seq): void {
    const { runId } = this.#job;
    const lock = `another program locks the run history; training ${this.#held ? 'waits' : 'continues'}`;
    this.#send('run.progress', {
      runId,
      seq,
      state: this.#state,
      epochs: this.#commands.configurationAt(this.#progress.step).epochs,
      points,
      activity: this.#lockReported ? `${this.#activity} – ${lock}` : this.#activity,
      ...this.#progress,
    });
  }

  #sendSummary(): void {
    const { runId } = this.#job;
    this.#sendSafely('run.changed', () => this.#emit('run.changed', { summary: this.#store.summary(runId) }));
  }

  #send: Emit = (name, payload) => this.#sendSafely(name, () => this.#emit(name, payload));

  /** A failed notification does not change the run's state; it is logged once per event name. */
  #sendSafely(name: string, send: () => void): void {
    try {
      send();
    } catch (thrown) {
      const { message } = AppError.from(thrown);
      if (this.#failedEvents.has(name + message)) return;
      this.#failedEvents.add(name + message);
      this.#store.log(this.#job.runId, 'error', `Event '${name}' could not be sent to the windows: ${message}`);
    }
  }
}

const progressOf = ({ activity: _, losses: __, epochs: ___, firstStep: ____, ...progress }: Update) => progress;

function eventPoints(firstStep: number, losses: Float32Array): [number, number][] {
  const steps = Int32Array.from(losses, (_, i) => firstStep + i);
  const finite = steps.filter((_, i) => Number.isFinite(losses[i]));
  return decimate(
    finite,
    losses.filter((loss) => Number.isFinite(loss)),
    EVENT_POINTS,
  );
}
