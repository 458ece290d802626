import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { engineCacheFolder, findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { sweepInstallation } from '../../src-main/engine-setup/install.ts';
import { programPath } from '../../src-main/programs.ts';
import { acquireLock } from '../../src-main/system/file-lock.ts';
import { makeTemporaryFolder, sweepLeftovers, temporaryName } from '../../src-main/system/temporary-name.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A temporary name of an ended process. */
async function nameOfDead(prefix: string): Promise<string> {
  const module = join(import.meta.dirname, '../../src-main/system/temporary-name.ts');
  const code = `import(${JSON.stringify(module)}).then(({ temporaryName }) => console.log(temporaryName(${JSON.stringify(prefix)})))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  await once(child, 'close');
  return text.trim();
}

test('sweepLeftovers removes files of ended processes and keeps all others', async () => {
  const folder = temporaryFolder();
  const dead = await nameOfDead('.part-');
  const living = temporaryName('.part-');
  const [host, pid, start, random] = living.slice('.part-'.length).split('-');
  const reused = `.part-${host}-${pid}-${start === '00000000' ? '1' : '0'}${start!.slice(1, 8)}-${random}`;
  const elsewhere = `.part-${host === '00000000' ? '1' : '0'}${host!.slice(1)}-1-${start}-${random}`;
  const foreign = ['.part-', '.part-1', '.partition', 'part-of-a-person', `other${dead}`];
  mkdirSync(join(folder, dead, 'inside'), { recursive: true });
  writeFileSync(join(folder, `${await nameOfDead('.part-')}.tmp`), '');
  for (const name of [living, elsewhere, ...foreign]) writeFileSync(join(folder, name), '');
  if (reused !== living) writeFileSync(join(folder, reused), '');
  await sweepLeftovers(folder, '.part-');
  expect(readdirSync(folder).sort()).toEqual([living, elsewhere, ...foreign].sort());
  await sweepLeftovers(join(folder, 'missing'), '.part-');
});

test('a temporary folder is private to its user', async () => {
  vi.stubEnv('TMPDIR', temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = await makeTemporaryFolder('lamina-x-');
  expect(basename(folder)).toMatch(/^lamina-x-/);
  if (process.platform !== 'win32') expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test.skipIf(findTensorFlow() === null)(
  'a TensorFlow session removes graphs of killed trainers and its own',
  async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, await nameOfDead('lamina-tensorflow-')));
    const child = spawn(process.execPath, [programPath('engines'), 'measure', 'tensorflow'], {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: folder },
    });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(readdirSync(folder).filter((name) => name.startsWith('lamina'))).toEqual([]);
  },
);

test('sweepInstallation removes leftovers of a killed installation and restores a replaced engine', async () => {
  const cache = temporaryFolder();
  vi.stubEnv('LAMINA_CACHE', cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  const [cpu, gpu] = [engineCacheFolder('cpu'), engineCacheFolder('gpu')];
  for (const path of [`${cpu}.part`, `${cpu}.part-archive`, `${cpu}.previous`, gpu, `${gpu}.previous`]) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'of'), basename(path));
  }
  await sweepInstallation();
  expect(readdirSync(join(cache, 'engines')).sort()).toEqual([basename(cpu), basename(gpu)].sort());
  expect(existsSync(join(cpu, 'of'))).toBe(true);

  // An installation in progress keeps its files.
  mkdirSync(`${cpu}.part`);
  const lock = await acquireLock(`${cpu}.lock`, { silentMs: 10_000 });
  await sweepInstallation();
  expect(existsSync(`${cpu}.part`)).toBe(true);
  await lock.release();
});
