import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { splitNames, type SplitName } from '../../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { errorCode } from '../../../system/error-code.ts';
import { fileError } from '../../tables/source-files.ts';
import type { UnreadableFile } from '../../tables/table.ts';
import { byCodePoint } from '../../tables/values.ts';

/** A file in a folder of pictures; whether it is a picture is known once it is read. */
export interface PictureFile {
  /** Absolute. */
  readonly path: string;
  /** Relative to the source's folder, with '/'. */
  readonly name: string;
  readonly className: string;
  /** Null: the folder has no folders of splits. */
  readonly split: SplitName | null;
}

export interface PictureListing {
  readonly files: readonly PictureFile[];
  /** Folders that cannot be listed. */
  readonly unreadable: readonly UnreadableFile[];
}

/** Usual names of folders that hold one split, in lower case. */
const splitFolders: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

export const splitOfFolder = (name: string): SplitName | null => splitFolders[name.toLowerCase()] ?? null;

/**
 * Lists the files of each class, in folders below those of the splits if there is a folder of training pictures.
 * Hidden files and folders are skipped. The order does not depend on the file system: by split, class and name.
 *
 * @throws AppError `dataset/no-classes` if files are in no folder of a class, `dataset/missing-file`,
 *   `dataset/unreadable-file`.
 */
export async function listPictures(folder: string, signal?: AbortSignal): Promise<PictureListing> {
  const top = await foldersIn(folder);
  const splits = top.flatMap((name) => {
    const split = splitOfFolder(name);
    return split === null ? [] : [{ name, split }];
  });
  const found: PictureFile[] = [];
  const unreadable: UnreadableFile[] = [];
  const addClasses = async (base: string, split: SplitName | null): Promise<void> => {
    const above = await idsUpTo(join(folder, base));
    for (const className of await foldersIn(join(folder, base))) {
      const relative = (below: string): string => [base, className, below].filter((part) => part !== '').join('/');
      const below = await filesBelow(join(folder, base, className), signal, above);
      for (const name of below.files) {
        found.push({ path: join(folder, relative(name)), name: relative(name), className, split });
      }
      for (const { name, reason } of below.unreadable) unreadable.push({ name: relative(name), reason });
    }
  };
  if (splits.some(({ split }) => split === 'train')) {
    for (const { name, split } of splits) await addClasses(name, split);
  } else {
    await addClasses('', null);
  }
  if (found.length === 0) {
    throw noClasses(folder, top.length === 0 ? 'found no folder in it' : 'found no file in its folders');
  }
  const place = ({ split }: PictureFile): number => splitNames.indexOf(split ?? 'train');
  found.sort((a, b) => place(a) - place(b) || byCodePoint(a.className, b.className) || byCodePoint(a.name, b.name));
  return { files: found, unreadable };
}

export function noClasses(folder: string, received: string): AppError {
  return new AppError(
    'dataset/no-classes',
    `Expected a folder of pictures for each class in ${folder}, possibly in folders train, val and test; ${received}. Choose the folder above the classes, sort the pictures into folders named like their classes, or choose a table that names them.`,
    { folder },
  );
}

/** Names of the folders in a folder, without hidden ones; links to folders included. */
export async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(folder, entry.name))))) {
        names.push(entry.name);
      }
    }
    return names.sort(byCodePoint);
  } catch (error) {
    throw fileError(error, folder);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );

/**
 * Regular files below a folder by relative name. Links to files and folders count; a folder that several links lead to
 * is visited once, one above `folder` never.
 *
 * @param above Ids of the folders above.
 */
export async function filesBelow(
  folder: string,
  signal?: AbortSignal,
  above: ReadonlySet<string> = new Set(),
): Promise<{ files: string[]; unreadable: UnreadableFile[] }> {
  const files: string[] = [];
  const unreadable: UnreadableFile[] = [];
  const links: string[] = [];
  const visited = new Set(above);
  const visit = async (below: string): Promise<void> => {
    signal?.throwIfAborted();
    const id = await folderId(join(folder, below));
    if (id !== null && visited.has(id)) return;
    if (id !== null) visited.add(id);
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((error: unknown) => {
      unreadable.push({ name: below, reason: `the folder cannot be read (${errorCode(error)})` });
      return [];
    });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await visit(name);
      else if (entry.isFile()) files.push(name);
      else if (entry.isSymbolicLink()) {
        const target = await stat(join(folder, name)).catch(() => null);
        if (target?.isFile() === true) files.push(name);
        else if (target?.isDirectory() === true) links.push(name);
      }
    }
  };
  await visit('');
  // Folders that links lead to come last and in a fixed order: what they are called does not depend on the file system.
  while (links.length > 0) await visit(links.sort(byCodePoint).shift()!);
  return { files, unreadable };
}

/** Identifies a folder, whatever path leads to it; null: it cannot be read. */
const folderId = (path: string): Promise<string | null> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => null,
  );

/** Ids of a folder and of those above it. */
async function idsUpTo(folder: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let path = folder; ; path = dirname(path)) {
    const id = await folderId(path);
    if (id !== null) ids.add(id);
    if (dirname(path) === path) return ids;
  }
}
