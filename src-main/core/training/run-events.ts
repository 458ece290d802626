import type { Emit } from '../../../src-shared/contract/dispatcher.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { RunState } from '../../../src-shared/training/run/run-state.ts';
import { decimate } from '../../runs/decimate.ts';
import type { RunStore } from '../../runs/store.ts';
import type { Update } from '../../training-protocol/protocol.ts';

/** Minimum interval between run summaries sent to the windows while epochs finish. */
const SUMMARY_MS = 200;
/** Points of the loss curve per event. */
const EVENT_POINTS = 100;

/** What a progress event takes from the run. */
export interface RunSituation {
  readonly state: RunState;
  /** Planned epochs. */
  readonly epochs: number;
  /** What a lock of the run history does to the training; null: it is not locked. */
  readonly locked: 'waits' | 'continues' | null;
}

/** Numbers of the events of one update. */
export interface EventNumbers {
  readonly progress: number;
  readonly epochs: readonly number[];
  /** The largest of them. */
  readonly last: number;
}

/** Events of one run to the windows. A failed event does not change the run; it is logged once per kind. */
export class RunEvents {
  readonly #runId: string;
  readonly #store: RunStore;
  readonly #emit: Emit;
  readonly #situation: (step: number) => RunSituation;
  readonly #failed = new Set<string>();
  #seq = 0;
  #summarySentAt = -Infinity;
  /** Of the newest message, recorded or not. */
  activity = 'Starting';
  /** Of the newest recorded update. Updates that are not recorded may be lost. */
  #progress: Omit<Update, 'activity' | 'losses' | 'epochs' | 'firstStep'> = {
    step: 0,
    totalSteps: 0,
    epoch: 1,
    stepsPerSecond: null,
    secondsLeft: null,
    metrics: {},
  };

  /** @param situation Of the run at a step. */
  constructor(runId: string, store: RunStore, emit: Emit, situation: (step: number) => RunSituation) {
    this.#runId = runId;
    this.#store = store;
    this.#emit = emit;
    this.#situation = situation;
  }

  /** The newest step that is recorded. */
  get step(): number {
    return this.#progress.step;
  }

  /** Numbers for the events of an update; they are recorded with it. */
  number({ epochs }: Update): EventNumbers {
    const progress = ++this.#seq;
    return { progress, epochs: epochs.map(() => ++this.#seq), last: this.#seq };
  }

  /** Sends an update that is recorded. */
  updated(update: Update, numbers: EventNumbers): void {
    const { losses, epochs, firstStep } = update;
    this.#progress = progressOf(update);
    this.progress(eventPoints(firstStep, losses), numbers.progress);
    epochs.forEach(({ record }, i) => this.send('run.epoch', { runId: this.#runId, seq: numbers.epochs[i]!, record }));
    if (epochs.length === 0 || performance.now() - this.#summarySentAt <= SUMMARY_MS) return;
    this.#summarySentAt = performance.now();
    this.summary();
  }

  progress(points: [number, number][] = [], seq = ++this.#seq): void {
    const { state, epochs, locked } = this.#situation(this.step);
    const activity =
      locked === null ? this.activity : `${this.activity} – another program locks the run history; training ${locked}`;
    this.send('run.progress', { runId: this.#runId, seq, state, epochs, points, activity, ...this.#progress });
  }

  summary(): void {
    this.#safely('run.changed', () => this.#emit('run.changed', { summary: this.#store.summary(this.#runId) }));
  }

  send: Emit = (name, payload) => this.#safely(name, () => this.#emit(name, payload));

  #safely(name: string, send: () => void): void {
    try {
      send();
    } catch (thrown) {
      const { message } = AppError.from(thrown);
      if (this.#failed.has(name + message)) return;
      this.#failed.add(name + message);
      this.#store.log(this.#runId, 'error', `Event '${name}' could not be sent to the windows: ${message}`);
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
