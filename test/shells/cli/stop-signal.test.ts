import { expect, test } from 'vitest';
import { untilStopped } from '../../../src-main/shells/cli/options/stop-signal.ts';

const aborted = (signal: AbortSignal): Promise<string> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts the action; its result is the exit status %i', async (signal, status) => {
  const before = process.listenerCount(signal);
  const result = untilStopped<string | number>(aborted, (received) => received);
  process.emit(signal, signal);
  expect(await result).toBe(status);
  expect(process.listenerCount(signal)).toBe(before);
});

test('an action that completes or fails is not reported as stopped', async () => {
  const stopped = (): never => {
    throw new Error('Stopped.');
  };
  expect(await untilStopped(async () => 'done', stopped)).toBe('done');
  const failing = untilStopped(async () => {
    throw new Error('Failed.');
  }, stopped);
  await expect(failing).rejects.toThrow('Failed.');
});
