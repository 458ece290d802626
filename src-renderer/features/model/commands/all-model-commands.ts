import type { Command } from '../../../commands/command.ts';
import type { Stores } from '../../../state/stores.ts';
import { arrangeCommands } from './arrange-commands.ts';
import { blockCommands } from './block-commands.ts';
import { clipboardCommands } from './clipboard-commands.ts';
import { dialogCommands } from './dialog-commands.ts';
import { groupCommands } from './group-commands.ts';
import { modelCommands } from './model-commands.ts';
import { pictureCommands } from './picture-commands.ts';
import { presetCommands } from './preset-commands.ts';
import { reachCommands } from './reach-commands.ts';

/** Commands of the model, in the order of the command palette. */
export function allModelCommands(
  stores: Pick<Stores, 'model' | 'analysis' | 'editor' | 'layout' | 'steps' | 'toasts'>,
): Command[] {
  return [
    ...modelCommands(stores),
    ...clipboardCommands(stores),
    ...reachCommands(stores),
    ...blockCommands(stores),
    ...groupCommands(stores),
    ...arrangeCommands(stores),
    ...presetCommands(stores),
    ...pictureCommands(stores),
    ...dialogCommands(stores),
  ];
}
