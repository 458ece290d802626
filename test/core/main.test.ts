import { fork, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src-shared/contract/client.ts';
import { createProcessTransport } from '../../src-main/core/process-transport.ts';
import { programPath } from '../../src-main/programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function forkCore(...args: string[]): ChildProcess {
  const child = fork(programPath('core'), args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, LAMINA_CONFIG_FOLDER: temporaryFolder() },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.on('exit', (code) => resolve(code)));

test('a forked core speaks the contract over process messages and exits when its shell disconnects', async () => {
  const folder = join(temporaryFolder(), 'project');
  const child = forkCore('--shell', 'electron', '--create', folder);
  const client = createClient(createProcessTransport(child));
  expect(await client.request('app.info', {})).toMatchObject({ shell: 'electron' });
  expect((await client.request('project.get', {})).folder).toBe(folder);
  const lost = new Promise((resolve) => client.onConnection(resolve));
  const exited = exitOf(child);
  child.disconnect();
  expect(await exited).toBe(0);
  expect(await lost).toBe(false);
});

test('a core started without a shell exits with status 2 and usage', () => {
  const { status, stderr } = spawnSync(process.execPath, [programPath('core')], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/npm start/);
});
