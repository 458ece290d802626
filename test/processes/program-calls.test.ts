import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { callOnce, ProgramCalls } from '../../src-main/processes/program-calls.ts';
import type { ProgramExit } from '../../src-main/processes/program-process.ts';
import { childProcesses } from '../support/processes.ts';
import type { ExampleCalls } from './example-program.ts';

const program = {
  path: join(import.meta.dirname, 'example-program.ts'),
  ended: ({ code, signal, output }: ProgramExit) => new AppError('test/ended', 'It ended.', { code, signal, output }),
};

function openCalls(idleMs: number): ProgramCalls<ExampleCalls> {
  const calls = new ProgramCalls<ExampleCalls>({ ...program, idleMs });
  onTestFinished(() => calls.close());
  return calls;
}

/** Ended processes whose parent has not read their exit do not count. */
const isRunning = (pid: number): boolean => childProcesses(1).some((one) => one.pid === pid);
const children = (): number[] => childProcesses(process.pid).map(({ pid }) => pid);

test('one process answers all calls in order, with results, progress and errors', async () => {
  const calls = openCalls(60_000);
  const reported: number[] = [];
  const [first, sum, second, failure] = await Promise.all([
    calls.call('pid', {}),
    calls.call('count', { count: 4 }, { onProgress: (number) => reported.push(number) }),
    calls.call('pid', {}),
    calls.call('fail', { code: 'test/failed' }).catch((error: unknown) => error),
  ]);
  expect(second).toBe(first);
  expect(sum).toBe(10);
  expect(reported).toEqual([1, 2, 3, 4]);
  expect(failure).toMatchObject({ code: 'test/failed', details: { code: 'test/failed' } });
});

test('an aborted call ends as the program decides, whether it has begun or not', async () => {
  const calls = openCalls(60_000);
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = [calls.call('wait', {}, { signal }), calls.call('wait', {}, { signal })];
  await delay(10);
  controller.abort();
  expect(await Promise.all(waiting)).toEqual(['aborted', 'aborted']);
  expect(await calls.call('wait', {}, { signal })).toBe('aborted');
});

test.each([
  [3, { code: 3, signal: null }],
  ['SIGKILL' as const, { code: null, signal: 'SIGKILL' }],
])('a process that ends (%s) rejects its open calls; the next call starts another process', async (how, exit) => {
  const calls = openCalls(60_000);
  const pid = await calls.call('pid', {});
  const open = await Promise.allSettled([calls.call('exit', { with: how }), calls.call('pid', {})]);
  for (const settled of open) {
    expect(settled).toMatchObject({
      status: 'rejected',
      reason: { code: 'test/ended', details: { ...exit, output: 'last line' } },
    });
  }
  expect(await calls.call('pid', {})).not.toBe(pid);
});

test('a call that arrives while an idle process ends runs in another process', async () => {
  const calls = openCalls(0);
  const pids = new Set<number>();
  for (let round = 0; round < 24; round++) {
    const answers = await Promise.all([calls.call('pid', {}), calls.call('pid', {})]);
    expect(answers[0]).toBe(answers[1]);
    pids.add(answers[0]);
    // Spans the time from the answer to after the idle stop.
    if (round % 4 > 0) await delay((round % 4) - 1);
  }
  expect(pids.size).toBeGreaterThan(1);
  await calls.close();
  expect(children().filter((pid) => pids.has(pid))).toEqual([]);
});

test('close ends processes and rejects open calls', async () => {
  const calls = openCalls(60_000);
  const pid = await calls.call('pid', {});
  const open = calls.call('wait', {});
  const [settled] = await Promise.all([Promise.allSettled([open]), calls.close()]);
  expect(settled).toMatchObject([{ status: 'rejected', reason: { code: 'test/ended' } }]);
  expect(children()).not.toContain(pid);
});

test('a single call runs in its own process, which ends with it', async () => {
  const pid = await callOnce<ExampleCalls, 'pid'>(program, 'pid', {});
  expect(children()).not.toContain(pid);
  await expect(callOnce<ExampleCalls, 'fail'>(program, 'fail', { code: 'test/failed' })).rejects.toMatchObject({
    code: 'test/failed',
  });
});

test('parameters that cannot be sent reject the call and leave nothing open', async () => {
  const calls = openCalls(60_000);
  const params = { count: 1, callback: () => {} };
  await expect(calls.call('count', params)).rejects.toThrow();
  expect(await calls.call('count', { count: 2 })).toBe(3);
});

test('an unknown call is rejected', async () => {
  const calls = new ProgramCalls<ExampleCalls & { other: { params: object; result: never } }>({
    ...program,
    idleMs: 0,
  });
  onTestFinished(() => calls.close());
  await expect(calls.call('other', {})).rejects.toMatchObject({ code: 'process/unknown-call' });
});

test('a program whose caller is killed aborts its calls and ends', async () => {
  const caller = spawn(process.execPath, [join(import.meta.dirname, 'example-caller.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(caller.stdout, 'data')) as [Buffer];
  const pid = Number(line);
  expect(isRunning(pid)).toBe(true);
  caller.kill('SIGKILL');
  await expect.poll(() => isRunning(pid)).toBe(false);
});
