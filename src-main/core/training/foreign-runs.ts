import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import type { RunStore } from '../../runs/store.ts';
import type { Emit } from '../events/emit.ts';

const POLL_MS = 1_000;

/**
 * Tells windows what another program does to the project's runs: another window's core, or
 * a `lamina train` beside it. What this core does itself is told as it happens.
 */
export class ForeignRuns {
  readonly #store: RunStore;
  readonly #emit: Emit;
  readonly #timer: NodeJS.Timeout;
  #version: number;
  #known: Map<string, RunSummary>;

  constructor(store: RunStore, emit: Emit) {
    this.#store = store;
    this.#emit = emit;
    this.#version = store.dataVersion();
    this.#known = byId(store.list());
    this.#timer = setInterval(() => this.#look(), POLL_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    try {
      this.#store.recover();
      const version = this.#store.dataVersion();
      if (version === this.#version) return;
      this.#version = version;
      const before = this.#known;
      this.#known = byId(this.#store.list());
      for (const [id, summary] of this.#known) {
        const known = before.get(id);
        if (this.#store.owns(id) || JSON.stringify(known) === JSON.stringify(summary)) continue;
        this.#tell(() => {
          this.#emitEpochs(id, known?.epochsDone ?? 0, summary.epochsDone);
          this.#emit('run.changed', { summary });
        });
      }
      for (const id of before.keys()) {
        if (!this.#known.has(id)) this.#tell(() => this.#emit('run.deleted', { runId: id }));
      }
    } catch {
      // A locked or vanished database: the next look finds out, and requests tell the person.
    }
  }

  /** A run whose change cannot be sent does not prevent events of other runs. */
  #tell(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      console.error(
        `A change made by another program could not be sent to the windows: ${AppError.from(thrown).message}`,
      );
    }
  }

  #emitEpochs(id: string, from: number, to: number): void {
    if (to <= from) return;
    const { epochs, seq } = this.#store.series(id, 10);
    for (const record of epochs.slice(from, to)) this.#emit('run.epoch', { runId: id, seq, record });
  }
}

function byId(summaries: readonly RunSummary[]): Map<string, RunSummary> {
  return new Map(summaries.map((summary) => [summary.id, summary]));
}
