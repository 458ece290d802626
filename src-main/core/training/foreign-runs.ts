import { AppError } from '../../../src-shared/errors/app-error.ts';
import { isApplied } from '../../../src-shared/training/commands/run-command.ts';
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
  /** `seq` of the refused commands of each run that trains. */
  #refused = new Map<string, ReadonlySet<number>>();

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

  /** Commands that were applied or refused since the last poll. */
  #emitCommands(): void {
    const foreign = [...this.#known]
      .filter(([id, { state }]) => isActive(state) && !this.#store.owns(id))
      .map(([id]) => id);
    this.#emitApplied(foreign);
    this.#emitRefused(foreign);
  }

  #emitApplied(foreign: readonly string[]): void {
    const before = this.#nextCommands;
    this.#nextCommands = new Map(foreign.map((id) => [id, this.#store.nextCommand(id)]));
    for (const [id, next] of this.#nextCommands) {
      const known = before.get(id) ?? next;
      if (next === known) continue;
      this.#sendSafely(() => {
        const run = this.#store.get(id);
        const recorded = run.commands.filter((command) => command.seq >= known && isApplied(command, run));
        for (const each of recorded) this.#emit('run.command', { runId: id, recorded: each });
      });
    }
  }

  #emitRefused(foreign: readonly string[]): void {
    const before = this.#refused;
    const all = foreign.map((id) => ({ id, refusals: this.#store.refusals(id) }));
    this.#refused = new Map(all.map(({ id, refusals }) => [id, new Set(refusals.map(({ seq }) => seq))]));
    for (const { id, refusals } of all) {
      const known = before.get(id) ?? this.#refused.get(id)!;
      for (const { seq, command } of refusals) {
        if (!known.has(seq)) this.#sendSafely(() => this.#emit('run.refused', { runId: id, command }));
      }
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
