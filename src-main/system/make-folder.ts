import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from './error-code.ts';

/**
 * Creates a folder and its missing parents. Node's option `recursive` never returns if the system reports ENOENT for
 * a folder that exists, as below /proc.
 *
 * @returns The created folders, the outermost first; empty if all existed.
 * @throws Node's error: EEXIST if the path is a file, ENOTDIR if a parent is a file, and other errors of the system.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<string[]> {
  const path = resolve(folder);
  const missing: string[] = [];
  for (let at = path; !(await isFolder(at, path)); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  for (const next of missing) {
    try {
      await mkdir(next, { mode });
      made.push(next);
    } catch (error) {
      // Another program may have created it. A dangling link is not a folder.
      if (errorCode(error) !== 'EEXIST' || !(await isFolder(next, path))) throw error;
    }
  }
  return made;
}

/** @returns False if the path does not exist. @throws Node's error; ENOTDIR or EEXIST for a file. */
async function isFolder(at: string, path: string): Promise<boolean> {
  try {
    if ((await stat(at)).isDirectory()) return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && dirname(at) !== at) return false;
    throw error;
  }
  const [code, reason] = at === path ? ['EEXIST', 'file already exists'] : ['ENOTDIR', 'not a directory'];
  throw Object.assign(new Error(`${code}: ${reason}, mkdir '${path}'`), { code, path });
}
