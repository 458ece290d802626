import type { Studio } from '../state/studio.svelte.ts';
import { blockCommands } from './block-commands.ts';
import { arrangeCommands } from './arrange-commands.ts';
import { clipboardCommands } from './clipboard-commands.ts';
import type { Command } from './command.ts';
import { groupCommands } from './group-commands.ts';
import { modelCommands } from './model-commands.ts';
import { navigationCommands, type WindowActions } from './navigation-commands.ts';
import { pictureCommands } from './picture-commands.ts';
import { presetCommands } from './preset-commands.ts';
import { reachCommands } from './reach-commands.ts';
import { trainingCommands } from './training-commands.ts';

/** Every command of the window, in the order of the palette. */
export function allCommands(studio: Studio, actions: WindowActions): Command[] {
  return [
    ...trainingCommands(studio),
    ...modelCommands(studio),
    ...clipboardCommands(studio),
    ...reachCommands(studio),
    ...blockCommands(studio),
    ...groupCommands(studio),
    ...arrangeCommands(studio),
    ...presetCommands(studio),
    ...pictureCommands(studio),
    ...navigationCommands(studio, actions),
  ];
}
