import { AppError } from '../../src-shared/errors/app-error.ts';
import { engineNameSchema } from '../../src-shared/training/run/run.ts';
import { answerCalls } from '../processes/answer-calls.ts';
import type { EngineCalls } from './calls.ts';
import { installTensorFlow } from './install.ts';
import { measure } from './measure.ts';

/**
 * The engines program. With a message channel it handles calls; the scripts run it with arguments:
 *
 *   engines install [--from PATH]   Installs TensorFlow; progress as lines of JSON on stdout:
 *                                   {"step","fraction"}, then {"folder"} or {"error"}.
 *   engines measure NAME            Loads an engine, times it and checks its numbers; one line of JSON.
 */
if (process.send === undefined) await runCommandLine(process.argv.slice(2));
else {
  answerCalls<EngineCalls>({
    measure: ({ name }) => measure(name),
    install: ({ prepared }, { signal, onProgress }) =>
      installTensorFlow((step, fraction) => onProgress({ step, fraction }), {
        signal,
        ...(prepared === undefined ? {} : { prepared }),
      }),
  });
}

async function runCommandLine([command, ...rest]: readonly string[]): Promise<void> {
  const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
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
      print(await measure(engineNameSchema.parse(rest[0])));
    } else {
      process.stderr.write('Usage: engines install [--from PATH] | engines measure tensorflow|onnx\n');
      process.exitCode = 2;
    }
  } catch (error) {
    print({ error: AppError.from(error).toJSON() });
    process.exitCode = 1;
  }
}
