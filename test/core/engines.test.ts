import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EngineService } from '../../src-main/core/engine-service.ts';
import { engineCacheFolder } from '../../src-main/engine-setup/cache.ts';
import { acquireLock } from '../../src-main/system/file-lock.ts';
import { programPath } from '../../src-main/programs.ts';
import type { HeldLock } from '../../src-main/system/file-lock.ts';
import type { EventPayload } from '../../src-shared/contract/contract.ts';
import { childProcesses } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let lock: HeldLock;
let progress: EventPayload<'engines.installProgress'>[];
let engines: EngineService;

/** Holds the lock, so that an installation waits. */
beforeEach(async () => {
  vi.stubEnv('LAMINA_CACHE', temporaryFolder());
  vi.stubEnv('LAMINA_GPU', '0');
  progress = [];
  engines = new EngineService((name, payload) => {
    if (name === 'engines.installProgress') progress.push(payload as EventPayload<'engines.installProgress'>);
  });
  const path = `${engineCacheFolder('cpu')}.lock`;
  mkdirSync(dirname(path));
  lock = await acquireLock(path, { silentMs: 60_000 });
});
afterEach(async () => {
  await engines.close();
  await lock.release();
  vi.unstubAllEnvs();
});

const installers = () => childProcesses(process.pid).filter(({ command }) => command.includes(programPath('engines')));

test('an installation runs in another process, which ends on cancel', async () => {
  const done = engines.install('tensorflow', undefined);
  done.catch(() => {});
  await vi.waitUntil(() => progress.length > 0, { timeout: 60_000 });
  expect(installers()).toHaveLength(1);
  expect(() => engines.install('tensorflow', undefined)).toThrow(
    expect.objectContaining({ code: 'engine/installing' }),
  );
  await engines.close();
  await expect(done).rejects.toMatchObject({ code: 'engine/install-cancelled' });
  expect(progress.at(-1)).toMatchObject({ done: true, error: { code: 'engine/install-cancelled' } });
  expect(installers()).toEqual([]);
});

test('a killed installer fails the installation, and another installation can start', async () => {
  const done = engines.install('tensorflow', undefined);
  done.catch(() => {});
  await vi.waitUntil(() => progress.length > 0, { timeout: 60_000 });
  process.kill(installers()[0]!.pid, 'SIGKILL');
  await expect(done).rejects.toMatchObject({ code: 'engine/installer-ended' });
  const next = engines.install('tensorflow', undefined);
  next.catch(() => {});
  await vi.waitUntil(() => !progress.at(-1)!.done, { timeout: 60_000 });
  await engines.close();
  await expect(next).rejects.toMatchObject({ code: 'engine/install-cancelled' });
});
