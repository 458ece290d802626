import { expect, test } from 'vitest';
import { QueueStore } from '../../src-renderer/state/queue-store.svelte.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { QueuedRun } from '../../src-shared/training/run/run-queue.ts';

const run = (key: string, state: QueuedRun['state'], folder = '/project'): QueuedRun => ({
  ...{ key, state, folder, project: 'project', runId: `run-${key}`, number: 1, name: 'run' },
});

function opened(queue: readonly QueuedRun[], runsAtOnce = 1) {
  const requests: unknown[] = [];
  const request = (name: string, params: unknown): Promise<unknown> => {
    if (name !== 'queue.list') requests.push([name, params]);
    return Promise.resolve(name === 'queue.list' ? queue : {});
  };
  const client = { request, on: () => () => {} } as unknown as LaminaClient;
  return { store: new QueueStore(client, '/project', { runsAtOnce }), requests };
}

test('a run is moved by one position, which is shown before core answers', async () => {
  const { store, requests } = opened([
    run('a', 'training'),
    run('b', 'waiting'),
    run('c', 'waiting'),
    run('d', 'waiting'),
  ]);
  await store.refresh();
  const keys = () => store.waiting.map(({ key }) => key);
  const moving = store.move('d', -1);
  expect(keys()).toEqual(['b', 'd', 'c']);
  await moving;
  await store.move('d', 1);
  expect(keys()).toEqual(['b', 'c', 'd']);
  await store.move('b', 1);
  expect(keys()).toEqual(['c', 'b', 'd']);
  for (const [key, by] of [
    ['c', -1],
    ['d', 1],
    ['a', 1],
  ] as const)
    await store.move(key, by);
  expect(keys()).toEqual(['c', 'b', 'd']);
  expect(requests).toEqual([
    ['queue.move', { key: 'd', before: 'c' }],
    ['queue.move', { key: 'd', before: null }],
    ['queue.move', { key: 'b', before: 'd' }],
  ]);
});

test('lists of core from before a move do not undo it', async () => {
  const queue = [run('a', 'waiting'), run('b', 'waiting'), run('c', 'waiting')];
  let answer = (): void => {};
  let changed = (_: { queue: readonly QueuedRun[] }): void => {};
  const client = {
    request: (name: string) =>
      name === 'queue.list' ? Promise.resolve(queue) : new Promise<void>((resolve) => (answer = resolve)),
    on: (_: string, listener: typeof changed) => {
      changed = listener;
      return () => {};
    },
  } as unknown as LaminaClient;
  const store = new QueueStore(client, '/project', { runsAtOnce: 1 });
  await store.refresh();
  const keys = () => store.waiting.map(({ key }) => key);
  const moving = store.move('c', -1);
  changed({ queue });
  expect(keys()).toEqual(['a', 'c', 'b']);
  answer();
  await moving;
  changed({ queue });
  expect(keys()).toEqual(['a', 'b', 'c']);
});

test('positionOf counts runs of all projects and finds only those of this one', async () => {
  const { store } = opened([run('a', 'paused'), run('b', 'waiting', '/other'), run('c', 'waiting')]);
  await store.refresh();
  expect(['run-a', 'run-b', 'run-c'].map((id) => store.positionOf(id))).toEqual([null, null, 2]);
});

test('a queue is full while as many runs train as may, paused ones not counted, or while one waits', async () => {
  const full = async (queue: readonly QueuedRun[], limit: number): Promise<boolean> => {
    const { store } = opened(queue, limit);
    await store.refresh();
    return store.isFull;
  };
  expect(await full([], 1)).toBe(false);
  expect(await full([run('a', 'training')], 1)).toBe(true);
  expect(await full([run('a', 'training')], 2)).toBe(false);
  expect(await full([run('a', 'paused')], 1)).toBe(false);
  expect(await full([run('a', 'waiting')], 2)).toBe(true);
});
