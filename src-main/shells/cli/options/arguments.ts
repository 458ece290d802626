import { parseArgs } from 'node:util';
import type { ParseArgsOptionDescriptor } from 'node:util';
import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { Command, OptionValues } from './command.ts';
import { suggest } from '../../../../src-shared/text/suggest.ts';

export interface CommandLine {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  readonly help: boolean;
}

/** @throws AppError 'cli/bad-arguments' naming the wrong argument and the closest valid one. */
export function parseCommandLine(command: Command, args: readonly string[]): CommandLine {
  const options: Readonly<Record<string, ParseArgsOptionDescriptor>> = {
    ...command.options,
    help: { type: 'boolean', short: 'h' },
  };
  const { tokens, values, positionals } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (known === undefined) throw unknownOption(command, token.rawName, Object.keys(options));
    if (
      known.type === 'string' &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
    ) {
      throw badArguments(command, `${token.rawName} needs a value (${command.options[token.name]?.placeholder}).`);
    }
    if (known.type === 'boolean' && token.value !== undefined) {
      throw badArguments(command, `${token.rawName} takes no value; received '${token.value}'.`);
    }
  }
  const help = values['help'] === true;
  const { min, max } = command.positionals;
  if (!help && positionals.length < min) {
    throw badArguments(command, `Expected ${command.usage.replace(/ \[.*$/, '')}.`);
  }
  if (!help && positionals.length > max) throw badArguments(command, `Unexpected '${positionals[max]}'.`);
  return { positionals, options: values as OptionValues, help };
}

/** @throws AppError 'cli/bad-arguments'. @returns Undefined if the option is not given. */
export function wholeNumber(options: OptionValues, name: string, min: number, max: number): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text === 'string' && /^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new AppError(
    'cli/bad-arguments',
    `--${name} expects a whole number from ${min} to ${max}; received '${String(text)}'.`,
  );
}

/** @throws AppError 'cli/bad-arguments'. @returns Undefined if the option is not given. */
export function choice<Choice extends string>(
  options: OptionValues,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const found = choices.find((each) => each === text);
  if (found !== undefined) return found;
  throw new AppError('cli/bad-arguments', `--${name} expects ${choices.join(' or ')}; received '${String(text)}'.`);
}

export function text(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that can be repeated. */
export function texts(options: OptionValues, name: string): readonly string[] {
  const values = options[name];
  return Array.isArray(values) ? (values as readonly string[]) : [];
}

/**
 * The layer that an option names.
 *
 * @param what Of the option, if it is missing: 'the last layer to keep'.
 * @throws AppError 'cli/bad-arguments'.
 */
export function layerNamed(
  nodes: readonly ModelNode[],
  option: string,
  name: string | undefined,
  what: string,
): ModelNode {
  if (name === undefined) throw new AppError('cli/bad-arguments', `--${option} is missing: the name of ${what}.`);
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const near = suggest(
    name,
    nodes.map((node) => node.name),
  );
  const question = near === null ? '' : ` Did you mean '${near}'?`;
  throw new AppError(
    'cli/bad-arguments',
    `--${option} expects the name of a layer; the model has no '${name}'.${question}`,
  );
}

function unknownOption(command: Command, rawName: string, names: readonly string[]): AppError {
  const near = suggest(rawName.replace(/^-+/, ''), names);
  const question = near === null ? '' : ` Did you mean --${near}?`;
  return badArguments(command, `Unknown option '${rawName}'.${question}`);
}

function badArguments(command: Command, message: string): AppError {
  return new AppError('cli/bad-arguments', `${message} See 'lamina ${command.name} --help'.`);
}
