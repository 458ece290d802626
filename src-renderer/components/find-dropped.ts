import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { DroppedData } from '../state/dataset-store.svelte.ts';
import { pathSegments } from '../ui/path-segments.ts';

/**
 * Looks for a dropped file by name and size, or a folder by name, in a few folders on core's machine.
 * @param near Paths of folders, or of files and folders that were used before: their parents are searched too.
 * @returns The first path found; null: none.
 */
export async function findDropped(
  client: LaminaClient,
  { name, sizeBytes }: DroppedData,
  near: readonly string[],
): Promise<string | null> {
  const folders = new Set(near.flatMap((path) => [path, pathSegments(path).at(-2)?.path ?? path]));
  for (const folder of folders) {
    // A file, or a folder that no longer exists, holds nothing.
    const listing = await client.request('files.list', { folder }).catch(() => null);
    const entry = listing?.entries.find(
      (entry) =>
        entry.name === name &&
        (sizeBytes === null ? entry.kind === 'folder' : entry.kind === 'file' && entry.sizeBytes === sizeBytes),
    );
    if (entry !== undefined) return entry.path;
  }
  return null;
}
