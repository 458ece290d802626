import { Listeners } from '../../src-shared/contract/listeners.ts';
import { parseFrameText } from '../../src-shared/contract/transport.ts';
import type { Frame } from '../../src-shared/contract/transport.ts';
import type { Transport } from '../../src-shared/contract/transport.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 4_000;

/**
 * Frames over a WebSocket that is opened again whenever it is lost, sooner at first and
 * then every few seconds. Frames sent before the first connection wait for it; afterwards
 * the client refuses requests while the connection is lost, as core has forgotten nothing
 * but the answer.
 *
 * @param protocols Subprotocols of the next connection.
 */
export function createSocketTransport(url: string, protocols: () => string[]): Transport {
  const frames = new Listeners<[Frame]>();
  const connection = new Listeners<[boolean]>();
  const waiting: string[] = [];
  let retryMs = FIRST_RETRY_MS;
  let everConnected = false;
  let socket = open();

  function open(): WebSocket {
    const opened = new WebSocket(url, protocols());
    opened.addEventListener('open', () => {
      retryMs = FIRST_RETRY_MS;
      everConnected = true;
      for (const text of waiting.splice(0)) opened.send(text);
      connection.call(true);
    });
    opened.addEventListener('message', (event: MessageEvent<unknown>) => {
      const frame = parseFrameText(String(event.data));
      if (frame !== null) frames.call(frame);
    });
    opened.addEventListener('close', () => {
      waiting.length = 0;
      connection.call(false);
      setTimeout(() => {
        socket = open();
      }, retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    });
    return opened;
  }

  return {
    send(frame) {
      const text = JSON.stringify(frame);
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
      else if (!everConnected) waiting.push(text);
    },
    onFrame: (listener) => frames.add(listener),
    onConnection: (listener) => connection.add(listener),
  };
}
