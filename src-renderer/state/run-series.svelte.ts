import type { EventPayload, LaminaClient } from '../../src-shared/contract/contract.ts';
import type { EpochRecord } from '../../src-shared/training/run.ts';
import { decimate, type Point } from '../charts/decimate.ts';

/** More points than pixels help nobody; the full series stays in the run history. */
const MAX_POINTS = 4_000;

type Progress = EventPayload<'run.progress'>;
type EpochEvent = EventPayload<'run.epoch'>;

/** The curves of one run: a snapshot first, then the events above its `seq`. */
export class RunSeries {
  /** [step, loss], ascending steps. */
  points: readonly Point[] = $state.raw([]);
  epochs: readonly EpochRecord[] = $state.raw([]);
  loaded = $state(false);

  readonly runId: string;
  readonly #client: LaminaClient;
  #seq = -1;
  #early: ({ kind: 'progress'; event: Progress } | { kind: 'epoch'; event: EpochEvent })[] = [];

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
    for (const { kind, event } of this.#early.splice(0)) {
      if (kind === 'progress') this.onProgress(event);
      else this.onEpoch(event);
    }
  }

  onProgress(event: Progress): void {
    if (!this.loaded) this.#early.push({ kind: 'progress', event });
    else if (event.seq > this.#seq) {
      this.#seq = event.seq;
      if (event.points.length === 0) return;
      const points = [...this.points, ...event.points];
      this.points = points.length > MAX_POINTS * 1.5 ? decimate(points, MAX_POINTS) : points;
    }
  }

  onEpoch(event: EpochEvent): void {
    if (!this.loaded) this.#early.push({ kind: 'epoch', event });
    else if (event.seq > this.#seq) {
      this.#seq = event.seq;
      this.epochs = [...this.epochs.filter((record) => record.epoch !== event.record.epoch), event.record];
    }
  }
}
