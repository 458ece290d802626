import { AppError } from '../../src-shared/contract/app-error.ts';
import type { LaminaClient, ProjectSnapshot } from '../../src-shared/contract/contract.ts';

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

/** What is said once it is open. @param before What its folder was before; 'open': the project was open already. */
export function openedInWords(
  { name, folder }: Pick<ProjectSnapshot, 'name' | 'folder'>,
  before: Place['kind'] | 'open',
): string {
  if (before === 'open') return `'${name}' is open already; nothing was changed.`;
  if (before === 'project') return `${folder} is a project already, '${name}'. It is open now.`;
  return before === 'missing' ? `The new project is in the new folder ${folder}.` : `The new project is in ${folder}.`;
}
