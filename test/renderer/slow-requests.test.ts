import { describe, expect, it } from 'vitest';
import type { RequestOptions } from '../../src-shared/contract/client.ts';
import { requestCancelled } from '../../src-shared/contract/cancelled.ts';
import { Resource } from '../../src-renderer/state/resource.svelte.ts';
import { TimeLeft } from '../../src-renderer/ui/time-left.ts';

/** A request that is answered by hand, and rejects as `client.request` does when it is aborted. */
function slowRequest(): {
  ask: (options: RequestOptions) => Promise<string>;
  answer: (value: string) => void;
  report: (fraction: number) => void;
  isAborted: () => boolean;
} {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let options: RequestOptions = {};
  return {
    ask: (given) => {
      options = given;
      given.signal?.addEventListener('abort', () => reject(requestCancelled('test')));
      return promise;
    },
    answer: resolve,
    report: (fraction) => options.onProgress?.({ fraction, activity: 'Working' }),
    isAborted: () => options.signal?.aborted === true,
  };
}

describe('Resource', () => {
  it('a second request ends the first; only the second answer and its progress count', async () => {
    const resource = new Resource<string>();
    const [first, second] = [slowRequest(), slowRequest()];
    const loads = [resource.load(first.ask, 'first'), resource.load(second.ask, 'second')];
    expect(first.isAborted()).toBe(true);
    first.report(0.9);
    expect(resource.progress).toBeNull();
    second.report(0.4);
    expect(resource.progress).toEqual({ fraction: 0.4, activity: 'Working' });
    second.answer('answer');
    expect(await Promise.all(loads)).toEqual([false, true]);
    expect(resource).toMatchObject({ value: 'answer', about: 'second', error: null, loading: false });
  });

  it('cancel keeps the value; the next request begins without the mark', async () => {
    const resource = new Resource<string>();
    await resource.load(async () => 'earlier', 'earlier');
    const slow = slowRequest();
    const load = resource.load(slow.ask, 'later');
    resource.cancel();
    expect(await load).toBe(false);
    expect(slow.isAborted()).toBe(true);
    expect(resource).toMatchObject({
      value: 'earlier',
      about: 'earlier',
      error: null,
      cancelled: true,
      loading: false,
    });
    const next = resource.load(async () => 'next');
    expect(resource.cancelled).toBe(false);
    expect(await next).toBe(true);
  });

  it('clear ends the request and forgets the value', async () => {
    const resource = new Resource<string>();
    await resource.load(async () => 'earlier');
    const slow = slowRequest();
    const load = resource.load(slow.ask);
    resource.clear();
    expect(await load).toBe(false);
    expect(resource).toMatchObject({ value: null, error: null, cancelled: false, loading: false });
  });
});

describe('TimeLeft', () => {
  it('follows the rate since the fraction began to grow', () => {
    const timeLeft = new TimeLeft();
    expect(timeLeft.at(1, null)).toBeNull();
    expect(timeLeft.at(10, 0)).toBeNull();
    expect(timeLeft.at(12, 0.25)).toBe(6);
    expect(timeLeft.at(16, 0.75)).toBe(2);
  });

  it('is unknown after too little time or progress, and begins again where the fraction falls', () => {
    const timeLeft = new TimeLeft();
    timeLeft.at(0, 0);
    expect(timeLeft.at(0.5, 0.5)).toBeNull();
    expect(timeLeft.at(60, 0.01)).toBeNull();
    timeLeft.at(70, 0);
    expect(timeLeft.at(72, 0.5)).toBe(2);
  });
});
