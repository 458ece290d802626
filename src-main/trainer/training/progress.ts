import type { MetricValues } from '../../../src-shared/training/run/run.ts';
import type { FinishedEpoch } from '../../runs/types.ts';
import { sortMetrics } from '../evaluation/finite-metrics.ts';
import type { Send } from '../../training-protocol/protocol.ts';
import { StepRate } from './step-rate.ts';

/** At most ten updates a second. */
const INTERVAL_MS = 100;

interface ProgressState {
  readonly activity: string;
  readonly step: number;
  readonly epoch: number;
}

/** Collects losses and epochs and reports them to core at most ten times a second. */
export class Progress {
  readonly #send: Send;
  /** Of the whole training. */
  totalSteps: number;
  readonly #firstStep: number;
  #startedAt = performance.now();
  readonly #losses: number[] = [];
  #epochs: FinishedEpoch[] = [];
  #lossesFrom: number;
  #sentAt = -Infinity;
  #rate = new StepRate();
  /** The last update sent, or to be sent. */
  #state: ProgressState = { activity: 'Training', step: 0, epoch: 1 };
  #metrics: () => MetricValues = () => ({});

  /** @param step Optimizer updates before this training. */
  constructor(send: Send, step: number, totalSteps: number) {
    this.#send = send;
    this.#firstStep = step;
    this.totalSteps = totalSteps;
    this.#lossesFrom = step + 1;
  }

  /** Excludes a pause from the estimate of the time left. */
  paused(durationMs: number): void {
    this.#startedAt += durationMs;
    this.#rate = new StepRate();
  }

  addLoss(loss: number): void {
    this.#losses.push(loss);
  }

  addEpoch(update: FinishedEpoch): void {
    this.#epochs.push(update);
  }

  /** Sends if enough time has passed. @param metrics Asked for only when they are sent. */
  report(state: ProgressState, metrics: () => MetricValues): void {
    this.#state = state;
    this.#metrics = metrics;
    if (performance.now() - this.#sentAt >= INTERVAL_MS) this.reportNow(state, metrics);
  }

  /** Sends pending losses and epochs. */
  reportPending(): void {
    if (this.#losses.length > 0 || this.#epochs.length > 0) this.reportNow(this.#state, this.#metrics);
  }

  reportNow(state: ProgressState, metrics: () => MetricValues): void {
    const { activity, step, epoch } = state;
    this.#state = state;
    this.#metrics = metrics;
    const now = performance.now();
    this.#sentAt = now;
    if (step > this.#firstStep) this.#rate.add(step, now);
    const done = step - this.#firstStep;
    const secondsLeft = done === 0 ? null : (((now - this.#startedAt) / 1000) * (this.totalSteps - step)) / done;
    this.#send({
      kind: 'update',
      update: {
        activity,
        step,
        totalSteps: this.totalSteps,
        epoch,
        stepsPerSecond: finiteOrNull(this.#rate.value),
        secondsLeft: finiteOrNull(secondsLeft),
        metrics: sortMetrics(metrics()).finite,
        firstStep: this.#lossesFrom,
        losses: Float32Array.from(this.#losses),
        epochs: this.#epochs,
      },
    });
    this.#lossesFrom += this.#losses.length;
    this.#losses.length = 0;
    this.#epochs = [];
  }
}

const finiteOrNull = (value: number | null): number | null => (Number.isFinite(value) ? value : null);
