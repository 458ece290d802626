import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/**
 * Modes of what Lamina makes for its person: projects and their runs, settings, caches and what is temporary may hold
 * data that other users of the machine must not read. What is there already keeps its mode; what a person asks for to
 * give away (exports, predictions) follows the umask. Windows knows no such modes.
 */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** Makes a folder and its missing parents, accessible only to this user. @throws Node's error. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder, PRIVATE_FOLDER);
}

/** Makes one of Lamina's folders and its contents accessible only to this user. */
export async function makePrivate(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makePrivate(path);
    else if (entry.isFile()) await chmod(path, PRIVATE_FILE);
  }
  await chmod(folder, PRIVATE_FOLDER);
}
