import type { Command } from '../../commands/command.ts';
import type { ProjectDocuments } from '../../state/documents-store.svelte.ts';
import type { Stores } from '../../state/stores.ts';

/** Undo and redo over model, data set and training configuration. The screen shows what changed. */
export function historyCommands({ documents, model, steps }: Pick<Stores, 'documents' | 'model' | 'steps'>): Command[] {
  const show = (versions: [ProjectDocuments, ProjectDocuments] | null) => {
    if (versions === null) return;
    const [before, after] = versions;
    if (before.model !== after.model) {
      steps.current = 'model';
      model.showDifference(before.model, after.model);
    } else {
      steps.current = before.dataset === after.dataset ? 'train' : 'data';
    }
  };
  const elsewhere = () =>
    ['data', 'model', 'train'].includes(steps.current) ? null : 'Go to Data, Model or Train first.';
  return [
    {
      id: 'edit.undo',
      title: () => (documents.undoLabel === null ? 'Undo' : `Undo ${documents.undoLabel}`),
      group: 'Edit',
      keys: ['Mod+Z'],
      blocked: () => elsewhere() ?? (documents.undoLabel === null ? 'There is nothing to undo.' : null),
      run: () => show(documents.undo()),
    },
    {
      id: 'edit.redo',
      title: () => (documents.redoLabel === null ? 'Redo' : `Redo ${documents.redoLabel}`),
      group: 'Edit',
      keys: ['Mod+Shift+Z', 'Mod+Y'],
      blocked: () => elsewhere() ?? (documents.redoLabel === null ? 'There is nothing to redo.' : null),
      run: () => show(documents.redo()),
    },
  ];
}
