import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { answerCalls } from '../../src-main/processes/answer-calls.ts';
import { enforceMemoryLimit } from '../../src-main/processes/memory-limit.ts';
import { enforceStallLimit } from '../../src-main/processes/stall-limit.ts';

/** Calls of a small program for tests. */
export interface ExampleCalls {
  /** Answers with the process id. */
  pid: { params: Record<string, never>; result: number };
  /** Reports 1 to `count`, then answers with their sum. */
  count: { params: { count: number }; result: number; progress: number };
  fail: { params: { code: string }; result: never };
  /** Ends the process with this status; 'SIGKILL': kills it. */
  exit: { params: { with: number | 'SIGKILL' }; result: never };
  /** Uses the processor without pause, until the process is killed. */
  spin: { params: Record<string, never>; result: never; progress: number };
  /** Takes memory outside of the JavaScript heap without pause, until the process is killed. */
  grow: { params: Record<string, never>; result: never };
  /** Answers 'aborted' when the call is aborted. */
  wait: { params: Record<string, never>; result: string };
}

enforceMemoryLimit();
enforceStallLimit();

answerCalls<ExampleCalls>({
  pid: () => process.pid,
  async count({ count }, { onProgress }) {
    let sum = 0;
    for (let number = 1; number <= count; number++) {
      await delay(1);
      onProgress(number);
      sum += number;
    }
    return sum;
  },
  fail({ code }) {
    throw new AppError(code, 'The call failed.', { code });
  },
  exit({ with: how }) {
    process.stderr.write('last line\n');
    if (how === 'SIGKILL') process.kill(process.pid, 'SIGKILL');
    else process.exitCode = how;
    process.disconnect?.();
    return new Promise(() => {});
  },
  spin(_, { onProgress }) {
    onProgress(process.pid);
    for (;;);
  },
  grow() {
    const taken: Buffer[] = [];
    for (;;) taken.push(Buffer.alloc(4 * 1024 * 1024, taken.length));
  },
  wait: (_, { signal }) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve('aborted');
      signal.addEventListener('abort', () => resolve('aborted'));
    }),
});
