import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { unfreezingTraps } from '../../../src-shared/diagnostics/checks/transfer-traps.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { withPatch } from '../../../src-shared/training/commands/run-command.ts';
import type { RunCommand, SettingsPatch } from '../../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import type { MetricValues } from '../../../src-shared/training/run/run.ts';
import { Callbacks } from '../callbacks/callbacks.ts';
import { freezes } from './command-queue.ts';
import type { Position } from '../state/position.ts';
import type { RunningModel } from './running-model.ts';
import { learningRate, requireLearningRateUsed, requireSchedule, stepsOf } from './step-rates.ts';
import type { WeightHashes } from '../state/weight-hashes.ts';

export interface LiveSettingsParts {
  readonly running: RunningModel;
  readonly hashes: WeightHashes;
  readonly configuration: TrainingConfiguration;
  readonly callbacks: Callbacks;
  /** Number of steps whose gradients are accumulated at the beginning. */
  readonly accumulated: number;
  readonly rows: { readonly train: number; readonly validation: number };
  /** Whether the run began with trained weights. */
  readonly pretrained: boolean;
  /** Called after layers were frozen or unfrozen at a step. */
  onFrozen(step: number): void;
  /** For the log. */
  onWarning(message: string): void;
}

/** The configuration and callbacks of a run, with the settings that commands have changed, and the frozen layers. */
export class LiveSettings {
  readonly #parts: LiveSettingsParts;
  /** A step at which no gradients were accumulated; may be before the first. */
  readonly #accumulatesFrom: number;
  #configuration: TrainingConfiguration;
  #callbacks: Callbacks;
  /** Training losses of the epochs of this process. */
  readonly #losses: number[] = [];

  /** @param step Where training begins. */
  constructor(parts: LiveSettingsParts, step: number) {
    this.#parts = parts;
    this.#accumulatesFrom = step - parts.accumulated;
    this.#configuration = parts.configuration;
    this.#callbacks = parts.callbacks;
  }

  get configuration(): TrainingConfiguration {
    return this.#configuration;
  }

  get callbacks(): Callbacks {
    return this.#callbacks;
  }

  /** Of the whole training. */
  get totalSteps(): number {
    return stepsOf(this.#parts.rows.train, this.#configuration);
  }

  /** Steps until no gradients are accumulated; 0: none are. */
  stepsToUpdate(step: number): number {
    const count = this.#configuration.optimizer.gradientAccumulationSteps ?? 1;
    const accumulated = (step - this.#accumulatesFrom) % count;
    return accumulated === 0 ? 0 : count - accumulated;
  }

  /** Layers are frozen and unfrozen only where no gradients are accumulated; other commands apply after any step. */
  accepts(command: RunCommand, step: number): boolean {
    return !freezes(command) || this.stepsToUpdate(step) === 0;
  }

  /** @throws AppError 'training/bad-schedule' if the schedule has no rate for a step. */
  requireSchedule(): void {
    requireSchedule(this.#configuration, this.#parts.rows.train);
  }

  /** @throws AppError 'training/cannot-set' if a new learning rate would have no effect. */
  requireEffect({ learningRate }: SettingsPatch, position: Position): void {
    if (learningRate === undefined) return;
    requireLearningRateUsed({ configuration: this.#configuration, rows: this.#parts.rows.train, position });
  }

  epochEnded({ loss }: MetricValues): void {
    if (loss !== undefined) this.#losses.push(loss);
  }

  /**
   * Changes settings.
   *
   * @param replayed Whether the run that is repeated or resumed, or its phases, did so.
   * @param onFreezing Called before layers are frozen or unfrozen, which takes a while.
   * @throws AppError 'training/cannot-set', 'training/bad-schedule', 'model/invalid': nothing has changed. `engine/…`: the
   *   model is no longer open.
   */
  async set(patch: SettingsPatch, position: Position, replayed: boolean, onFreezing: () => void): Promise<void> {
    const { epoch, step, batch } = position;
    const { running, hashes, rows } = this.#parts;
    const configuration = withPatch(this.#configuration, patch);
    const least = batch > 0 ? epoch + 1 : Math.max(1, epoch);
    if (configuration.epochs < least) {
      throw new AppError(
        'training/cannot-set',
        `Expected at least ${least} epochs, because the run has reached epoch ${least}; received ${configuration.epochs}. To end training earlier, stop the run.`,
      );
    }
    requireSchedule(configuration, rows.train);
    const { frozen = [] } = patch;
    if (frozen.length > 0) {
      onFreezing();
      const before = running.model;
      const at = { step, epoch, epochs: configuration.epochs, replayed };
      await running.setFrozen(frozen, at, (model, state) => hashes.update(model, state, step));
      this.#parts.onFrozen(step);
      this.#warnOfUnfreezing(before, configuration, position);
    }
    this.#configuration = configuration;
    this.#callbacks = new Callbacks(configuration, running.model, rows.validation > 0);
  }

  #warnOfUnfreezing(before: CompiledModel, configuration: TrainingConfiguration, position: Position): void {
    const { running, rows, pretrained, onWarning } = this.#parts;
    if (!pretrained) return;
    const kept = new Set(before.weights.flatMap(({ name, frozen }) => (frozen ? [name] : [])));
    const unfrozen = {
      weights: running.model.weights.filter(({ name, trainable }) => trainable && kept.has(name)),
      optimizer: configuration.optimizer.kind,
      learningRate: learningRate({ configuration, rows: rows.train, position }, 0),
      epochs: position.epoch,
      losses: this.#losses,
    };
    unfreezingTraps(unfrozen).forEach(onWarning);
  }
}
