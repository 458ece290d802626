import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { RunCommand } from '../../../src-shared/training/commands/run-command.ts';
import { hasEnded } from '../../../src-shared/training/run/run-state.ts';
import { whenFree } from '../../runs/when-free.ts';
import type { RunStore } from '../../runs/store.ts';
import { requireAllowed } from './command-faults.ts';

/** Interval at which a core that trains looks for commands of other programs. */
const POLL_MS = 200;
/** Longest time that a program waits until the core that trains has taken its command. */
const PATIENCE_MS = 15_000;

/** Takes commands that other programs send to runs of this core. */
export class ForeignCommands {
  readonly #store: RunStore;
  readonly #apply: (runId: string, command: RunCommand) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Answers that are not recorded yet: another program locks the run history. */
  readonly #answers = new Map<number, AppError | null>();
  #version: number | null = null;

  /** @param apply Throws AppError if the run does not take the command. */
  constructor(store: RunStore, apply: (runId: string, command: RunCommand) => void) {
    this.#store = store;
    this.#apply = apply;
  }

  /** Looks for commands until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    try {
      const version = this.#store.dataVersion();
      if (version === this.#version && this.#answers.size === 0) return;
      for (const request of this.#store.commandRequests.open()) {
        const { id, runId, command } = request;
        if (!this.#answers.has(id)) this.#answers.set(id, this.#answerTo(runId, command));
        this.#store.commandRequests.answer(id, this.#answers.get(id)!);
        this.#answers.delete(id);
      }
      this.#answers.clear();
      this.#version = version;
    } catch {
      // The database is locked or missing: the next poll tries again, and the run reports it.
    }
  }

  #answerTo(runId: string, command: RunCommand | null): AppError | null {
    if (command === null) {
      return new AppError(
        'training/unknown-command',
        'The program that trains the run does not know this command. It is of another version: restart it.',
        { runId },
      );
    }
    try {
      this.#apply(runId, command);
      return null;
    } catch (thrown) {
      return AppError.from(thrown);
    }
  }
}

/**
 * Sends a command to a run that the core of another program trains.
 *
 * @throws AppError 'training/not-active', 'training/not-possible', 'training/cannot-set', 'training/no-answer',
 *   'runs/…'.
 */
export async function commandForeignRun(store: RunStore, runId: string, command: RunCommand): Promise<void> {
  store.recover();
  const { number, state } = store.summary(runId);
  requireAllowed(number, state, command);
  const id = await whenFree(() => store.commandRequests.add(runId, command));
  const startedAt = performance.now();
  for (;;) {
    store.recover();
    // Read before the answer: after the run has ended, the answer no longer changes.
    const now = store.summary(runId).state;
    const answer = await whenFree(() => store.commandRequests.takeAnswer(id));
    if (answer === null) return;
    if (answer !== 'none') throw answer;
    const late = performance.now() - startedAt > PATIENCE_MS;
    if (late || hasEnded(now)) await whenFree(() => store.commandRequests.remove(id));
    if (hasEnded(now)) requireAllowed(number, now, command);
    if (late) {
      throw new AppError(
        'training/no-answer',
        `Run ${number} is ${now}; the program that trains it has not answered within ${PATIENCE_MS / 1000} s. It may be busy or suspended: try again, or use that program.`,
        { runId, state: now },
      );
    }
    await delay(POLL_MS / 2);
  }
}
