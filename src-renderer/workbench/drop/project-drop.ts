import { isProject, MODEL_SUFFIX, PROJECT_FILE } from '../../../src-shared/project/project-document.ts';
import type { DropTarget } from '../../slots/feature.ts';
import type { Stores } from '../../state/stores.ts';
import { pathSegments } from '../../ui/path-segments.ts';

/**
 * Opens a dropped project folder, or the folder of a dropped document of a project.
 * @param ask Opens the dialog, where the path is unknown.
 */
export function projectDrop(
  { client, documents, project, toasts }: Pick<Stores, 'client' | 'documents' | 'project' | 'toasts'>,
  ask: (name: string) => void,
): DropTarget {
  return {
    id: 'project',
    label: 'Project',
    takes: 'project folder',
    effect: 'Closes this project and opens the one in the folder.',
    fits: ({ name, file, names, path }) =>
      file === null ? isProject(names) : name === PROJECT_FILE || (name.endsWith(MODEL_SUFFIX) && path !== null),
    async open({ name, file, path }) {
      if (path === null) return ask(name);
      await documents.flush();
      const folder = file === null ? path : (pathSegments(path).at(-2)?.path ?? path);
      const opened = await project.open((options) =>
        client.request('project.open', { folder, create: false }, options),
      );
      if (opened?.folder === project.folder) toasts.info(`'${opened.name}' is open already; nothing was changed.`);
    },
  };
}
