import type { ChildProcess } from 'node:child_process';
import { Listeners } from '../../src-shared/contract/listeners.ts';
import { parseFrame } from '../../src-shared/contract/transport.ts';
import type { Transport } from '../../src-shared/contract/transport.ts';

/**
 * Frames as process messages, seen from either end: `process` in a forked core, the
 * `ChildProcess` in the program that forked it.
 */
export function createProcessTransport(end: NodeJS.Process | ChildProcess): Transport {
  const connection = new Listeners<[boolean]>();
  end.on('disconnect', () => connection.call(false));
  return {
    send(frame) {
      if (end.connected) end.send?.(frame, undefined, undefined, () => {});
    },
    onFrame(listener) {
      const receive = (message: unknown): void => {
        const frame = parseFrame(message);
        if (frame !== null) listener(frame);
      };
      end.on('message', receive);
      return () => end.off('message', receive);
    },
    onConnection: (listener) => connection.add(listener),
  };
}
