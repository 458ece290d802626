import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../src-shared/errors/app-error.ts';

/** A request waits no longer than this for another program. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 200;

/** True where another program keeps the run history locked: the same may succeed later. */
export const isBusy = (error: unknown): boolean => error instanceof AppError && error.code === 'runs/busy';

/**
 * Does what needs the run history, again and again while another program keeps it locked; between
 * the tries this program goes on.
 *
 * @param action Does nothing where it throws 'runs/busy'.
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
