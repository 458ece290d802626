// Builds every program into out/. Runs under the project's Node 24 (`npm run build`).
//
// Builds into a folder next to out/ and then replaces out/. A failed or interrupted build
// keeps the previous one, and a running Lamina never sees an incomplete one.
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'electron-vite';
import { buildStampFile, root } from './prepare/paths.mjs';

process.chdir(root);
process.env.NODE_ENV_ELECTRON_VITE = 'production';
const startedAt = Date.now();
const fresh = join(root, `out-${process.pid}`);
const previous = join(root, `out-previous-${process.pid}`);
const target = join(root, 'out');

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

// Removes folders of builds that were killed.
for (const name of readdirSync(root)) {
  const pid = /^out-(?:previous-)?(\d+)$/.exec(name)?.[1];
  if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(root, name), { recursive: true, force: true });
}

try {
  await build({ build: { outDir: fresh }, logLevel: process.argv.includes('--quiet') ? 'warn' : 'info' });
  writeFileSync(join(fresh, buildStampFile), `${startedAt}\n`);
  if (existsSync(target)) renameSync(target, previous);
  renameSync(fresh, target);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
  rmSync(previous, { recursive: true, force: true });
}
