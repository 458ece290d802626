import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { EndedBy, RunSummary } from '../../../src-shared/training/run/run.ts';
import type { RunState } from '../../../src-shared/training/run/run-state.ts';
import type { RunCommand } from '../../../src-shared/training/commands/run-command.ts';
import { CommandLog } from './command-log.ts';
import { requireAllowed, requireSettable } from './command-faults.ts';
import type { RunStore } from '../../runs/store.ts';
import { isActive } from '../../../src-shared/training/run/run-state.ts';
import { isBusy } from '../../runs/when-free.ts';
import { engineEnvironment } from '../../engine-setup/cache.ts';
import { describeExit, ProgramProcess } from '../../processes/program-process.ts';
import type { ProgramExit, ProgramStart } from '../../processes/program-process.ts';
import { programPath } from '../../programs.ts';
import type { RunChange } from './backlog.ts';
import { OrderedRecorder } from './ordered-recorder.ts';
import { RunEvents } from './run-events.ts';
import { checkedMessage } from '../../training-protocol/protocol.ts';
import type { FromTrainer, ToTrainer, TrainJob, Update } from '../../training-protocol/protocol.ts';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';

/** Long enough to save several gigabytes, and for most networks to end their step. */
const STOP_GRACE_MS = 60_000;
/** A trainer that steps slowly has this many times its longest silence so far: it answers between two steps. */
const SILENCES = 4;
/** While the data is prepared there is nothing to save. */
const PREPARING_GRACE_MS = 500;
/** Longest time that a closing window waits for its runs to save. */
const CLOSE_GRACE_MS = 3_000;
/** Size of the backlog from which training pauses. */
const BACKLOG_BYTES = 16 * 1024 * 1024;

/** The trainer with the variables that engines read when their libraries are loaded. */
export const trainerProgram: ProgramStart = {
  path: programPath('trainer'),
  environment: () => ({ ...process.env, ...engineEnvironment() }),
};

type RunError = NonNullable<RunSummary['error']>;

export interface SupervisedRunOptions {
  /** Shortest time after an unanswered stop until SIGKILL. */
  readonly stopGraceMs?: number;
  /** Largest size of the backlog before training pauses. */
  readonly backlogBytes?: number;
  /** Called when the state changes. */
  readonly onState?: (state: RunState) => void;
}

/**
 * One run and its trainer process: messages in, records and events out. An event with losses, metrics or a warning is
 * sent after they are committed, so that a window shows nothing that a killed core loses.
 */
export class SupervisedRun {
  /** Resolves once the process has ended and everything is recorded. */
  readonly ended: Promise<void>;
  readonly #job: TrainJob;
  readonly #number: number;
  readonly #store: RunStore;
  readonly #events: RunEvents;
  readonly #recorder: OrderedRecorder;
  readonly #stopGraceMs: number;
  readonly #onState: (state: RunState) => void;
  readonly #process: ProgramProcess<ToTrainer, unknown>;
  #state: RunState = 'preparing';
  /** The data has been prepared and the engine chosen. */
  #prepared = false;
  #forcedEnd: NodeJS.Timeout | undefined;
  readonly #commands: CommandLog;
  #stopsNow = false;
  #heardAt = performance.now();
  /** Longest time between two messages of the trainer since it was prepared. */
  #longestSilenceMs = 0;

  constructor(job: TrainJob, store: RunStore, emit: Emit, options: SupervisedRunOptions = {}) {
    this.#job = job;
    this.#store = store;
    this.#stopGraceMs = options.stopGraceMs ?? STOP_GRACE_MS;
    this.#onState = options.onState ?? (() => {});
    this.#number = store.summary(job.runId).number;
    const { firstPhaseSeq, configuration } = job;
    const next =
      firstPhaseSeq === undefined ? store.nextCommand(job.runId) : firstPhaseSeq + (configuration.phases?.length ?? 0);
    this.#commands = new CommandLog(configuration, job.commands, next);
    this.#events = new RunEvents(job.runId, store, emit, (step) => ({
      state: this.#state,
      epochs: this.#commands.configurationAt(step).epochs,
      locked: this.#recorder.locked,
    }));
    this.#recorder = new OrderedRecorder({
      holdBytes: options.backlogBytes ?? BACKLOG_BYTES,
      record: (change) => this.#receive(change),
      onError: (thrown) => this.#giveUp(thrown),
      discardFiles: (files) => this.#store.discardFiles(files),
      hold: () => this.#process.send({ kind: 'hold' }),
      release: () => this.#process.send({ kind: 'release' }),
      onLocked: (first) => this.#reportLock(first),
      onUnlocked: () => this.#store.log(job.runId, 'info', 'The run history is unlocked again; nothing was lost.'),
    });
    this.#process = new ProgramProcess(trainerProgram, (message) => this.#takeMessage(message));
    this.ended = this.#process.exited.then((exit) => {
      clearTimeout(this.#forcedEnd);
      this.#take({ kind: 'exited', exit });
      return this.#recorder.ended;
    });
    if (this.#process.pid !== undefined) this.#take({ kind: 'started', pid: this.#process.pid });
    this.#events.summary();
    this.#process.send({ kind: 'train', job });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Sends a command to the trainer, which applies it between two steps. SIGKILL ends a trainer that does not answer a
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
    const graceMs = this.#prepared
      ? Math.max(this.#stopGraceMs, SILENCES * this.#longestSilenceMs)
      : PREPARING_GRACE_MS;
    this.#forcedEnd = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
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
    this.#recorder.abandon();
  }

  #takeMessage(message: unknown): void {
    let checked: FromTrainer;
    try {
      checked = checkedMessage(message);
    } catch (thrown) {
      if (isActive(this.#state)) this.#giveUp(thrown);
      return;
    }
    if (this.#prepared) this.#longestSilenceMs = Math.max(this.#longestSilenceMs, performance.now() - this.#heardAt);
    this.#heardAt = performance.now();
    this.#take(checked);
  }

  #take(change: RunChange): void {
    if (change.kind === 'activity') this.#events.activity = change.activity;
    if (change.kind === 'update') this.#events.activity = change.update.activity;
    this.#recorder.take(change);
  }

  #reportLock(first: boolean): void {
    if (first) {
      const { runId } = this.#job;
      // The log is also read after the lock has ended, so the message names the step.
      const message = `Another program locked the run history after step ${this.#events.step.toLocaleString('en')}. Training continues; its progress is kept in memory, and recorded and shown when the lock is released. Close other programs that have runs.sqlite open.`;
      this.#store.log(runId, 'warning', message);
      this.#events.send('run.warning', { runId, message });
    }
    this.#events.progress();
  }

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
        return this.#events.progress();
      case 'prepared':
      case 'execution': {
        const { kind, ...preparation } = change;
        this.#store.recordPreparation(runId, preparation);
        if (kind === 'prepared') this.#prepared = true;
        if (kind === 'prepared') this.#events.summary();
        else if (change.execution.cachedFeatures !== undefined) this.#events.send('run.carriedOut', { runId });
        return;
      }
      case 'planned':
        this.#store.recordPlan(runId, change.commands);
        return this.#commands.planned(change.commands);
      case 'update':
        if (this.#state === 'preparing') this.#setState('running');
        return this.#update(change.update);
      case 'checkpoints':
        return this.#store.recordCheckpoints(runId, change.checkpoints);
      case 'log':
        if (change.level !== 'warning') return this.#store.log(runId, change.level, change.message);
        this.#store.recordWarning(runId, change.message);
        return this.#events.send('run.warning', { runId, message: change.message });
      case 'applied':
        return this.#applied(change);
      case 'refused':
        return this.#refused(change.seq, change.message);
      case 'freezing':
        return this.#store.setFreezing(runId, change.proof);
      case 'test':
        this.#store.setTest(runId, change.result);
        return this.#events.summary();
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
    const numbers = this.#events.number(update);
    if (epochs.length === 0) this.#store.recordSteps(runId, firstStep, losses, numbers.progress);
    else this.#store.recordEpochs(runId, epochs, numbers.last, { firstStep, losses });
    this.#events.updated(update, numbers);
  }

  #applied({ seq, step, epoch }: FromTrainer & { kind: 'applied' }): void {
    const { runId } = this.#job;
    const phase = this.#commands.phase(seq);
    if (phase !== undefined) {
      this.#events.summary();
      return this.#events.send('run.command', { runId, recorded: phase });
    }
    const command = this.#commands.sent(seq);
    if (command === undefined) return;
    const recorded = { seq, step, epoch, at: new Date().toISOString(), command };
    this.#store.recordCommand(runId, recorded);
    this.#commands.applied(recorded);
    if (command.kind === 'pause' && this.#commands.isNewest(seq)) this.#showState('paused');
    else if (command.kind === 'set') this.#events.summary();
    this.#events.send('run.command', { runId, recorded });
  }

  #refused(seq: number, message: string): void {
    const { runId } = this.#job;
    const command = this.#commands.known(seq);
    if (command === undefined) return;
    this.#store.recordRefusal(runId, seq, command, message);
    this.#commands.refused(seq);
    this.#events.send('run.warning', { runId, message });
    this.#events.send('run.refused', { runId, command });
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
      if (this.#state === state) this.#events.summary();
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
}
