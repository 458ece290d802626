import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EventPayload } from '../../src-shared/contract/contract.ts';
import type { EpochRecord } from '../../src-shared/training/run/run.ts';
import { decimate, type Point } from '../ui/charts/decimate.ts';

/** Points kept for drawing; the full series is in the run history. */
const MAX_POINTS = 4_000;

/** Least interval between updates: epochs may end hundreds of times a second, and each update draws the charts. */
const TAKE_MS = 100;

type RunEvent =
  | { readonly kind: 'progress'; readonly event: EventPayload<'run.progress'> }
  | { readonly kind: 'epoch'; readonly event: EventPayload<'run.epoch'> };

/** The curves of one run: a snapshot first, then the events above its `seq`. */
export class RunSeries {
  /** [step, loss], ascending steps. */
  points: readonly Point[] = $state.raw([]);
  epochs: readonly EpochRecord[] = $state.raw([]);
  loaded = $state(false);

  readonly runId: string;
  readonly #client: LaminaClient;
  #seq = -1;
  /** Events not taken yet; until the snapshot is there, all of them. */
  #waiting: RunEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: LaminaClient, runId: string) {
    this.#client = client;
    this.runId = runId;
  }

  /** Reads the snapshot, also again after the connection was lost. */
  async load(): Promise<void> {
    const series = await this.#client.request('runs.series', { runId: this.runId, maxPoints: MAX_POINTS });
    if (series.seq < this.#seq) return;
    this.points = series.points;
    this.epochs = series.epochs;
    this.#seq = series.seq;
    this.loaded = true;
    this.#take();
  }

  onEvent(event: RunEvent): void {
    this.#waiting.push(event);
    if (this.loaded) this.#timer ??= setTimeout(() => this.#take(), TAKE_MS);
  }

  #take(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const contained = this.#seq;
    const points: Point[] = [];
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- a passing value of this function
    const records = new Map<number, EpochRecord>();
    for (const { kind, event } of this.#waiting.splice(0)) {
      if (event.seq <= contained) continue;
      this.#seq = Math.max(this.#seq, event.seq);
      if (kind === 'progress') points.push(...event.points);
      else records.set(event.record.epoch, event.record);
    }
    if (points.length > 0) {
      const all = [...this.points, ...points];
      this.points = all.length > MAX_POINTS * 1.5 ? decimate(all, MAX_POINTS) : all;
    }
    if (records.size > 0) {
      this.epochs = [...this.epochs.filter(({ epoch }) => !records.has(epoch)), ...records.values()];
    }
  }
}
