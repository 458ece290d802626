import { describe, expect, it } from 'vitest';
import { ResultCache } from '../../src-renderer/state/result-cache.ts';
import { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { EventName } from '../../src-shared/contract/contract.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { runSummary } from './run-summary.ts';

/** A cache that records its requests; the test answers or refuses each. */
function counted() {
  const asked: { key: string; answer: (value: string) => void; refuse: (error: AppError) => void }[] = [];
  const cache = new ResultCache(
    (key) =>
      new Promise<string>((resolve, reject) => {
        asked.push({ key, answer: resolve, refuse: reject });
      }),
  );
  return { asked, cache };
}

/** Requests are made in a later microtask. */
const later = () => new Promise<void>((resolve) => setTimeout(resolve));

describe('a result cache', () => {
  it('requests a result once for several readers', async () => {
    const { asked, cache } = counted();
    expect(cache.of('a')).toEqual({ value: null, error: null });
    cache.of('a');
    const got = cache.get('a');
    await later();
    asked[0]!.answer('first');
    expect(await got).toBe('first');
    expect(cache.of('a').value).toBe('first');
    expect(await cache.get('a')).toBe('first');
    await later();
    expect(asked.map(({ key }) => key)).toEqual(['a']);
  });

  it('keeps a stale result until the new one arrives', async () => {
    const { asked, cache } = counted();
    void cache.get('a');
    asked[0]!.answer('first');
    await later();
    cache.invalidate('a');
    expect(cache.of('a').value).toBe('first');
    await later();
    asked[1]!.answer('second');
    await later();
    expect(cache.of('a').value).toBe('second');
    expect(asked).toHaveLength(2);
  });

  it('requests again if a result became stale before it arrived', async () => {
    const { asked, cache } = counted();
    void cache.get('a');
    cache.invalidate();
    asked[0]!.answer('old');
    await later();
    cache.of('a');
    await later();
    asked[1]!.answer('new');
    await later();
    expect(cache.of('a').value).toBe('new');
  });

  it('keeps an error until it is invalidated', async () => {
    const { asked, cache } = counted();
    const got = cache.get('a');
    asked[0]!.refuse(new AppError('connection/lost', 'Lost.'));
    await expect(got).rejects.toMatchObject({ code: 'connection/lost' });
    expect(cache.of('a').error?.code).toBe('connection/lost');
    await later();
    expect(asked).toHaveLength(1);
    cache.invalidate();
    cache.of('a');
    await later();
    expect(asked).toHaveLength(2);
  });

  it('drops a result that arrives after its key was removed', async () => {
    const { asked, cache } = counted();
    void cache.get('a');
    cache.remove('a');
    asked[0]!.answer('gone');
    await later();
    expect(cache.of('a').value).toBeNull();
  });

  it('keeps a limited number of results', async () => {
    const { asked, cache } = counted();
    for (let key = 0; key < 60; key++) void cache.get(String(key));
    for (const { answer } of asked) answer('value');
    await later();
    expect(cache.of('59').value).toBe('value');
    expect(cache.of('0').value).toBeNull();
  });
});

describe('the record of a run', () => {
  const summary = runSummary({ id: 'a', state: 'running' });
  const stores = () => {
    const asked: string[] = [];
    const listeners = new Map<EventName, (payload: unknown) => void>();
    const client = {
      request: (name: string, params: unknown) => {
        if (name === 'runs.get') asked.push(JSON.stringify(params));
        return Promise.resolve(name === 'runs.get' ? { ...summary, warnings: [] } : [summary]);
      },
      on: (name: EventName, listener: (payload: unknown) => void) => {
        listeners.set(name, listener);
        return () => {};
      },
    } as unknown as LaminaClient;
    const send = (name: EventName, payload: unknown) => listeners.get(name)!(payload);
    return { runs: new RunsStore(client), asked, send };
  };
  const shown = async ({ runs }: ReturnType<typeof stores>) => {
    runs.records.of('a');
    await later();
  };

  it('is requested again after a warning, a new state, a test result and a refresh, but not after an epoch', async () => {
    const opened = stores();
    const { runs, asked, send } = opened;
    await runs.refresh();
    await shown(opened);
    expect(asked).toHaveLength(1);
    send('run.changed', { summary: { ...summary, epochsDone: 2, lastMetrics: { loss: 1 } } });
    await shown(opened);
    expect(asked).toHaveLength(1);
    send('run.warning', { runId: 'a', message: 'Slow.' });
    await shown(opened);
    expect(asked).toHaveLength(2);
    send('run.changed', { summary: { ...summary, state: 'completed' } });
    await shown(opened);
    send('run.changed', { summary: { ...summary, state: 'completed', test: { metrics: {}, rows: 1, outputs: [] } } });
    await shown(opened);
    expect(asked).toHaveLength(4);
    await runs.refresh();
    await shown(opened);
    expect(asked).toHaveLength(5);
  });
});
