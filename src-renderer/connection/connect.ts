import { clientOf } from '../../src-shared/contract/bridge.ts';
import type { ClientBridge } from '../../src-shared/contract/bridge.ts';
import { createClient } from '../../src-shared/contract/client.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { sessionKey } from './session.ts';
import { createSocketTransport } from './socket-transport.ts';

declare global {
  interface Window {
    /** Exposed by Electron's preload script; absent in a browser. */
    readonly lamina?: ClientBridge;
    readonly laminaPathOf?: (file: File) => string;
  }
}

/** Where a dropped file or folder is on disk; null in a browser, which gives pages no paths. */
export function pathOf(file: File): string | null {
  return window.laminaPathOf?.(file) || null;
}

/** Transport to core: Electron's preload if present, otherwise the browser host's WebSocket. */
export function connect(): LaminaClient {
  if (window.lamina !== undefined) return clientOf(window.lamina);
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return createClient(createSocketTransport(`${scheme}://${location.host}/contract`, protocols), {
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  });
}

/** The contract's protocol and the key: a page can send no other header with a WebSocket. */
function protocols(): string[] {
  const key = sessionKey();
  return key === null ? ['lamina'] : ['lamina', key];
}
