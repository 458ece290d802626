import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Frame } from '../../../src-shared/contract/transport.ts';
import { packageRoot, programPath } from '../../programs.ts';

export interface CoreProcess {
  send(frame: Frame): void;
  /** Ends core and its trainers: closes the channel and, after a few seconds, kills the process. */
  stop(): Promise<void>;
}

export interface CoreEvents {
  onFrame(frame: Frame): void;
  onConnection(connected: boolean): void;
  /** Core has ended unexpectedly several times in a row. */
  onGaveUp(status: string): void;
}

const patienceMs = 8000;
const restartDelayMs = 500;
/** An end after this time starts a new count. */
const stableAfterMs = 30_000;
const attempts = 3;

/** The Node 24 that core runs on: the package `node`, in a checkout as in the packaged application. */
function nodePath(): string {
  return join(packageRoot(), 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/**
 * Starts core as a child process on the project's Node 24 and keeps it alive.
 * Frames are process messages. @param args Core's command line.
 */
export function startCore(args: readonly string[], events: CoreEvents): CoreProcess {
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let stopping = false;
  let failures = 0;

  const start = (): void => {
    const startedAt = Date.now();
    const { ELECTRON_RUN_AS_NODE: _, ...environment } = process.env;
    const core = fork(programPath('core'), args, {
      execPath: nodePath(),
      execArgv: [],
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = core;
    ended = new Promise((resolve) => {
      let over = false;
      const onEnd = (status: string): void => {
        if (over) return;
        over = true;
        child = null;
        resolve();
        if (stopping) return;
        events.onConnection(false);
        failures = Date.now() - startedAt > stableAfterMs ? 1 : failures + 1;
        if (failures >= attempts) events.onGaveUp(status);
        else setTimeout(restart, restartDelayMs);
      };
      core.once('error', (error) => onEnd(error.message));
      core.once('exit', (code, signal) => onEnd(signal ?? `status ${code}`));
    });
    core.on('message', (frame) => events.onFrame(frame as Frame));
  };

  const restart = (): void => {
    if (stopping) return;
    start();
    events.onConnection(true);
  };

  start();
  return {
    send(frame) {
      if (child?.connected) child.send(frame);
    },
    async stop() {
      stopping = true;
      const core = child;
      if (!core) return;
      if (core.connected) core.disconnect();
      const insist = setTimeout(() => core.kill('SIGKILL'), patienceMs);
      await ended;
      clearTimeout(insist);
    },
  };
}
