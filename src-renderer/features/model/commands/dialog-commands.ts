import type { Command } from '../../../commands/command.ts';
import type { Stores } from '../../../state/stores.ts';
import { chooseFile } from '../../../ui/choose-file.ts';
import { readModelOf } from '../starting-points/read-model-file.ts';

/** Commands that open the dialogs of `ModelDialogs.svelte`. */
export function dialogCommands({ editor, steps, toasts }: Pick<Stores, 'editor' | 'steps' | 'toasts'>): Command[] {
  async function compareWithFile(): Promise<void> {
    await toasts.attempt(async () => {
      const file = await chooseFile('.json,application/json');
      if (file !== null) editor.comparedFile = { name: file.name, document: await readModelOf(file) };
    });
  }
  return [
    {
      id: 'model.new',
      title: 'New model from a line or a template…',
      group: 'Model',
      keys: ['Shift+N'],
      run: () => {
        steps.current = 'model';
        editor.startingPoints = true;
      },
    },
    {
      id: 'model.open',
      title: 'Open a model with its weights…',
      group: 'Model',
      run: () => {
        steps.current = 'model';
        editor.openingModel = { dropped: null };
      },
    },
    {
      id: 'model.report',
      title: 'Report on the opened model file…',
      group: 'Model',
      blocked: () => (editor.openedFile === null ? 'No model file was opened.' : null),
      run: () => (editor.reportedFile = editor.openedFile),
    },
    {
      id: 'model.compareFile',
      title: 'Compare with a model file…',
      group: 'Model',
      run: () => void compareWithFile(),
    },
  ];
}
