import type { WebSocket } from 'ws';
import { Listeners } from '../../../src-shared/contract/listeners.ts';
import { parseFrameText } from '../../../src-shared/contract/transport.ts';
import type { Transport } from '../../../src-shared/contract/transport.ts';

const PING_MS = 15_000;
/** A window that does not read for this time is disconnected; it reconnects and loads everything again. */
const MAX_BUFFERED_BYTES = 64 * 2 ** 20;

/** Core's end of a window's WebSocket. A window that no longer answers pings counts as lost. */
export function createSocketTransport(socket: WebSocket): Transport {
  const connection = new Listeners<[boolean]>();
  let answered = true;
  const heartbeat = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  heartbeat.unref();
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(heartbeat);
    connection.call(false);
  });
  return {
    send(frame) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
      else socket.send(JSON.stringify(frame));
    },
    onFrame(listener) {
      const receive = (data: unknown): void => {
        const frame = parseFrameText(String(data));
        if (frame === null) socket.close(1003, 'Not a frame of the contract');
        else listener(frame);
      };
      socket.on('message', receive);
      return () => socket.off('message', receive);
    },
    onConnection: (listener) => connection.add(listener),
  };
}
