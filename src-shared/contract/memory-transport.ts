import type { Frame } from './transport.ts';
import { Listeners } from './listeners.ts';
import type { Transport } from './transport.ts';

/** One end of a transport inside one process. `close` ends both. */
export interface MemoryTransport extends Transport {
  close(): void;
}

/**
 * Two connected ends. Frames are copied as JSON, so that what works here also works
 * across processes, and arrive in a later microtask, as there.
 */
export function createMemoryTransports(): [MemoryTransport, MemoryTransport] {
  let open = true;
  const frames = [new Listeners<[Frame]>(), new Listeners<[Frame]>()] as const;
  const connections = [new Listeners<[boolean]>(), new Listeners<[boolean]>()] as const;
  const close = (): void => {
    if (!open) return;
    open = false;
    for (const listeners of connections) listeners.call(false);
  };
  const end = (own: 0 | 1): MemoryTransport => ({
    send(frame) {
      if (!open) return;
      const text = JSON.stringify(frame);
      void Promise.resolve().then(() => {
        if (open) frames[own === 0 ? 1 : 0].call(JSON.parse(text) as Frame);
      });
    },
    onFrame: (listener) => frames[own].add(listener),
    onConnection: (listener) => connections[own].add(listener),
    close,
  });
  return [end(0), end(1)];
}
