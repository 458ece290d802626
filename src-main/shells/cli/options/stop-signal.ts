import { EXIT } from './command.ts';

/** One press of Ctrl-C may arrive twice: from the terminal, and passed on by a program in between. */
const SAME_PRESS_MS = 700;

export interface StopSignal {
  /** The exit status that a signal asked for; undefined where none came. */
  readonly status: number | undefined;
  /** Gives the signals back. */
  ignore(): void;
}

/**
 * Ctrl-C, or a scheduler's SIGTERM, asks to stop; a second one some time later insists.
 *
 * @param stop Stops in good order.
 * @param abandon Ends the waiting.
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
