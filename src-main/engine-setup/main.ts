import { AppError } from '../../src-shared/errors/app-error.ts';
import { engineNameSchema } from '../../src-shared/training/run/run.ts';
import { installTensorFlow } from './install.ts';
import { measure } from './measure.ts';

/**
 * The engines program, run by the scripts and as a child process of the installer.
 *
 *   engines install [--from PATH]   Installs TensorFlow; progress as lines of JSON on stdout:
 *                                   {"step","fraction"}, then {"folder"} or {"error"}.
 *   engines measure NAME            Loads an engine and times it; one line of JSON.
 */
const [command, ...rest] = process.argv.slice(2);

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

try {
  if (command === 'install') {
    const from = rest[0] === '--from' ? rest[1] : undefined;
    const cancelled = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());
    const folder = await installTensorFlow((step, fraction) => print({ step, fraction }), {
      ...(from === undefined ? {} : { prepared: from }),
      signal: cancelled.signal,
    });
    print({ folder });
  } else if (command === 'measure') {
    const measurement = await measure(engineNameSchema.parse(rest[0]));
    process.stdout.write(`lamina-measure ${JSON.stringify(measurement)}\n`);
  } else {
    process.stderr.write('Usage: engines install [--from PATH] | engines measure tensorflow|onnx\n');
    process.exitCode = 2;
  }
} catch (error) {
  const data = AppError.from(error).toJSON();
  if (command === 'measure') process.stdout.write(`lamina-measure ${JSON.stringify({ error: data })}\n`);
  else print({ error: data });
  process.exitCode = 1;
}
