import { getContext, setContext } from 'svelte';
import type { Command } from './command.ts';

const KEY = Symbol('commands');

export function provideCommands(commands: readonly Command[]): void {
  setContext(KEY, new Map(commands.map((command) => [command.id, command])));
}

/** All commands by their ids. */
export function useCommands(): ReadonlyMap<string, Command> {
  return getContext<Map<string, Command>>(KEY);
}

/** A command by its id, for the button that runs it. */
export function useCommand(id: string): Command {
  const command = useCommands().get(id);
  if (command === undefined) throw new Error(`There is no command '${id}'.`);
  return command;
}
