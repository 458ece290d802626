import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import { isProject } from '../../../src-shared/project/project-document.ts';
import type { DroppedItem, DropTarget } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { pathSegments } from '../../ui/path-segments.ts';
import { folderKind, isShown } from './data-files.ts';

/** Opens a dropped table, or a folder of images. */
export function dataDrop({ dataset, project, steps }: Pick<Stores, 'dataset' | 'project' | 'steps'>): DropTarget {
  return {
    id: 'data',
    label: 'Data',
    takes: Object.values(fileKinds)
      .map(({ label }) => label)
      .join(', '),
    effect: 'Trains on it instead of the present data. The file stays where it is.',
    fits: isData,
    async open({ name, file, path }) {
      if (!project.mayEdit()) return;
      steps.current = 'data';
      // The files of a folder are one source: the folder is opened.
      const inFolder = file !== null && folderKind([name]) !== null;
      dataset.choosing = {
        dropped: {
          name,
          sizeBytes: file?.size ?? null,
          path: path !== null && inFolder ? (pathSegments(path).at(-2)?.path ?? path) : path,
        },
      };
    },
  };
}

/** A file of another name is a table if it is text and not JSON. */
export function isData({ name, file, names, text }: DroppedItem): boolean {
  if (file === null) return folderKind(names) !== null || !isProject(names);
  return isShown(name, 'all') || (text !== null && !/^\s*[{[]/.test(text));
}
