// Finds an Electron runtime. The package's install script, which would download one, is disabled.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../prepare/paths.mjs';

/** The oldest version with all features that the shell uses. */
const oldestMajor = 30;

const executables = {
  linux: 'electron',
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

/** @param {string} executable */
function isRecent(executable) {
  const file = join(executable.replace(/\.app\/Contents\/MacOS\/Electron$/, '.app/..'), 'version');
  const version = [file, join(dirname(executable), 'version')].find((path) => existsSync(path));
  return version === undefined || Number.parseInt(readFileSync(version, 'utf8').replace(/^v/, ''), 10) >= oldestMajor;
}

/** @returns {string | null} The executable, or null if none can open a window here. */
export function findElectron() {
  if (process.platform === 'linux') {
    const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
    // Chromium's sandbox does not run as root.
    if (!display || process.getuid?.() === 0) return null;
  }
  const name = executables[/** @type {keyof typeof executables} */ (process.platform)];
  if (name === undefined) return null;
  const own = join(root, 'node_modules', 'electron', 'dist', name);
  return [process.env.ELECTRON_EXEC_PATH, own].find((path) => path && existsSync(path) && isRecent(path)) ?? null;
}
