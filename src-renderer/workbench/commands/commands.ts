import type { Studio } from '../../state/studio.svelte.ts';
import { blockCommands } from '../../features/model/commands/block-commands.ts';
import { arrangeCommands } from '../../features/model/commands/arrange-commands.ts';
import { clipboardCommands } from '../../features/model/commands/clipboard-commands.ts';
import type { Command } from '../../commands/command.ts';
import { groupCommands } from '../../features/model/commands/group-commands.ts';
import { historyCommands } from './history-commands.ts';
import { modelCommands } from '../../features/model/commands/model-commands.ts';
import { navigationCommands, type WindowActions } from './navigation-commands.ts';
import { pictureCommands } from '../../features/model/commands/picture-commands.ts';
import { presetCommands } from '../../features/model/commands/preset-commands.ts';
import { reachCommands } from '../../features/model/commands/reach-commands.ts';
import { trainingCommands } from '../../components/runs/training-commands.ts';

/** Every command of the window, in the order of the palette. */
export function allCommands(studio: Studio, actions: WindowActions): Command[] {
  return [
    ...trainingCommands(studio),
    ...historyCommands(studio),
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
