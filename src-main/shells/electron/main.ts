import { join } from 'node:path';
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
app.enableSandbox();

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

/** Arguments after the program's own: in a packaged application the first is the executable alone. */
function coreArguments(): string[] {
  const own = process.argv.slice(app.isPackaged ? 1 : 2).filter((argument) => !argument.startsWith('-'));
  return ['--shell', 'electron', ...own.slice(0, 1)];
}

ipcMain.on(channels.frame, (event, value: unknown) => {
  if (event.sender !== window?.webContents || !isOwnPage(event.senderFrame?.url)) return;
  const frame = parseFrame(value);
  if (frame?.kind === 'request') core?.send(frame);
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

void app.whenReady().then(() => {
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  refuseEverythingElse();
  servePage();
  core = startCore(coreArguments(), {
    onFrame: (frame) => toWindow(channels.frame, frame),
    onConnection: (connected) => toWindow(channels.connection, connected),
    onGaveUp: (status) => {
      dialog.showErrorBox(
        "Lamina's core does not run",
        `It was started three times and ended each time (${status}). What is saved is safe. ` +
          'Start Lamina from a terminal to read what core says.',
      );
      app.quit();
    },
  });
  window = openWindow();
});
