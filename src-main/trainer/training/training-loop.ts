import { AppError } from '../../../src-shared/errors/app-error.ts';
import { permutation } from '../../../src-shared/program/random/permutation.ts';
import { settingNames } from '../../../src-shared/training/commands/run-command.ts';
import type { RunCommand, SettingsPatch } from '../../../src-shared/training/commands/run-command.ts';
import type { EndedBy, MetricValues } from '../../../src-shared/training/run/run.ts';
import { useAverages } from '../state/state-for-use.ts';
import type { CallContext, Effect, EpochContext } from '../callbacks/callback.ts';
import { hasEnded } from '../callbacks/early-stopping.ts';
import type { CheckpointWriter } from './checkpoint-writer.ts';
import type { CommandQueue, Replays, SentCommand } from './command-queue.ts';
import { evaluateRows } from '../evaluation/evaluate-rows.ts';
import type { CallSizeChooser } from '../preparation/execution.ts';
import { FiniteMetrics, notFinite } from '../evaluation/finite-metrics.ts';
import type { Hold } from './hold.ts';
import { LiveSettings } from './live-settings.ts';
import type { LiveSettingsParts } from './live-settings.ts';
import type { Position } from '../state/position.ts';
import type { Progress } from './progress.ts';
import type { PreparedFeatures } from './running-model.ts';
import type { Send } from '../../training-protocol/protocol.ts';
import { ReportSums } from '../evaluation/report-sums.ts';
import { lastRates, learningRate, stepRates } from './step-rates.ts';
import type { RatesContext } from './step-rates.ts';

/** Interval at which the event loop runs, so that a stop is received. */
const YIELD_MS = 15;
/** Interval between `last` checkpoints within a long epoch. */
const SAVE_MS = 60_000;

export interface LoopParts extends LiveSettingsParts {
  readonly evaluationBatch: number;
  readonly chooser: CallSizeChooser;
  readonly checkpoints: CheckpointWriter;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly hold: Hold;
  readonly commands: CommandQueue;
  readonly replays: Replays;
  readonly send: Send;
  /** Called once the number of steps per call is chosen. */
  onChosen(): void;
  /** Called once cached features are computed or read. */
  onFeatures(prepared: PreparedFeatures): void;
  /** For the debug log. */
  onEpoch(epoch: number): void;
}

/**
 * Trains epoch after epoch. The order of rows depends only on seed and epoch, and `Position` is an index into it, so a
 * resumed run takes exactly the steps that an uninterrupted run would have taken.
 */
export class TrainingLoop {
  readonly #parts: LoopParts;
  readonly #order: Int32Array;
  readonly #settings: LiveSettings;
  readonly #finite: FiniteMetrics;
  #position: Position;
  #endedBy: EndedBy | null = null;
  #paused = false;
  #stopsAfterEpoch = false;
  #sums: ReportSums;
  #epochStartedAt = performance.now();
  #yieldedAt = performance.now();
  #savedAt = performance.now();

  constructor(parts: LoopParts, position: Position) {
    this.#parts = parts;
    this.#settings = new LiveSettings(parts, position.step);
    this.#finite = new FiniteMetrics(parts.onWarning);
    this.#position = position;
    this.#order = Int32Array.from({ length: parts.rows.train }, (_, row) => row);
    this.#sums = this.#newSums(position);
  }

  /**
   * @returns The final state. The last checkpoint has been taken but is not written yet.
   * @throws AppError 'training/bad-schedule' if the schedule has no rate for a step,
   *   'training/not-finite' if a loss is NaN or infinite.
   */
  async run(): Promise<'completed' | 'stopped'> {
    const { signal } = this.#parts;
    this.#settings.requireSchedule();
    await this.#replay();
    const { earlyStopping } = this.#position.callbacks;
    if (hasEnded(this.#settings.configuration.earlyStopping, earlyStopping)) this.#endedBy = 'earlyStopping';
    while (this.#endedBy === null) {
      await this.#applyCommands();
      if (this.#position.epoch >= this.#settings.configuration.epochs) break;
      if (signal.aborted || this.#stopsAfterEpoch || !(await this.#prepareFeatures())) return 'stopped';
      if (!(await this.#trainEpoch()) || !(await this.#finishEpoch())) {
        await this.#applyCommands();
        if (this.#position.batch > 0) await this.#saveWithinEpoch();
        return 'stopped';
      }
    }
    return 'completed';
  }

  /**
   * Computes the frozen part once, if the run does. Within an epoch it must be called before each call of the engine:
   * layers may have been unfrozen.
   *
   * @returns False if it was stopped before the end.
   */
  async #prepareFeatures(): Promise<boolean> {
    const { running, progress, signal, commands } = this.#parts;
    const startedAt = performance.now();
    for (;;) {
      const prepared = await running.prepareFeatures(async (fraction) => {
        const activity = `Computing the frozen part once: ${Math.floor(100 * fraction)} %`;
        progress.report(this.progressState(activity), () => this.#sums.values());
        await this.#yield();
        return !signal.aborted && commands.isEmpty;
      });
      if (prepared === null) return true;
      if (prepared !== false) {
        const durationMs = performance.now() - startedAt;
        progress.paused(durationMs);
        this.#epochStartedAt += durationMs;
        this.#parts.onFeatures(prepared);
        return true;
      }
      await this.#applyCommands();
      if (signal.aborted || (this.#stopsAfterEpoch && this.#position.batch === 0)) return false;
    }
  }

  /** @returns False if it was stopped before the end. */
  async #trainEpoch(): Promise<boolean> {
    const { rows, signal, chooser, replays, commands } = this.#parts;
    const { batchSize, shuffle, seed } = this.#settings.configuration;
    const order = shuffle ? permutation(seed, 'shuffle', this.#position.epoch, rows.train) : this.#order;
    this.#epochStartedAt = performance.now();
    const fullBatches = Math.floor(rows.train / batchSize);
    for (let batch = this.#position.batch; batch < fullBatches; batch = this.#position.batch) {
      if (!(await this.#prepareFeatures())) return false;
      const untilFrozen = commands.freezes ? this.#settings.stepsToUpdate(this.#position.step) : Infinity;
      const untilReplay = replays.stepsUntilNext(this.#position.step);
      const steps = chooser.next(Math.min(fullBatches - batch, untilReplay, untilFrozen));
      await this.#call(order.subarray(batch * batchSize, (batch + steps) * batchSize), steps, batchSize);
      await this.#yield();
      await this.#applyCommands();
      if (signal.aborted) return false;
      // Waits for the write: between calls it takes long, with a copy of the state in memory.
      if (performance.now() - this.#savedAt > SAVE_MS) await this.#saveNow();
    }
    const rest = rows.train - fullBatches * batchSize;
    if (rest > 0 && this.#position.batch === fullBatches) {
      if (!(await this.#prepareFeatures())) return false;
      await this.#call(order.subarray(rows.train - rest), 1, rest);
    }
    await this.#applyCommands();
    return !signal.aborted && (await this.#prepareFeatures());
  }

  /** One call of the engine: `steps` batches of `batchSize` rows. */
  async #call(indices: Int32Array, steps: number, batchSize: number): Promise<void> {
    const { chooser, progress } = this.#parts;
    const { running } = this.#parts;
    const { model } = running;
    const rates = stepRates(this.#rates, model, steps);
    const startedAt = performance.now();
    const request = { split: 'train', indices, steps, ...rates } as const;
    const reports = await running.train(request, this.#position.epoch);
    const full = batchSize === this.#settings.configuration.batchSize;
    const durationMs = performance.now() - startedAt;
    if (full && chooser.record(steps, durationMs, progress.totalSteps - this.#position.step)) this.#parts.onChosen();
    const losses = Array.from({ length: steps }, (_, step) => reports[step * model.reportLength]!);
    const failure = this.#ask({ at: 'call', losses }).find((effect) => effect.kind === 'fail');
    losses.forEach((loss, step) => {
      progress.addLoss(loss);
      this.#position = { ...this.#position, step: this.#position.step + 1, batch: this.#position.batch + 1 };
      if (failure?.step === step) throw this.#notFinite(failure);
      this.#sums.add(reports, step * model.reportLength, batchSize);
    });
    progress.report(this.progressState('Training'), () => this.#sums.values());
  }

  /** @returns False if it was stopped before the end. */
  async #finishEpoch(): Promise<boolean> {
    const { running, progress, checkpoints } = this.#parts;
    const epoch = this.#position.epoch + 1;
    const trainingMs = this.#position.epochMs + performance.now() - this.#epochStartedAt;
    let validation = await this.#validate();
    while (validation === null) {
      await this.#applyCommands();
      if (this.#parts.signal.aborted || !(await this.#prepareFeatures())) return false;
      validation = await this.#validate();
    }
    const all = { ...this.#sums.values(), ...validation, ...lastRates(this.#rates, running.model) };
    const effects = this.#ask({ at: 'epoch', epoch, metrics: all });
    const failure = effects.find((effect) => effect.kind === 'fail');
    if (failure !== undefined) throw this.#notFinite(failure);
    const best = effects.some(({ kind }) => kind === 'best');
    this.#endedBy = effects.find((effect) => effect.kind === 'end')?.by ?? null;
    const metrics = this.#finite.of(all, `epoch ${epoch}`);
    const record = {
      epoch,
      metrics,
      durationMs: this.#position.epochMs + performance.now() - this.#epochStartedAt,
      stepsPerSecond: (this.#position.batch * 1000) / Math.max(trainingMs, 1e-3),
    };
    this.#position = {
      ...this.#position,
      epoch,
      batch: 0,
      sums: { rows: 0, sums: [] },
      epochMs: 0,
      metrics,
    };
    progress.addEpoch({ record, best });
    await checkpoints.save(best ? ['last', 'best'] : ['last'], this.#position);
    this.#savedAt = performance.now();
    progress.report(this.progressState('Training'), () => metrics);
    this.#sums = this.#newSums(null);
    this.#settings.epochEnded(metrics);
    this.#parts.onEpoch(epoch);
    return true;
  }

  // commands

  /** Applies the commands that wait; returns when training is to continue or to stop. */
  async #applyCommands(): Promise<void> {
    const { commands, progress } = this.#parts;
    await this.#replay();
    for (let sent = commands.take(this.#applies); sent !== undefined; sent = commands.take(this.#applies)) {
      await this.#apply(sent);
      if (!this.#paused) continue;
      const pausedAt = performance.now();
      do {
        progress.reportNow(this.progressState(this.#pausedActivity), () => this.#sums.values());
      } while (!(await commands.arrival(this.#applies)));
      const pausedMs = performance.now() - pausedAt;
      this.#epochStartedAt += pausedMs;
      progress.paused(pausedMs);
    }
  }

  get #pausedActivity(): string {
    if (!this.#parts.commands.freezes) return 'Paused';
    const steps = this.#settings.stepsToUpdate(this.#position.step);
    return `Paused. Freezing waits for the end of the gradient accumulation, in ${steps.toLocaleString('en')} ${steps === 1 ? 'step' : 'steps'}`;
  }

  async #apply({ seq, command }: SentCommand): Promise<void> {
    try {
      if (command.kind === 'set') {
        this.#settings.requireEffect(command.patch, this.#position);
        await this.#set(command.patch, false);
      } else if (command.kind === 'pause' || command.kind === 'checkpoint') await this.#saveNow();
    } catch (thrown) {
      return this.#refuse(seq, command, thrown);
    }
    if (command.kind === 'pause') this.#paused = true;
    if (command.kind === 'resume' || command.kind === 'stop') this.#paused = false;
    if (command.kind === 'stop' && command.when === 'epoch') this.#stopsAfterEpoch = true;
    this.#confirm(seq);
  }

  /** Tells core at which step a command was applied, after the losses before it. */
  #confirm(seq: number): void {
    this.#parts.progress.reportPending();
    const { step, epoch } = this.#position;
    this.#parts.send({ kind: 'applied', seq, step, epoch });
  }

  /** Applies settings of the phases and of the run that is repeated or resumed. Those that newer ones have made impossible are refused. */
  async #replay(): Promise<void> {
    for (const { seq, command } of this.#parts.replays.take(this.#position)) {
      try {
        await this.#set(command.patch, true);
      } catch (thrown) {
        this.#refuse(seq, command, thrown);
        continue;
      }
      if (command.phase !== undefined) this.#confirm(seq);
    }
  }

  /** @throws `thrown` if it is not a reason to refuse the command. */
  #refuse(seq: number, command: RunCommand, thrown: unknown): void {
    if (!(thrown instanceof AppError) || command.kind !== 'set' || !this.#parts.running.isOpen) throw thrown;
    const step = this.#position.step.toLocaleString('en');
    this.#parts.send({
      kind: 'refused',
      seq,
      message: `The run did not apply a change of ${settingNames(command.patch)} after step ${step}. ${thrown.message}`,
    });
  }

  async #set(patch: SettingsPatch, replayed: boolean): Promise<void> {
    const { progress } = this.#parts;
    await this.#settings.set(patch, this.#position, replayed, () =>
      progress.reportNow(this.progressState('Freezing layers'), () => this.#sums.values()),
    );
    progress.totalSteps = this.#settings.totalSteps;
  }

  readonly #applies = (command: RunCommand): boolean => this.#settings.accepts(command, this.#position.step);

  /** Writes the state of this step. */
  async #saveNow(): Promise<void> {
    if (this.#position.batch > 0) await this.#saveWithinEpoch();
    await this.#parts.checkpoints.finish();
  }

  #ask(context: CallContext | EpochContext): readonly Effect[] {
    const { states, effects } = this.#settings.callbacks.on(context, this.#position.callbacks);
    this.#position = { ...this.#position, callbacks: states };
    return effects;
  }

  /** @returns Null if a stop or a pause ended it; the epoch is then validated again. */
  async #validate(): Promise<MetricValues | null> {
    const { rows, evaluationBatch, progress, signal, commands } = this.#parts;
    const { running } = this.#parts;
    const { session, model } = running;
    if (rows.validation === 0) return {};
    const validates = this.#settings.configuration.optimizer.ema?.validate === true;
    const restore = validates ? await useAverages(session, model) : null;
    const continues = async (): Promise<boolean> => {
      progress.report(this.progressState('Validating'), () => this.#sums.values());
      await this.#yield();
      return !signal.aborted && !commands.pauses;
    };
    const run = running.validate.bind(running);
    const sums = await evaluateRows(session, model, 'validation', rows.validation, evaluationBatch, continues, run);
    await restore?.();
    return sums?.values('val_') ?? null;
  }

  async #saveWithinEpoch(): Promise<void> {
    const epochMs = this.#position.epochMs + performance.now() - this.#epochStartedAt;
    await this.#parts.checkpoints.save(['last'], { ...this.#position, sums: this.#sums.state(), epochMs });
    this.#savedAt = performance.now();
  }

  /** For `Progress`. */
  progressState(activity: string): { activity: string; step: number; epoch: number } {
    const { epoch, step } = this.#position;
    return { activity, step, epoch: Math.min(epoch + 1, this.#settings.configuration.epochs) };
  }

  get step(): number {
    return this.#position.step;
  }

  get epochsDone(): number {
    return this.#position.epoch;
  }

  /** The callback that ended the training; null: none. */
  get endedBy(): EndedBy | null {
    return this.#endedBy;
  }

  get runningMetrics(): MetricValues {
    return this.#sums.values();
  }

  #newSums(position: Position | null): ReportSums {
    const { metrics, reportLength } = this.#parts.running.model;
    return new ReportSums(metrics, reportLength, position !== null && position.batch > 0 ? position.sums : undefined);
  }

  get #rates(): RatesContext {
    return { configuration: this.#settings.configuration, rows: this.#parts.rows.train, position: this.#position };
  }

  async #yield(): Promise<void> {
    if (performance.now() - this.#yieldedAt < YIELD_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    await this.#parts.hold.over(this.#parts.signal);
    this.#yieldedAt = performance.now();
  }

  #notFinite(effect: Effect & { kind: 'fail' }): AppError {
    return notFinite(effect, this.#position, learningRate(this.#rates, 0));
  }
}
