import { AppError } from '../../src-shared/errors/app-error.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { joinPath } from '../ui/path-segments.ts';

/** A folder in which a project can be opened or created. */
export interface ProjectFolder {
  readonly kind: 'project' | 'folder' | 'missing';
  readonly folder: string;
}

/** @throws AppError 'files/…' if the path is a file or cannot be read. */
export async function readProjectFolder(client: LaminaClient, path: string): Promise<ProjectFolder> {
  try {
    const { folder, isProject } = await client.request('files.list', { folder: path });
    return { kind: isProject ? 'project' : 'folder', folder };
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== 'files/missing') throw error;
    return { kind: 'missing', folder: path };
  }
}

/** Describes the folder, so that the effect of the buttons is clear. */
export function projectFolderText({ kind, folder }: ProjectFolder, openFolder: string): string {
  if (folder === openFolder) return 'This project is open.';
  if (kind === 'project') return 'This folder contains a project.';
  if (kind === 'missing') return `The folder ${folder} does not exist. A new project creates it.`;
  return 'This folder contains no project. A new project adds its files to the folder.';
}

/** Proposes a folder for a new project next to an existing one: its parent and an unused name. */
export async function siblingFolder(client: LaminaClient, folder: string): Promise<{ parent: string; name: string }> {
  const { parent, entries } = await client.request('files.list', { folder: joinPath(folder, '..') }).then(
    ({ folder: parent, entries }) => ({ parent, entries }),
    () => ({ parent: folder, entries: [] }),
  );
  const taken = new Set(entries.map(({ name }) => name));
  let name = 'new-project';
  for (let number = 2; taken.has(name); number++) name = `new-project-${number}`;
  return { parent, name };
}
