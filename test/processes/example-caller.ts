import { join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { ProgramCalls } from '../../src-main/processes/program-calls.ts';
import type { ExampleCalls } from './example-program.ts';

/** Prints the process id of the example program and leaves a call open. */
const calls = new ProgramCalls<ExampleCalls>({
  path: join(import.meta.dirname, 'example-program.ts'),
  idleMs: 60_000,
  ended: () => new AppError('test/ended', 'It ended.'),
});
console.log(await calls.call('pid', {}));
await calls.call('wait', {});
