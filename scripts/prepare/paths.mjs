// Paths in a checkout.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The project's Node 24, from the npm package `node`. */
export const projectNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** File in out/ with the start time of its build in milliseconds. */
export const buildStampFile = 'built-at';
