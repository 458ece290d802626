import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { callOnce, ProgramCalls } from '../../src-main/processes/program-calls.ts';
import type { CalledProgram } from '../../src-main/processes/program-calls.ts';
import { memoryLimit, memoryLimitEnvironment, overMemoryLimit } from '../../src-main/processes/memory-limit.ts';
import { overStallLimit, stallLimitEnvironment } from '../../src-main/processes/stall-limit.ts';
import type { ProgramExit } from '../../src-main/processes/program-process.ts';
import { childProcesses } from '../support/processes.ts';
import type { ExampleCalls } from './example-program.ts';

const program = {
  path: join(import.meta.dirname, 'example-program.ts'),
  ended: ({ code, signal, output }: ProgramExit) => new AppError('test/ended', 'It ended.', { code, signal, output }),
};

function openCalls(idleMs: number, options: Partial<CalledProgram> = {}): ProgramCalls<ExampleCalls> {
  const calls = new ProgramCalls<ExampleCalls>({ ...program, idleMs, ...options });
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
])(
  'a process that ends (%s) rejects the call that it works on; waiting calls run in another process',
  async (how, exit) => {
    const calls = openCalls(60_000);
    const pid = await calls.call('pid', {});
    const [ended, waiting] = await Promise.allSettled([calls.call('exit', { with: how }), calls.call('pid', {})]);
    expect(ended).toMatchObject({
      status: 'rejected',
      reason: { code: 'test/ended', details: { ...exit, output: 'last line' } },
    });
    expect(waiting.status).toBe('fulfilled');
    const next = await calls.call('pid', {});
    expect(waiting).toMatchObject({ value: next });
    expect(next).not.toBe(pid);
  },
);

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

test('calls run side by side up to the limit; further ones wait', async () => {
  const calls = openCalls(60_000, { limit: 2 });
  const controller = new AbortController();
  const { signal } = controller;
  const first = calls.call('wait', {}, { signal });
  const [second, third] = await Promise.all([calls.call('pid', {}), calls.call('pid', {})]);
  expect(third).toBe(second);
  const others = [calls.call('wait', {}, { signal }), calls.call('wait', {}, { signal })];
  const last = calls.call('pid', {});
  await delay(50);
  expect(childProcesses(process.pid).filter(({ command }) => command.includes('example-program'))).toHaveLength(2);
  controller.abort();
  expect(await Promise.all([first, ...others])).toEqual(['aborted', 'aborted', 'aborted']);
  expect(typeof (await last)).toBe('number');
});

/** CPU time of a running process, in clock ticks. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return user + system;
}

test.skipIf(process.platform !== 'linux')(
  'an aborted call rejects at once; a process that still works on it is killed, and the next call is answered',
  async () => {
    const calls = openCalls(60_000, { abortGraceMs: 150 });
    const controller = new AbortController();
    const started = Promise.withResolvers<number>();
    const spinning = calls.call('spin', {}, { signal: controller.signal, onProgress: started.resolve });
    const pid = await started.promise;
    await expect.poll(() => cpuTicks(pid), { timeout: 10_000 }).toBeGreaterThan(20);
    const waiting = calls.call('pid', {});
    const reason = new AppError('test/cancelled', 'It was cancelled.');
    let settled = false;
    spinning.catch(() => (settled = true));
    controller.abort(reason);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(settled).toBe(true);
    await expect(spinning).rejects.toBe(reason);
    expect(await waiting).not.toBe(pid);
    await expect.poll(() => isRunning(pid)).toBe(false);
  },
);

test('an aborted call that waits never runs; one whose signal is aborted already rejects with its reason', async () => {
  const calls = openCalls(60_000, { abortGraceMs: 60_000 });
  const controller = new AbortController();
  const first = calls.call('count', { count: 20 });
  const reported: number[] = [];
  const options = { signal: controller.signal, onProgress: (number: number) => reported.push(number) };
  const waiting = calls.call('count', { count: 3 }, options);
  controller.abort(new AppError('test/cancelled', 'It was cancelled.'));
  await expect(waiting).rejects.toMatchObject({ code: 'test/cancelled' });
  await expect(calls.call('count', { count: 3 }, options)).rejects.toMatchObject({ code: 'test/cancelled' });
  expect(await first).toBe(210);
  expect(reported).toEqual([]);
});

test('a process that answers an abort in time serves the next call', async () => {
  const calls = openCalls(60_000, { abortGraceMs: 60_000 });
  const pid = await calls.call('pid', {});
  const controller = new AbortController();
  const waiting = calls.call('wait', {}, { signal: controller.signal });
  controller.abort(new AppError('test/cancelled', 'It was cancelled.'));
  await expect(waiting).rejects.toMatchObject({ code: 'test/cancelled' });
  expect(await calls.call('pid', {})).toBe(pid);
});

test('a process over its memory limit ends, also while it blocks its thread; others continue', async () => {
  const limitBytes = 300 * 1024 * 1024;
  const calls = openCalls(60_000, {
    limit: 2,
    environment: () => ({ ...process.env, ...memoryLimitEnvironment(limitBytes) }),
    ended: (exit) => new AppError('test/ended', 'It ended.', { over: overMemoryLimit(exit) }),
  });
  const growing = calls.call('grow', {}).catch((error: unknown) => error);
  const counted = calls.call('count', { count: 20 });
  const error = await growing;
  expect(error).toMatchObject({ code: 'test/ended', details: { over: { limitBytes } } });
  expect((error as { details: { over: { residentBytes: number } } }).details.over.residentBytes).toBeGreaterThan(
    limitBytes,
  );
  expect(await counted).toBe(210);
  expect(memoryLimit()).toBeGreaterThan(0);
  expect(memoryLimit()).toBeLessThan(totalmem());
});

test('a process that does not return to its event loop ends; others continue', async () => {
  const calls = openCalls(60_000, {
    limit: 2,
    environment: () => ({ ...process.env, ...stallLimitEnvironment(0.5) }),
    ended: (exit) => new AppError('test/ended', 'It ended.', { stalled: overStallLimit(exit) }),
  });
  const spinning = calls.call('spin', {}).catch((error: unknown) => error);
  const counted = calls.call('count', { count: 20 });
  expect(await spinning).toMatchObject({ code: 'test/ended', details: { stalled: 0.5 } });
  expect(await counted).toBe(210);
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
