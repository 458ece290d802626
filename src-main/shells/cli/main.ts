import { AppError } from '../../../src-shared/errors/app-error.ts';
import { parseCommandLine } from './options/arguments.ts';
import { EXIT } from './options/command.ts';
import { commands } from './commands.ts';
import { commandHelp, generalHelp } from './options/help.ts';
import { createOutput } from './terminal/output.ts';
import { suggest } from '../../../src-shared/text/suggest.ts';

const output = createOutput(process.stdout, process.stderr);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    output.note(generalHelp(commands));
    return EXIT.usage;
  }
  if (name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    output.line(generalHelp(commands));
    return EXIT.done;
  }
  if (name === '--version' || name === '-v') {
    const { laminaVersion } = await import('../../programs.ts');
    output.line(laminaVersion());
    return EXIT.done;
  }
  if (name === 'help') return main([...rest, '--help']);
  const entry = commands.find((command) => command.name === name);
  if (entry === undefined) throw unknownCommand(name);
  const command = await entry.load();
  const { positionals, options, help } = parseCommandLine(command, rest);
  if (help) {
    output.line(commandHelp(command));
    return EXIT.done;
  }
  return command.run(positionals, options, output);
}

function unknownCommand(name: string): AppError {
  const names = commands.map((command) => command.name);
  const near = suggest(name, names);
  const question = near === null ? '' : ` Did you mean '${near}'?`;
  return new AppError('cli/bad-arguments', `Unknown command '${name}'.${question} Commands: ${names.join(', ')}.`);
}

/** `npm run` changes to the package's folder; paths are relative to the user's folder. */
const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env;
if (script === 'lamina' && typedIn !== undefined) process.chdir(typedIn);

/** A reader that closes the pipe (`| head`) is not an error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

// Children do not keep this process alive while they idle; a command under way does.
const alive = setInterval(() => {}, 60_000);

main(process.argv.slice(2))
  .finally(() => clearInterval(alive))
  .then(
    (status) => {
      process.exitCode = status;
    },
    (thrown: unknown) => {
      const { code, message, details } = AppError.from(thrown);
      output.note(`lamina: ${code === 'internal/unexpected' ? String(details['stack'] ?? message) : message}`);
      process.exitCode = code === 'cli/bad-arguments' ? EXIT.usage : EXIT.failed;
    },
  );
