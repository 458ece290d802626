import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { createCore } from '../../core/core.ts';
import { defaultProjectFolder } from '../../core/projects/default-project.ts';
import { userConfigFolder } from '../../core/preferences.ts';
import { rendererFolder } from '../../programs.ts';
import { startBrowserHost } from './host.ts';
import { startAtLastPort } from './last-port.ts';
import { openBrowser } from './open-browser.ts';

const isWindows = process.platform === 'win32';
const howToGetLink = isWindows
  ? 'To get another link, start Lamina again: it prints one.'
  : `To get another link, run 'kill -USR2 ${process.pid}' on the machine where Lamina runs: Lamina prints it where it was started.`;

const help = `Lamina in a browser: serves the window on this machine's loopback address.

Usage: node browser.js [--project FOLDER] [--create] [--port N] [--no-open]

  --project FOLDER  The project to open. Without it: the current folder where that is a
                    project, else the bundled example.
  --create          Make a project of the folder where it is none.
  --port N          The port to listen on; 0: any free one. Without it: the one that this
                    project had before, where it is free.
  --no-open         Only print the link.

From another machine: ssh -L 8080:127.0.0.1:PORT this-machine, then open the printed
link with 8080 in place of PORT. Each link lets one browser in.
`;

/** The browser shell: one core and one web server in this process, until a signal ends it. */
async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const renderer = rendererFolder();
  if (!existsSync(join(renderer, 'index.html'))) {
    throw new AppError('browser/not-built', `There is no built window at '${renderer}'. Run 'npm run build' first.`);
  }
  const projectFolder = resolve(values.project ?? (await defaultProjectFolder()));
  const core = createCore({
    projectFolder,
    create: values.create,
    shell: 'browser',
  });
  await core.ready();
  const start = (port: number) =>
    startBrowserHost({
      core,
      rendererFolder: renderer,
      port,
      howToGetLink: `${howToGetLink} Then open that link in this browser.`,
    });
  const host =
    values.port === undefined
      ? await startAtLastPort(userConfigFolder(), projectFolder, start)
      : await start(portNumber(values.port));
  console.log(`Lamina is ready: ${host.link()}\nThe link lets one browser in. ${howToGetLink}`);
  // Only on request: whoever can make a wrong request must not make a valid link appear in a log.
  if (!isWindows) process.on('SIGUSR2', () => console.log(`Lamina's new link: ${host.link()}`));
  if (!values['no-open']) openBrowser(host.link());

  let ending = false;
  const end = (): void => {
    if (ending) process.exit(1);
    ending = true;
    Promise.all([host.close(), core.close()]).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        project: { type: 'string' },
        create: { type: 'boolean', default: false },
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new AppError('browser/bad-option', `${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AppError('browser/bad-option', `--port expects a number from 0 to 65535; received '${text}'.`);
}

main().catch((error: unknown) => {
  const { code, message, details } = AppError.from(error);
  console.error(code === 'internal/unexpected' ? (details['stack'] ?? message) : message);
  process.exit(1);
});
