import { requestCancelled } from '../../../../src-shared/contract/cancelled.ts';
import { EXIT } from './command.ts';

/** One Ctrl-C may arrive twice: from the terminal and from a parent process such as npm. */
const SAME_PRESS_MS = 700;

export interface StopSignal {
  /** Exit status of the first signal; undefined: none was received. */
  readonly status: number | undefined;
  /** Removes the handlers. */
  ignore(): void;
}

/**
 * Handles Ctrl-C and a scheduler's SIGTERM: the first signal stops, a second one some time later abandons.
 *
 * @param stop Stops and saves.
 * @param abandon Stops waiting for that.
 */
export function onStopSignal(stop: () => void, abandon: () => void): StopSignal {
  let status: number | undefined;
  let firstAt: number | null = null;
  const receive = (signal: NodeJS.Signals): void => {
    status ??= signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
    const now = Date.now();
    if (firstAt === null) {
      firstAt = now;
      stop();
    } else if (now - firstAt > SAME_PRESS_MS) abandon();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, receive);
  return {
    get status() {
      return status;
    },
    ignore() {
      for (const signal of signals) process.off(signal, receive);
    },
  };
}

/** Calls an action at each SIGUSR2. Windows has no such signal. */
export function onPauseSignal(toggle: () => void): { ignore(): void } {
  if (process.platform !== 'win32') process.on('SIGUSR2', toggle);
  return { ignore: () => process.off('SIGUSR2', toggle) };
}

/**
 * Calls an action that Ctrl-C aborts; a second one ends the program.
 *
 * @param stopped Called if the action was aborted, with the exit status of the signal.
 */
export async function untilStopped<Result>(
  action: (signal: AbortSignal) => Promise<Result>,
  stopped: (status: number) => Result,
): Promise<Result> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(requestCancelled('lamina'));
  const stopping = onStopSignal(abort, () => process.exit(stopping.status));
  try {
    return await action(controller.signal);
  } catch (error) {
    if (stopping.status === undefined) throw error;
    return stopped(stopping.status);
  } finally {
    stopping.ignore();
  }
}
