import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { bridgeOf } from '../../../src-shared/contract/bridge.ts';
import { createClient } from '../../../src-shared/contract/client.ts';
import { parseFrame } from '../../../src-shared/contract/transport.ts';
import type { Transport } from '../../../src-shared/contract/transport.ts';
import { channels } from './channels.ts';

/** Frames to and from core through the main process. The window itself never sees ipcRenderer. */
const transport: Transport = {
  send: (frame) => ipcRenderer.send(channels.frame, frame),
  onFrame: (listener) =>
    subscribe(channels.frame, (value) => {
      const frame = parseFrame(value);
      if (frame) listener(frame);
    }),
  onConnection: (listener) => subscribe(channels.connection, (connected) => listener(connected === true)),
};

function subscribe(channel: string, listener: (value: unknown) => void): () => void {
  const receive = (_event: unknown, value: unknown): void => listener(value);
  ipcRenderer.on(channel, receive);
  return () => {
    ipcRenderer.removeListener(channel, receive);
  };
}

const client = createClient(transport, {
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
});

contextBridge.exposeInMainWorld('lamina', bridgeOf(client));
/** The path of a dropped file, which the page itself cannot read. */
contextBridge.exposeInMainWorld('laminaPathOf', (file: Parameters<typeof webUtils.getPathForFile>[0]) =>
  webUtils.getPathForFile(file),
);
