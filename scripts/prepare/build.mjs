// Builds if out/ is missing or older than a source file.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildStampFile, projectNode, root } from './paths.mjs';
import { runStep } from './steps.mjs';

const sources = ['src-main', 'src-shared', 'src-renderer', 'electron.vite.config.ts', 'package-lock.json'];

/**
 * Time of the latest change in a file or folder tree. A folder's time changes when a file is removed.
 * @param {string} path
 * @returns {number}
 */
function newestChange(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestChange(join(path, name))), stats.mtimeMs);
}

export function buildIsFresh() {
  try {
    const builtAt = Number(readFileSync(join(root, 'out', buildStampFile), 'utf8'));
    return sources.every((source) => newestChange(join(root, source)) < builtAt);
  } catch {
    return false;
  }
}

export async function prepareBuild() {
  if (buildIsFresh()) return;
  await runStep('Building Lamina', projectNode, [join(root, 'scripts', 'build.mjs'), '--quiet']);
}
