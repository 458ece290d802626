import { app, ipcMain, protocol } from 'electron';
import type { IpcMainEvent } from 'electron';

/**
 * Loaded before Electron's main program when the smoke test runs on Electron 9: supplies the parts of later
 * Electron versions that the shell uses, with their signatures. Not part of the product.
 */

/** Node 12 has no Response; the handler below needs only this part. */
class Response {
  readonly body: Buffer;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(body: string | Buffer, options: { status?: number; headers?: Record<string, string> } = {}) {
    this.body = Buffer.from(body);
    this.status = options.status ?? 200;
    this.headers = options.headers ?? {};
  }
}
Object.assign(globalThis, { Response });

type OldAnswer = (answer: { statusCode: number; headers: object; mimeType?: string | undefined; data: Buffer }) => void;
type OldRegister = (scheme: string, handler: (request: { url: string }, answer: OldAnswer) => void) => void;

/** `protocol.handle` came with Electron 25. */
Object.assign(protocol, {
  handle(scheme: string, handler: (request: { url: string }) => Promise<Response>): void {
    // Typed as deprecated, and with other arguments, in later Electrons.
    const register = protocol.registerBufferProtocol.bind(protocol) as unknown as OldRegister;
    register(scheme, (request, answer) => {
      void handler(request).then(({ body, status, headers }) => {
        answer({ statusCode: status, headers, mimeType: headers['Content-Type']?.split(';')[0], data: body });
      });
    });
  },
});

/** `setWindowOpenHandler` came with Electron 12. */
app.on('web-contents-created', (_event, contents) => {
  Object.assign(contents, {
    setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
      contents.on('new-window' as 'will-navigate', (event, url) => {
        if (handler({ url }).action === 'deny') event.preventDefault();
      });
    },
  });
});

/** An event's `senderFrame` came with Electron 11. */
const listen = ipcMain.on.bind(ipcMain);
Object.assign(ipcMain, {
  on: (channel: string, listener: (event: IpcMainEvent, ...values: unknown[]) => void) =>
    listen(channel, (event, ...values: unknown[]) => {
      Object.assign(event, { senderFrame: { url: event.sender.getURL() } });
      listener(event, ...values);
    }),
});
