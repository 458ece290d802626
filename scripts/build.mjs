// Builds every program into out/. Runs under the project's Node 24 (`npm run build`).
//
// The build is made beside out/ and then put in its place, so that a failed or interrupted
// build leaves the previous one whole, and a running Lamina never sees a half-written one.
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

// Builds that were killed left theirs.
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
