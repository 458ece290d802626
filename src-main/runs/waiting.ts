import { AppError } from '../../src-shared/errors/app-error.ts';
import type { RunState, RunSummary } from '../../src-shared/training/run/run.ts';
import type { Access } from './access.ts';
import { jsonText } from './json-text.ts';
import type { StepRow } from './queries.ts';
import type { Statements } from './statements.ts';
import { StepBuffer } from './step-buffer.ts';
import type { LogLine } from './types.ts';

/** Step losses wait this long for their commit; a power cut loses no more. */
const COMMIT_MS = 250;

/** A state of a run; where a full disk kept it from being written, it is shown as if it were, and written when possible. */
export interface ReachedState {
  readonly state: RunState;
  readonly error: RunSummary['error'];
  readonly endedAt: string | null;
}

/** What is told of runs and not yet committed. */
export class Waiting {
  readonly #access: Access;
  readonly #statements: Statements;
  readonly #steps = new StepBuffer();
  readonly #logLines: (LogLine & { id: string })[] = [];
  readonly #states = new Map<string, ReachedState>();
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(access: Access, statements: Statements) {
    this.#access = access;
    this.#statements = statements;
  }

  addSteps(id: string, firstStep: number, losses: Float32Array, seq: number): void {
    this.#steps.add(id, firstStep, losses, seq);
    this.#commitLater();
  }

  addLine(line: LogLine & { id: string }): void {
    this.#logLines.push(line);
    this.#commitLater();
  }

  /** Waits for the next commit. */
  addState(id: string, state: ReachedState): void {
    this.#states.set(id, state);
    this.#commitLater();
  }

  removeSteps(id: string): void {
    this.#steps.remove(id);
  }

  removeState(id: string): void {
    this.#states.delete(id);
  }

  /** A summary with the state that its run has reached. */
  withState<Summary extends RunSummary>(summary: Summary): Summary {
    const reached = this.#states.get(summary.id);
    return reached === undefined ? summary : { ...summary, ...reached };
  }

  /** The last event that told of steps of a run; 0 where none wait. */
  seqOf(id: string): number {
    return this.#steps.seqOf(id);
  }

  /** Steps that wait, as the database would give them. */
  stepsOf(id: string): StepRow[] {
    return [...this.#steps.chunks()]
      .filter(({ runId }) => runId === id)
      .map(({ firstStep, losses }) => ({ first_step: firstStep, losses: new Uint8Array(losses.buffer) }));
  }

  get #isEmpty(): boolean {
    return this.#steps.isEmpty && this.#logLines.length === 0 && this.#states.size === 0;
  }

  flush(): void {
    if (this.#isEmpty) return;
    this.commit(() => {});
  }

  /** A full disk must not keep a person from looking at runs; the next recorded epoch or state reports it. */
  flushForReading(): void {
    try {
      this.flush();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }

  /** Commits all that waits, and after it what an action writes. */
  commit(action: () => void): void {
    this.#access.write(() => {
      this.#write();
      action();
    });
    this.#steps.clear();
    this.#logLines.length = 0;
    this.#states.clear();
  }

  /** Ends waiting: nothing is committed by itself any more. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #write(): void {
    for (const { runId, firstStep, losses, seq } of this.#steps.chunks()) {
      this.#statements.steps.run({ id: runId, firstStep, losses: new Uint8Array(losses.buffer) });
      this.#statements.progress.run({ id: runId, stepsDone: firstStep + losses.length - 1, seq });
    }
    for (const line of this.#logLines) this.#statements.log.run(line);
    for (const [id, { state, error, endedAt }] of this.#states) {
      this.#statements.state.run({ id, state, error: error === null ? null : jsonText(error), endedAt });
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
