import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from './error-code.ts';

/**
 * Makes a folder and those on the way to it. Node's own `recursive` never returns where the system answers ENOENT for
 * a folder that is there, as it does below /proc.
 *
 * @returns The folders that were made, the outermost first; none where all were there.
 * @throws Node's error: EEXIST where the path is a file, ENOTDIR where one on the way is, and what the system says.
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
      // Another program has made it; a dangling link is not a folder.
      if (errorCode(error) !== 'EEXIST' || !(await isFolder(next, path))) throw error;
    }
  }
  return made;
}

/** @returns False where nothing is there. @throws Node's error, and for a file. */
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
