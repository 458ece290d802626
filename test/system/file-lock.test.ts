import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFolderLock } from '../../src-main/core/projects/documents/folder-lock.ts';
import { withLock } from '../../src-main/engine-setup/lock.ts';
import { acquireLock } from '../../src-main/system/file-lock.ts';
import { processIdentity } from '../../src-main/system/process-identity.ts';
import { exitAfterKills } from '../support/critical-section.ts';
import { byPortion } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOLDERS = 6;
const ROUNDS = byPortion({ quick: 3, ci: 8, soak: 8 });

const locks = {
  project: {
    path: (folder: string) => folder,
    enter: (folder: string, action: () => Promise<string>) => withFolderLock(folder, action),
  },
  install: {
    path: (folder: string) => join(folder, 'engine.lock'),
    enter: (folder: string, action: () => Promise<string>) => withLock(join(folder, 'engine.lock'), () => {}, action),
  },
};
const kinds = ['project', 'install'] as const;

function startHolder(kind: string, path: string, mark: string): ChildProcess {
  const program = join(import.meta.dirname, 'lock-holder.ts');
  return spawn(process.execPath, [program, kind, path, mark, String(ROUNDS)], { stdio: 'inherit' });
}

describe.each(kinds)('%s lock', (kind) => {
  const { path, enter } = locks[kind];

  test('never admits two holders while holders are killed and others take over', async () => {
    const folder = temporaryFolder();
    const mark = join(temporaryFolder(), 'inside');
    const hold = () => exitAfterKills(() => startHolder(kind, path(folder), mark));
    const results = await Promise.all(Array.from({ length: HOLDERS }, hold));
    expect(results).toEqual(Array.from({ length: HOLDERS }, () => 0));
    await enter(folder, async () => 'in');
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a lock of an ended process is taken over immediately, even if another process has its pid', async () => {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, JSON.stringify({ ...processIdentity(), start: '1', key: 'k' }));
  // Waiting for the silent period would exceed the test's time limit.
  const lock = await acquireLock(path, { silentMs: 3_600_000 });
  expect(lock.takenOver).toBe(true);
  await lock.release();
  expect(existsSync(path)).toBe(false);
});

describe('a lock file with an unidentifiable holder', () => {
  const silentMs = 400;

  test.each([
    ['of another machine', JSON.stringify({ host: `${hostname()}-other`, pid: 1, start: '1' })],
    ['without a holder', ''],
    ['with invalid JSON', '[1'],
  ])('%s is taken over after the silent period, even if clocks differ by a year', async (_what, text) => {
    const path = join(temporaryFolder(), 'lock');
    const year = 365 * 24 * 3600;
    for (const skew of [year, -year]) {
      writeFileSync(path, text);
      const date = Date.now() / 1000 + skew;
      utimesSync(path, date, date);
      const early = acquireLock(path, {
        silentMs: 3_600_000,
        giveUp: { afterMs: silentMs, error: () => new Error('busy') },
      });
      await expect(early).rejects.toThrow('busy');
      const lock = await acquireLock(path, { silentMs });
      expect(lock.takenOver).toBe(true);
      await lock.release();
    }
  });

  test('is not taken over while it is updated regularly', async () => {
    const path = join(temporaryFolder(), 'lock');
    const held = await acquireLock(path, { silentMs });
    // Like a holder on another machine: the file is still updated.
    writeFileSync(path, JSON.stringify({ host: `${hostname()}-other`, pid: 1, start: '1' }));
    const giveUp = { afterMs: 5 * silentMs, error: () => new Error('busy') };
    await expect(acquireLock(path, { silentMs: 4 * silentMs, giveUp })).rejects.toThrow('busy');
    await held.release();
  });
});
