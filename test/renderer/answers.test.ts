import { describe, expect, it } from 'vitest';
import { Answers } from '../../src-renderer/state/answers.ts';
import { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import type { EventName, LaminaClient } from '../../src-shared/contract/contract.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { runSummary } from './run-summary.ts';

/** A cache whose requests are recorded, and answered or rejected by the test. */
function counted() {
  const asked: { key: string; answer: (value: string) => void; refuse: (error: AppError) => void }[] = [];
  const answers = new Answers(
    (key) =>
      new Promise<string>((resolve, reject) => {
        asked.push({ key, answer: resolve, refuse: reject });
      }),
  );
  return { asked, answers };
}

/** Requests are sent in a later microtask. */
const later = () => new Promise<void>((resolve) => setTimeout(resolve));

describe('cached responses of core', () => {
  it('are requested once for several readers', async () => {
    const { asked, answers } = counted();
    expect(answers.of('a')).toEqual({ value: null, error: null });
    answers.of('a');
    const got = answers.get('a');
    await later();
    asked[0]!.answer('first');
    expect(await got).toBe('first');
    expect(answers.of('a').value).toBe('first');
    expect(await answers.get('a')).toBe('first');
    await later();
    expect(asked.map(({ key }) => key)).toEqual(['a']);
  });

  it('stay visible while a new one is requested', async () => {
    const { asked, answers } = counted();
    void answers.get('a');
    asked[0]!.answer('first');
    await later();
    answers.expire('a');
    expect(answers.of('a').value).toBe('first');
    await later();
    asked[1]!.answer('second');
    await later();
    expect(answers.of('a').value).toBe('second');
    expect(asked).toHaveLength(2);
  });

  it('that expired before they arrived are requested again', async () => {
    const { asked, answers } = counted();
    void answers.get('a');
    answers.expire();
    asked[0]!.answer('old');
    await later();
    answers.of('a');
    await later();
    asked[1]!.answer('new');
    await later();
    expect(answers.of('a').value).toBe('new');
  });

  it('keep the error of a failed request until they expire', async () => {
    const { asked, answers } = counted();
    const got = answers.get('a');
    asked[0]!.refuse(new AppError('connection/lost', 'Lost.'));
    await expect(got).rejects.toMatchObject({ code: 'connection/lost' });
    expect(answers.of('a').error?.code).toBe('connection/lost');
    await later();
    expect(asked).toHaveLength(1);
    answers.expire();
    answers.of('a');
    await later();
    expect(asked).toHaveLength(2);
  });

  it('that arrive after their removal are dropped', async () => {
    const { asked, answers } = counted();
    void answers.get('a');
    answers.remove('a');
    asked[0]!.answer('gone');
    await later();
    expect(answers.of('a').value).toBeNull();
  });

  it('are kept for a limited number of keys', async () => {
    const { asked, answers } = counted();
    for (let key = 0; key < 60; key++) void answers.get(String(key));
    for (const { answer } of asked) answer('value');
    await later();
    expect(answers.of('59').value).toBe('value');
    expect(answers.of('0').value).toBeNull();
  });
});

describe('record of a run', () => {
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

  it('is requested again after a warning, a new state, a test result and a lost connection, but not after an epoch', async () => {
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
