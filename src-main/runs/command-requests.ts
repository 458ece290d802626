import { AppError } from '../../src-shared/errors/app-error.ts';
import { runCommandSchema } from '../../src-shared/training/commands/run-command.ts';
import type { RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { Access } from './access.ts';
import type { Database } from './database.ts';
import { jsonText } from './json-text.ts';
import { parsed } from './records.ts';

interface RequestRow {
  id: number;
  run_id: string;
  command: string;
}

/** A command that another program has asked for. */
export interface CommandRequest {
  readonly id: number;
  readonly runId: string;
  /** Null: it cannot be read; a newer version may have written it. */
  readonly command: RunCommand | null;
}

/** Commands from one program to the core of another, which trains the run. They go through the run history. */
export class CommandRequests {
  readonly #access: Access;
  readonly #coreId: string;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(access: Access, database: Database, coreId: string) {
    this.#access = access;
    this.#coreId = coreId;
    this.#statements = prepare(database);
  }

  /** @returns Its id. */
  add(runId: string, command: RunCommand): number {
    return this.#access.write(() => {
      // Of programs that ended before they had the answer.
      this.#statements.removeEnded.run();
      return this.#statements.add.get({ runId, command: jsonText(command) })!;
    });
  }

  /** Requests for runs of this core that have no answer yet, the oldest first. */
  open(): CommandRequest[] {
    return this.#access
      .read(() => this.#statements.open.all(this.#coreId))
      .map(({ id, run_id: runId, command }) => {
        const result = runCommandSchema.safeParse(parsed(command));
        return { id, runId, command: result.success ? result.data : null };
      });
  }

  /** @param error Null: the trainer has the command. */
  answer(id: number, error: AppError | null): void {
    this.#access.write(() => this.#statements.answer.run({ id, answer: jsonText(error) }));
  }

  /**
   * Removes a request that has its answer.
   *
   * @returns 'none': not answered yet, or removed because its run has ended; null: the trainer has the command.
   */
  takeAnswer(id: number): AppError | null | 'none' {
    const answer = this.#access.read(() => this.#statements.answerOf.get(id)) ?? null;
    if (answer === null) return 'none';
    this.remove(id);
    const error = parsed(answer);
    return error === null ? null : AppError.from(error);
  }

  remove(id: number): void {
    this.#access.write(() => this.#statements.remove.run(id));
  }
}

function prepare(database: Database) {
  return {
    add: database
      .prepare<{ runId: string; command: string }, number>(
        'INSERT INTO command_requests (run_id, command) VALUES (@runId, @command) RETURNING id',
      )
      .pluck(),
    open: database.prepare<[string], RequestRow>(
      `SELECT q.id, run_id, command FROM command_requests q JOIN runs r ON r.id = run_id
       WHERE answer IS NULL AND core_id = ? ORDER BY q.id`,
    ),
    answer: database.prepare<{ id: number; answer: string }>(
      'UPDATE command_requests SET answer = @answer WHERE id = @id',
    ),
    answerOf: database.prepare<[number], string | null>('SELECT answer FROM command_requests WHERE id = ?').pluck(),
    removeEnded: database.prepare(
      `DELETE FROM command_requests WHERE run_id IN (SELECT id FROM runs WHERE ended_at IS NOT NULL)`,
    ),
    remove: database.prepare<[number]>('DELETE FROM command_requests WHERE id = ?'),
  };
}
