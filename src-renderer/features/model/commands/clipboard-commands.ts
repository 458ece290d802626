import type { Stores } from '../../../state/stores.ts';
import { isMac, needsModel, type Command } from '../../../commands/command.ts';
import { copySelection, pasteText } from './model-commands.ts';

/** Copying and pasting by menu; their keys are the browser's own, which it answers without asking. */
export function clipboardCommands(stores: Pick<Stores, 'model' | 'editor' | 'steps' | 'toasts'>): Command[] {
  const { editor, steps, toasts } = stores;
  const elsewhere = needsModel(steps);
  const nothing = () =>
    elsewhere() ?? (editor.selectedNodes.length + editor.selectedNotes.length === 0 ? 'Select a layer first.' : null);
  const command = (own: Omit<Command, 'group'>): Command => ({ ...own, group: 'Edit' });
  const write = (cut: boolean) => {
    const text = copySelection(stores, cut);
    if (text !== null) navigator.clipboard.writeText(text).catch((thrown: unknown) => toasts.fail(thrown));
  };
  return [
    command({
      id: 'edit.cut',
      title: 'Cut the selection',
      browserKeys: 'Mod+X',
      blocked: nothing,
      run: () => write(true),
    }),
    command({
      id: 'edit.copy',
      title: 'Copy the selection',
      browserKeys: 'Mod+C',
      blocked: nothing,
      run: () => write(false),
    }),
    command({
      id: 'edit.paste',
      title: 'Paste layers',
      browserKeys: 'Mod+V',
      blocked: elsewhere,
      run: () => {
        navigator.clipboard.readText().then(
          (text) => {
            if (!pasteText(stores, text)) toasts.info('The clipboard holds no layers.');
          },
          () => toasts.info(`The clipboard may not be read from here. Press ${isMac ? '⌘ V' : 'Ctrl V'} to paste.`),
        );
      },
    }),
  ];
}
