import type { Command } from './command.ts';

/** @returns The help of one command, with its options and examples. */
export function commandHelp(command: Command): string {
  const options = [
    ...Object.entries(command.options).map(([name, { placeholder, help }]): [string, string] => [
      placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
      help,
    ]),
    ['-h, --help', 'Show this help.'] as [string, string],
  ];
  const examples = command.examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`]);
  return [
    `${command.summary}`,
    '',
    `Usage: lamina ${command.name} ${command.usage}`.trimEnd(),
    '',
    'Options:',
    ...columns(options),
    '',
    'Examples:',
    ...examples,
  ].join('\n');
}

export function generalHelp(commands: readonly Pick<Command, 'name' | 'summary'>[]): string {
  return [
    'Lamina: build and train neural networks offline.',
    '',
    'Usage: lamina <command> [arguments] [options]',
    '',
    'Commands:',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    "'lamina <command> --help' explains a command, with examples; 'lamina --version' prints the version.",
    'A project is a folder with a lamina-project.json; the folder examples/ holds some.',
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
