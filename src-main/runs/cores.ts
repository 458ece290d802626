import { randomUUID } from 'node:crypto';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import type { Database } from './database.ts';
import { endProcess, isAlive, processIdentity } from '../system/process-identity.ts';
import type { ProcessIdentity } from '../system/process-identity.ts';
import { jsonText } from './json-text.ts';
import type { Queries } from './queries.ts';
import type { Statements } from './statements.ts';

const HEARTBEAT_MS = 10_000;
/** Time without a heartbeat after which a core counts as ended if its process cannot be looked up. */
const SILENCE_MS = 60_000;

interface CoreRow {
  id: string;
  host: string;
  pid: number;
  process_start: string | null;
  updated_at: number;
}

/** The table of programs that have a project's run store open. Other programs use it to find runs whose core has ended. */
export class Cores {
  readonly id = randomUUID();
  readonly #database: Database;
  readonly #timer: NodeJS.Timeout;

  /** Adds this program's row and updates it until `leave`. */
  constructor(database: Database) {
    this.#database = database;
    const { host, pid, start } = processIdentity();
    database
      .prepare('INSERT INTO cores (id, host, pid, process_start, updated_at) VALUES (?, ?, ?, ?, ?)')
      .run(this.id, host, pid, start, Date.now());
    const beat = database.prepare('UPDATE cores SET updated_at = ? WHERE id = ?');
    this.#timer = setInterval(() => {
      try {
        beat.run(Date.now(), this.id);
      } catch {
        // The disk is full or the database locked: the next beat retries, and others can still look up the process.
      }
    }, HEARTBEAT_MS);
    this.#timer.unref();
  }

  leave(): void {
    clearInterval(this.#timer);
    try {
      this.#database.prepare('DELETE FROM cores WHERE id = ?').run(this.id);
    } catch {
      // The disk is full or the database locked: others remove the row after this program has ended.
    }
  }

  /** Removes rows of programs that ended without `leave`. */
  removeDead(): void {
    const rows = this.#database.prepare<[], CoreRow>('SELECT * FROM cores').all();
    const remove = this.#database.prepare('DELETE FROM cores WHERE id = ?');
    for (const row of rows) if (row.id !== this.id && !isPresent(row)) remove.run(row.id);
  }
}

function isPresent(row: CoreRow): boolean {
  const identity: ProcessIdentity = { host: row.host, pid: row.pid, start: row.process_start };
  return isAlive(identity) ?? Date.now() - row.updated_at < SILENCE_MS;
}

/** @param resumable The run has a checkpoint. */
function endedWhileTraining(resumable: boolean): NonNullable<RunSummary['error']> {
  const remedy = resumable
    ? 'Its record up to then is kept; resume it from its last checkpoint.'
    : 'It had no checkpoint yet; start it again.';
  return { code: 'training/core-ended', message: `Lamina ended while this run was training. ${remedy}` };
}

/** @param resumable The run was to resume another one. */
export function endedWhileQueued(resumable: boolean): NonNullable<RunSummary['error']> {
  const remedy = resumable ? 'Resume it' : 'Start it again';
  return { code: 'training/core-ended', message: `Lamina ended while this run was queued. ${remedy}.` };
}

/**
 * Marks active and queued runs whose core has ended as `interrupted`, and ends their trainers. Call inside a transaction.
 *
 * @returns The number of such runs.
 */
export function interruptOrphans(queries: Queries, statements: Statements): number {
  const orphans = queries.orphans.all();
  for (const orphan of orphans) {
    const { id, trainer_host: host, trainer_pid: pid, trainer_start: start } = orphan;
    if (host !== null && pid !== null) endProcess({ host, pid, start });
    const state: RunState = 'interrupted';
    const explain = orphan.state === 'queued' ? endedWhileQueued : endedWhileTraining;
    const error = explain(queries.checkpoint.get(id, 'last') !== undefined);
    statements.state.run({ id, state, error: jsonText(error), endedAt: new Date().toISOString(), endedBy: null });
  }
  return orphans.length;
}
