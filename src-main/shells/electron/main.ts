import { join, resolve } from 'node:path';
import { BrowserWindow, Menu, app, dialog, ipcMain } from 'electron';
import { parseFrame } from '../../../src-shared/contract/transport.ts';
import { channels } from './channels.ts';
import { startCore } from './core-process.ts';
import type { CoreProcess } from './core-process.ts';
import { isOwnPage, pageUrl, registerScheme, servePage } from './page.ts';
import { refuseEverythingElse } from './refusals.ts';

/**
 * Electron's main process: opens the window, starts core, and relays frames between the two.
 * It knows nothing of what the frames say.
 *
 * Usage: electron . [project folder]
 */
registerScheme();

let window: BrowserWindow | null = null;
let core: CoreProcess | null = null;
let stopped = false;

function toWindow(channel: string, value: unknown): void {
  if (window && !window.isDestroyed()) window.webContents.send(channel, value);
}

function openWindow(): BrowserWindow {
  const opened = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Lamina',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      spellcheck: false,
    },
  });
  opened.once('ready-to-show', () => opened.show());
  opened.on('closed', () => {
    window = null;
  });
  void opened.loadURL(pageUrl);
  return opened;
}

/** The project folder on the command line, if any: in a packaged application the first argument is only the executable. */
function namedFolder(): string[] {
  const named = process.argv.slice(app.isPackaged ? 1 : 2).find((argument) => !argument.startsWith('-'));
  return named === undefined ? [] : [resolve(named)];
}

ipcMain.on(channels.frame, (event, value: unknown) => {
  if (event.sender !== window?.webContents || !isOwnPage(event.senderFrame?.url)) return;
  const frame = parseFrame(value);
  if (frame?.kind === 'request' || frame?.kind === 'abort') core?.send(frame);
});

app.on('window-all-closed', () => app.quit());

app.on('before-quit', (event) => {
  if (stopped || !core) return;
  event.preventDefault();
  void core.stop().then(() => {
    stopped = true;
    app.quit();
  });
});

function start(): void {
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  refuseEverythingElse();
  servePage();
  core = startCore(['--shell', 'electron', ...namedFolder()], {
    onFrame: (frame) => toWindow(channels.frame, frame),
    onConnection: (connected) => toWindow(channels.connection, connected),
    onGaveUp: (status) => {
      fail("Lamina's core does not run", `It was started three times and ended each time (${status}).`);
    },
  });
  window = openWindow();
}

function fail(title: string, what: string): void {
  console.error(`${title}: ${what}`);
  dialog.showErrorBox(title, `${what} What is saved is safe. Start Lamina from a terminal to read more.`);
  app.quit();
}

app
  .whenReady()
  .then(start)
  .catch((error: unknown) =>
    fail('Lamina could not start', error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
