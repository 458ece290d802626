import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/**
 * Modes of files and folders that Lamina creates: projects, runs, settings, caches and temporary files may contain
 * data that other users of the machine must not read. Existing files keep their modes. Files to share (exports,
 * predictions) follow the umask. Windows has no such modes.
 */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** Creates a folder and its missing parents, accessible only to this user. @throws Node's error. */
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
