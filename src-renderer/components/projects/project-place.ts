import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { LaminaClient, ProjectSnapshot } from '../../../src-shared/contract/contract.ts';
import { joinPath } from '../../ui/path-segments.ts';

/** What a folder is, seen from the wish to open a project in it or to make one. */
export interface Place {
  readonly kind: 'project' | 'folder' | 'missing';
  readonly folder: string;
}

/** @throws AppError 'files/…' where the path is a file or may not be read. */
export async function readPlace(client: LaminaClient, path: string): Promise<Place> {
  try {
    const { folder, isProject } = await client.request('files.list', { folder: path });
    return { kind: isProject ? 'project' : 'folder', folder };
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== 'files/missing') throw error;
    return { kind: 'missing', folder: path };
  }
}

/** What the buttons would do there. */
export function placeInWords({ kind, folder }: Place, openFolder: string): string {
  if (folder === openFolder) return 'This is the project that is open.';
  if (kind === 'project') return 'A project is in this folder.';
  if (kind === 'missing') return `There is no folder ${folder} yet. A new project makes it.`;
  return 'No project is in this folder. A new one puts its files beside those that are there.';
}

/** What is said once it is open. @param made What its folder was before a new project was made; null: opened. */
export function openedInWords(
  { name, folder }: Pick<ProjectSnapshot, 'name' | 'folder'>,
  made: 'folder' | 'missing' | null,
): string {
  if (made === null) return `'${name}' is open already; nothing was changed.`;
  return made === 'missing' ? `The new project is in the new folder ${folder}.` : `The new project is in ${folder}.`;
}

/** A sibling folder for a new project: its parent and an unused name. */
export async function placeBeside(client: LaminaClient, folder: string): Promise<{ parent: string; name: string }> {
  const { parent, entries } = await client.request('files.list', { folder: joinPath(folder, '..') }).then(
    ({ folder: parent, entries }) => ({ parent, entries }),
    () => ({ parent: folder, entries: [] }),
  );
  const taken = new Set(entries.map(({ name }) => name));
  let name = 'new-project';
  for (let number = 2; taken.has(name); number++) name = `new-project-${number}`;
  return { parent, name };
}
