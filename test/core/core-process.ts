import { fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { createProcessTransport } from '../../src-main/core/process-transport.ts';
import { programPath } from '../../src-main/programs.ts';
import { createClient } from '../../src-shared/contract/client.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface CoreProcess {
  readonly window: LaminaClient;
  readonly pid: number;
  /** Kills it with SIGKILL. Resolves once it has ended and the window has received all that it had sent. */
  kill(): Promise<void>;
}

/** A core in a separate process, with one window. It is killed after the test. */
export function forkCore(folder: string): CoreProcess {
  const child = fork(programPath('core'), ['--shell', 'electron', folder], {
    stdio: 'ignore',
    env: { ...process.env, LAMINA_CONFIG_FOLDER: temporaryFolder() },
  });
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  return { window: createClient(createProcessTransport(child)), pid: child.pid!, kill };
}
