import { AppError } from '../../src-shared/errors/app-error.ts';
import type { EndedBy, RunSummary } from '../../src-shared/training/run/run.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import type { Access } from './access.ts';
import { jsonText } from './json-text.ts';
import type { Statements } from './statements.ts';
import type { LogLine } from './types.ts';

/** Longest time between a line of the log and its commit. */
const COMMIT_MS = 250;

/** A run's state. If a full disk prevents writing it, it is shown from memory and written when possible. */
export interface ReachedState {
  readonly state: RunState;
  readonly error: RunSummary['error'];
  readonly endedAt: string | null;
  readonly endedBy: EndedBy | null;
}

/** Log lines and states that are not committed yet; a timer or the next record commits them together. */
export class PendingWrites {
  readonly #access: Access;
  readonly #statements: Statements;
  readonly #logLines: (LogLine & { id: string })[] = [];
  readonly #states = new Map<string, ReachedState>();
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(access: Access, statements: Statements) {
    this.#access = access;
    this.#statements = statements;
  }

  addLine(line: LogLine & { id: string }): void {
    this.#logLines.push(line);
    this.#commitLater();
  }

  addState(id: string, state: ReachedState): void {
    this.#states.set(id, state);
    this.#commitLater();
  }

  removeState(id: string): void {
    this.#states.delete(id);
  }

  /** A summary with the pending state of its run. */
  withState<Summary extends RunSummary>(summary: Summary): Summary {
    const reached = this.#states.get(summary.id);
    return reached === undefined ? summary : { ...summary, ...reached };
  }

  get #isEmpty(): boolean {
    return this.#logLines.length === 0 && this.#states.size === 0;
  }

  /** Commits what is pending, also in a project that was moved: its runs record how they ended. */
  flush(): void {
    if (this.#isEmpty) return;
    this.#access.transaction(() => this.#write());
    this.#clear();
  }

  /** A full disk must not prevent reading; the next recorded epoch or state reports it. */
  flushForReading(): void {
    try {
      this.flush();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }

  /** Commits everything that is pending, then what an action writes, in one transaction. */
  commit(action: () => void): void {
    this.#access.write(() => {
      this.#write();
      action();
    });
    this.#clear();
  }

  /** Stops the timer. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #clear(): void {
    this.#logLines.length = 0;
    this.#states.clear();
  }

  #write(): void {
    for (const line of this.#logLines) this.#statements.log.run(line);
    for (const [id, { state, error, endedAt, endedBy }] of this.#states) {
      this.#statements.state.run({ id, state, error: error === null ? null : jsonText(error), endedAt, endedBy });
    }
  }

  #commitLater(): void {
    if (this.#ended) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flushForReading();
      if (!this.#isEmpty) this.#commitLater();
    }, COMMIT_MS);
  }
}
