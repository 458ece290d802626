import { AppError } from '../../../src-shared/errors/app-error.ts';
import { isActive } from '../../../src-shared/training/run/run-state.ts';
import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import type { RunStore } from '../../runs/store.ts';
import type { Emit } from '../../../src-shared/contract/dispatcher.ts';

const POLL_MS = 1_000;

/**
 * Sends events for changes that other programs make to the project's runs: the core of another window, or `lamina train`.
 * The supervisor sends those of this core.
 */
export class ForeignRuns {
  readonly #store: RunStore;
  readonly #emit: Emit;
  readonly #timer: NodeJS.Timeout;
  #version: number;
  #known: Map<string, RunSummary>;
  /** Order of the next command of each run that trains. */
  #nextCommands = new Map<string, number>();

  constructor(store: RunStore, emit: Emit) {
    this.#store = store;
    this.#emit = emit;
    this.#version = store.dataVersion();
    this.#known = byId(store.list());
    this.#emitCommands();
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
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
        this.#sendSafely(() => {
          this.#emitEpochs(id, known?.epochsDone ?? 0, summary.epochsDone);
          this.#emit('run.changed', { summary });
        });
      }
      this.#emitCommands();
      for (const id of before.keys()) {
        if (!this.#known.has(id)) this.#sendSafely(() => this.#emit('run.deleted', { runId: id }));
      }
    } catch {
      // The database is locked or missing: the next poll looks again, and requests report it.
    }
  }

  /** A run whose change cannot be sent does not prevent events of other runs. */
  #sendSafely(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      console.error(
        `A change made by another program could not be sent to the windows: ${AppError.from(thrown).message}`,
      );
    }
  }

  /** Commands that were applied since the last poll. */
  #emitCommands(): void {
    const before = this.#nextCommands;
    const foreign = [...this.#known].filter(([id, { state }]) => isActive(state) && !this.#store.owns(id));
    this.#nextCommands = new Map(foreign.map(([id]) => [id, this.#store.nextCommand(id)]));
    for (const [id, next] of this.#nextCommands) {
      const known = before.get(id) ?? next;
      if (next === known) continue;
      this.#sendSafely(() => {
        const recorded = this.#store.get(id).commands.filter(({ seq }) => seq >= known);
        for (const each of recorded) this.#emit('run.command', { runId: id, recorded: each });
      });
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
