import { AppError } from '../../src-shared/errors/app-error.ts';
import type { RunState, RunSummary } from '../../src-shared/training/run/run.ts';
import type { Access } from './access.ts';
import { jsonText } from './json-text.ts';
import type { StepRow } from './queries.ts';
import type { Statements } from './statements.ts';
import type { LogLine } from './types.ts';

/** Longest time between a step's loss and its commit; a power cut loses at most the losses of this time. */
const COMMIT_MS = 250;

/** A run's state. If a full disk prevents writing it, it is shown from memory and written when possible. */
export interface ReachedState {
  readonly state: RunState;
  readonly error: RunSummary['error'];
  readonly endedAt: string | null;
}

/** Losses of consecutive steps of one run. */
interface PendingSteps {
  readonly firstStep: number;
  readonly parts: Float32Array[];
  count: number;
  /** Sequence number of the last event that reported them. */
  seq: number;
}

/** Step losses, log lines and states that are not committed yet; a timer commits them together. */
export class PendingWrites {
  readonly #access: Access;
  readonly #statements: Statements;
  readonly #steps = new Map<string, PendingSteps>();
  readonly #logLines: (LogLine & { id: string })[] = [];
  readonly #states = new Map<string, ReachedState>();
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(access: Access, statements: Statements) {
    this.#access = access;
    this.#statements = statements;
  }

  /** @param firstStep Step of the first loss; steps count from 1, and each call continues the previous one. */
  addSteps(id: string, firstStep: number, losses: Float32Array, seq: number): void {
    const steps = this.#steps.get(id) ?? { firstStep, parts: [], count: 0, seq };
    const expected = steps.firstStep + steps.count;
    if (firstStep !== expected) throw new Error(`Run ${id}: expected step ${expected}; received ${firstStep}.`);
    steps.parts.push(losses);
    steps.count += losses.length;
    steps.seq = Math.max(steps.seq, seq);
    this.#steps.set(id, steps);
    this.#commitLater();
  }

  addLine(line: LogLine & { id: string }): void {
    this.#logLines.push(line);
    this.#commitLater();
  }

  addState(id: string, state: ReachedState): void {
    this.#states.set(id, state);
    this.#commitLater();
  }

  removeSteps(id: string): void {
    this.#steps.delete(id);
  }

  removeState(id: string): void {
    this.#states.delete(id);
  }

  /** A summary with the pending state of its run. */
  withState<Summary extends RunSummary>(summary: Summary): Summary {
    const reached = this.#states.get(summary.id);
    return reached === undefined ? summary : { ...summary, ...reached };
  }

  /** Sequence number of the last event with pending steps of a run; 0 if there are none. */
  seqOf(id: string): number {
    return this.#steps.get(id)?.seq ?? 0;
  }

  /** Pending steps in the form of the database. */
  stepsOf(id: string): StepRow[] {
    const steps = this.#steps.get(id);
    return steps === undefined ? [] : [{ first_step: steps.firstStep, losses: bytesOf(steps.parts) }];
  }

  get #isEmpty(): boolean {
    return this.#steps.size === 0 && this.#logLines.length === 0 && this.#states.size === 0;
  }

  flush(): void {
    if (this.#isEmpty) return;
    this.commit(() => {});
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
    this.#steps.clear();
    this.#logLines.length = 0;
    this.#states.clear();
  }

  /** Writes losses of consecutive steps. Call inside a transaction. */
  writeSteps(id: string, firstStep: number, parts: readonly Float32Array[], seq: number): void {
    const losses = bytesOf(parts);
    if (losses.length === 0) return;
    this.#statements.steps.run({ id, firstStep, losses });
    const stepsDone = firstStep + losses.length / Float32Array.BYTES_PER_ELEMENT - 1;
    this.#statements.progress.run({ id, stepsDone, seq });
  }

  /** Stops the timer. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #write(): void {
    for (const [id, { firstStep, parts, seq }] of this.#steps) this.writeSteps(id, firstStep, parts, seq);
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

function bytesOf(parts: readonly Float32Array[]): Uint8Array {
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}
