// Creates a virtual environment with given packages in the cache; checkouts share it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from '../prepare/paths.mjs';
import { runStep } from '../prepare/steps.mjs';

/** The same as `cacheFolder` of the engine installer on Linux and macOS. */
export function cacheFolder() {
  if (process.env.LAMINA_CACHE) return process.env.LAMINA_CACHE;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'lamina');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lamina');
}

/** @returns {string | null} */
export function findPython() {
  const named = process.env.LAMINA_PYTHON;
  const candidates = named ? [named] : ['python3', 'python'];
  return candidates.find((program) => spawnSync(program, ['-c', 'import pip']).status === 0) ?? null;
}

/**
 * @param {string} name @param {string} requirements A requirements file.
 * @param {string} alone A requirements file of packages that are installed without what they depend on.
 * @returns {Promise<string>} The environment's Python.
 */
async function prepareVirtualEnvironment(name, requirements, alone) {
  const hash = createHash('sha256');
  for (const file of [requirements, alone]) hash.update(readFileSync(file));
  const folder = join(cacheFolder(), name, hash.digest('hex').slice(0, 16));
  const interpreter = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return interpreter;
  const python = findPython();
  if (!python) throw new Error('Expected Python 3 with pip; found none. Install it, or set LAMINA_PYTHON to its path.');
  rmSync(folder, { recursive: true, force: true });
  await runStep('Making a Python environment', python, ['-m', 'venv', folder]);
  const options = ['--no-cache-dir', '--disable-pip-version-check', '--prefer-binary', '--no-compile'];
  const install = ['-m', 'pip', 'install', ...options];
  await runStep('Installing Python packages', interpreter, [...install, '-r', requirements]);
  await runStep('Installing Python packages', interpreter, [...install, '--no-deps', '-r', alone]);
  writeFileSync(join(folder, 'complete'), '');
  return interpreter;
}

/** The Python of `test/peers`. @returns {Promise<string>} */
export function preparePeersPython() {
  const folder = join(root, 'test', 'peers');
  return prepareVirtualEnvironment('peers', join(folder, 'requirements.txt'), join(folder, 'requirements-alone.txt'));
}
