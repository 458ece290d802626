import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { RequestResult } from '../../../src-shared/contract/contract.ts';
import { makeFolder as makeFolders } from '../../system/make-folder.ts';
import { absolutePath } from '../../system/home-path.ts';
import { unusablePath, writeError } from '../../system/atomic-write.ts';
import { errorCode } from '../../system/error-code.ts';
import { isProject } from '../../../src-shared/project/project-document.ts';

type FileListing = RequestResult<'files.list'>;
type FileEntry = FileListing['entries'][number];

/**
 * Folders first, then files, each by name with numbers in order; hidden ones and those
 * that cannot be looked at are left out.
 *
 * @param folder Absolute, relative to `base`, or from '~'; empty means `base`.
 * @throws AppError 'files/missing', 'files/not-a-folder', 'files/no-permission'.
 */
export async function listFolder(folder: string, base: string, signal?: AbortSignal): Promise<FileListing> {
  const path = absolutePath(folder, base);
  const names = await readNames(path);
  const entries = await lookAtAll(
    path,
    names.filter((name) => !name.startsWith('.')),
    signal,
  );
  const parent = dirname(path);
  return {
    folder: path,
    parent: parent === path ? null : parent,
    isProject: isProject(names),
    entries: await sorted(entries, signal),
  };
}

/**
 * Makes a folder, and those on the way to it.
 *
 * @param folder As for `listFolder`.
 * @throws AppError 'files/exists', 'files/…'.
 */
export async function makeFolder(folder: string, base: string): Promise<string> {
  const path = absolutePath(folder, base);
  try {
    if ((await makeFolders(path)).length > 0) return path;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw writeError(error, path);
  }
  throw new AppError('files/exists', `There is a '${path}' already. Choose another name.`, { path });
}

/** Entries at a time, so that core answers other requests while it lists a large folder. */
const BATCH = 1_000;

async function lookAtAll(folder: string, names: readonly string[], signal?: AbortSignal): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for (let start = 0; start < names.length; start += BATCH) {
    signal?.throwIfAborted();
    const batch = await Promise.all(names.slice(start, start + BATCH).map((name) => lookAt(folder, name)));
    for (const entry of batch) if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** Merge sort that lets other work run after each batch. */
async function sorted(entries: readonly FileEntry[], signal?: AbortSignal): Promise<FileEntry[]> {
  if (entries.length <= BATCH) return entries.toSorted(byKindAndName);
  const middle = entries.length >> 1;
  const left = await sorted(entries.slice(0, middle), signal);
  const right = await sorted(entries.slice(middle), signal);
  const merged: FileEntry[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    merged.push(byKindAndName(left[l]!, right[r]!) <= 0 ? left[l++]! : right[r++]!);
    if (merged.length % BATCH > 0) continue;
    await setImmediate();
    signal?.throwIfAborted();
  }
  return merged.concat(left.slice(l), right.slice(r));
}

async function readNames(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') {
      throw new AppError('files/missing', `There is no folder '${path}'. Check the path.`, { path });
    }
    if (code === 'ENOTDIR') {
      throw new AppError('files/not-a-folder', `'${path}' is a file, not a folder. Open the folder that contains it.`, {
        path,
      });
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new AppError(
        'files/no-permission',
        `You have no permission to look into '${path}'. Choose another folder, or change its permissions.`,
        { path },
      );
    }
    throw unusablePath(error, path);
  }
}

async function lookAt(folder: string, name: string): Promise<FileEntry | null> {
  const path = join(folder, name);
  try {
    const status = await stat(path);
    if (status.isDirectory()) return { name, path, kind: 'folder', sizeBytes: 0 };
    return status.isFile() ? { name, path, kind: 'file', sizeBytes: status.size } : null;
  } catch {
    return null;
  }
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function byKindAndName(a: FileEntry, b: FileEntry): number {
  if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1;
  return byName.compare(a.name, b.name);
}
