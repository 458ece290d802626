import type { ParseArgsOptionDescriptor } from 'node:util';
import type { Output } from '../terminal/output.ts';

export interface CommandOption extends ParseArgsOptionDescriptor {
  /** For the help: 'N', 'PATH'; absent for switches. */
  readonly placeholder?: string;
  readonly help: string;
}

export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** One word of the command line: `lamina <name> …`. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What follows the name: '<project folder> [options]'. */
  readonly usage: string;
  readonly positionals: { readonly min: number; readonly max: number };
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** @returns The exit status. @throws AppError for errors that the user can fix. */
  run(positionals: readonly string[], options: OptionValues, output: Output): Promise<number>;
}

/** Exit statuses: 0 done, 1 failed, 2 wrong arguments, 128 + signal number if stopped by a signal. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

export const jsonOption: CommandOption = { type: 'boolean', help: 'Print JSON instead of text.' };
export const runOption: CommandOption = {
  type: 'string',
  placeholder: 'RUN',
  help: "Which run: its number, its id, 'last' (the default) or 'best'.",
};

export const checkpointOption: CommandOption = {
  type: 'string',
  placeholder: 'WEIGHTS',
  help: "Which weights of the run: 'best' (the default where epochs were validated), 'last' or 'initial'.",
};
