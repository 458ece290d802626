import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { childProcesses, type ProcessInfo } from '../../support/processes.ts';
import { outFolder, projectNode, root } from './paths.ts';

/** Limit for hangs only. */
const START_MS = 120_000;

/** A running browser host: the built product, as `npm start` runs it without Electron. */
export interface Host {
  /** Authenticates one browser; works once. */
  readonly link: string;
  /** Running trainer processes. */
  trainers(): ProcessInfo[];
  /** Running processes that read data. */
  dataProcesses(): ProcessInfo[];
  /** Suspends the host: it answers nothing, and connections stay open. */
  pause(): void;
  resume(): void;
  /** Stops it like Ctrl-C. @returns Its exit status. */
  stop(): Promise<number | null>;
  /** Kills it, like a power failure. */
  kill(): Promise<void>;
}

/**
 * Starts the browser host on a project folder and stops it after the test.
 * @param configFolder Preferences folder, separate from that of the user who runs the tests.
 */
export async function startHost(
  projectFolder: string,
  configFolder: string,
  create = false,
  environment: Record<string, string> = {},
): Promise<Host> {
  const options = ['--project', projectFolder, '--no-open', ...(create ? ['--create'] : [])];
  const child = spawn(projectNode, [join(outFolder, 'main', 'browser.js'), ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment, LAMINA_CONFIG_FOLDER: configFolder },
  });
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      child.kill('SIGCONT');
    }
    await ended;
    return child.exitCode;
  };
  onTestFinished(async () => {
    await end('SIGTERM');
  });
  return {
    link: await readyLink(child),
    trainers: () => childProcesses(child.pid!).filter(({ command }) => /trainer\.js/.test(command)),
    dataProcesses: () => childProcesses(child.pid!).filter(({ command }) => /main.data\.js/.test(command)),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

/** The link printed when the host is ready. */
function readyLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (why: string) => reject(new Error(`The browser host ${why}. It said:\n${text}`));
    const timer = setTimeout(() => fail(`was not ready after ${START_MS} ms`), START_MS);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const link = /Lamina is ready: (\S+)/.exec(text)?.[1];
      if (link === undefined) return;
      clearTimeout(timer);
      resolve(link);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', (code) => fail(`ended with status ${code}`));
  });
}
