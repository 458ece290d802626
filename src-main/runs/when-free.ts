import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../src-shared/errors/app-error.ts';

/** Longest time that a request waits for another program. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 200;

/** True if another program locks the run history: a retry may succeed. */
export const isBusy = (error: unknown): boolean => error instanceof AppError && error.code === 'runs/busy';

/**
 * Retries an action while another program locks the run history; this program continues between attempts.
 *
 * @param action Must change nothing if it throws 'runs/busy'.
 * @throws AppError 'runs/busy' after five seconds.
 */
export async function whenFree<Result>(action: () => Result): Promise<Result> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || performance.now() - startedAt > PATIENCE_MS) throw error;
    }
    await delay(RETRY_MS);
  }
}
