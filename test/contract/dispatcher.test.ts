import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { createClient } from '../../src-shared/contract/client.ts';
import type { Frame, LaminaClient, RequestName } from '../../src-shared/contract/contract.ts';
import { requests } from '../../src-shared/contract/contract.ts';
import { createDispatcher } from '../../src-shared/contract/dispatcher.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import type { Dispatcher, Handlers } from '../../src-shared/contract/dispatcher.ts';
import { createMemoryTransports } from '../../src-shared/contract/memory-transport.ts';
import type { MemoryTransport } from '../../src-shared/contract/memory-transport.ts';
import { parseFrame, parseFrameText } from '../../src-shared/contract/transport.ts';
import { lossSchema } from '../../src-shared/training/configuration/losses.ts';

function handlersWith(own: Partial<Handlers>): Handlers {
  const refuse = (): never => {
    throw new AppError('test/unexpected', 'This request was not expected.');
  };
  const names = Object.keys(requests) as RequestName[];
  return { ...(Object.fromEntries(names.map((name) => [name, refuse])) as unknown as Handlers), ...own };
}

function connected(own: Partial<Handlers>): {
  dispatcher: Dispatcher;
  client: LaminaClient;
  windowEnd: MemoryTransport;
  coreEnd: MemoryTransport;
} {
  const dispatcher = createDispatcher(handlersWith(own));
  const [windowEnd, coreEnd] = createMemoryTransports();
  dispatcher.connect(coreEnd);
  return { dispatcher, client: createClient(windowEnd), windowEnd, coreEnd };
}

const appError = (code: string) => expect.objectContaining({ name: 'AppError', code });

describe('requests', () => {
  test('carry parameters to the handler and its result back', async () => {
    const { client } = connected({
      'files.list': ({ folder }) => ({ folder, parent: null, isProject: false, entries: [] }),
    });
    expect(await client.request('files.list', { folder: '/data' })).toEqual({
      folder: '/data',
      parent: null,
      isProject: false,
      entries: [],
    });
  });

  test('are answered out of order to their callers', async () => {
    const finish: (() => void)[] = [];
    const { client } = connected({
      'files.list': ({ folder }) =>
        new Promise((resolve) => finish.push(() => resolve({ folder, parent: null, isProject: false, entries: [] }))),
    });
    const first = client.request('files.list', { folder: 'first' });
    const second = client.request('files.list', { folder: 'second' });
    await expect.poll(() => finish.length).toBe(2);
    finish[1]?.();
    finish[0]?.();
    expect((await first).folder).toBe('first');
    expect((await second).folder).toBe('second');
  });

  test('with invalid parameters fail with contract/bad-params before a handler runs', async () => {
    let called = false;
    const { client } = connected({
      'runs.series': () => {
        called = true;
        return { points: [], epochs: [], seq: 0 };
      },
    });
    const request = client.request('runs.series', { runId: 'a', maxPoints: 3 });
    await expect(request).rejects.toEqual(appError('contract/bad-params'));
    await expect(request).rejects.toThrow(/maxPoints/);
    expect(called).toBe(false);
  });

  test('with an invalid result fail with contract/bad-result', async () => {
    const { client } = connected({ 'runs.list': () => [{ id: 7 }] as never });
    await expect(client.request('runs.list', {})).rejects.toEqual(appError('contract/bad-result'));
  });

  test('preserve code, message and details of an AppError', async () => {
    const { client } = connected({
      'project.get': () => {
        throw new AppError('project/missing-folder', 'There is no folder.', { folder: '/gone' });
      },
    });
    const error = await client.request('project.get', {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'project/missing-folder', details: { folder: '/gone' } });
  });

  test('report other errors as internal/unexpected and keep the connection open', async () => {
    const { client } = connected({
      'project.get': () => Promise.reject(new RangeError('a bug')),
      'runs.list': () => [],
    });
    await expect(client.request('project.get', {})).rejects.toEqual(appError('internal/unexpected'));
    expect(await client.request('runs.list', {})).toEqual([]);
  });

  test('of unknown names, also prototype names, fail with contract/unknown-request', async () => {
    const { windowEnd } = connected({});
    const codes: string[] = [];
    windowEnd.onFrame((frame) => codes.push(frame.kind === 'error' ? frame.error.code : frame.kind));
    const names = ['project.destroy', 'toString', '__proto__'];
    names.forEach((name, id) => windowEnd.send({ kind: 'request', id, name, params: {} }));
    await expect.poll(() => codes).toEqual(names.map(() => 'contract/unknown-request'));
  });

  test('fail with connection/lost when the connection closes, also later ones', async () => {
    const { client, coreEnd } = connected({ 'runs.list': () => new Promise(() => {}) });
    const connections: boolean[] = [];
    client.onConnection((connected) => connections.push(connected));
    const request = client.request('runs.list', {});
    coreEnd.close();
    await expect(request).rejects.toEqual(appError('connection/lost'));
    await expect(client.request('runs.list', {})).rejects.toEqual(appError('connection/lost'));
    expect(connections).toEqual([false]);
  });

  test('without an answer time out, slow ones later', async () => {
    const dispatcher = createDispatcher(handlersWith({ 'runs.list': () => new Promise(() => {}) }));
    const [windowEnd, coreEnd] = createMemoryTransports();
    dispatcher.connect(coreEnd);
    const limits: number[] = [];
    const client = createClient(windowEnd, {
      after(milliseconds, callback) {
        limits.push(milliseconds);
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
      timeoutMs: 20,
      slowTimeoutMs: 5_000,
    });
    await expect(client.request('runs.list', {})).rejects.toEqual(appError('connection/timeout'));
    await expect(client.request('dataset.detect', { path: '' })).rejects.toEqual(appError('test/unexpected'));
    // Queued behind other jobs of the worker process; hashes files.
    const change = client.request('runs.dataChange', { runId: 'a', split: 'test' });
    await expect(change).rejects.toEqual(appError('test/unexpected'));
    expect(limits).toEqual([20, 5_000, 5_000]);
  });
});

describe('events', () => {
  const change = { what: 'model', revision: 4 } as const;

  test('reach every window except the excluded one until it unsubscribes or disconnects', async () => {
    const dispatcher = createDispatcher(handlersWith({ 'runs.list': () => [] }));
    const received: string[] = [];
    const windows = ['first', 'second', 'third'].map((name) => {
      const [windowEnd, coreEnd] = createMemoryTransports();
      dispatcher.connect(coreEnd);
      const client = createClient(windowEnd);
      return { coreEnd, client, end: client.on('project.changed', () => received.push(name)) };
    });
    const settled = (): Promise<unknown> =>
      Promise.all(windows.slice(0, 2).map(({ client }) => client.request('runs.list', {})));
    dispatcher.emit('project.changed', change, windows[0]?.coreEnd);
    await settled();
    expect(received.splice(0)).toEqual(['second', 'third']);
    windows[1]?.end();
    windows[2]?.coreEnd.close();
    dispatcher.emit('project.changed', change);
    await settled();
    expect(received).toEqual(['first']);
  });

  test('with an invalid payload reach no listener and throw contract/bad-event', () => {
    let receive: (frame: Frame) => void = () => {};
    const client = createClient({
      send: () => {},
      onFrame: (listener) => {
        receive = listener;
        return () => {};
      },
      onConnection: () => () => {},
    });
    const received: unknown[] = [];
    client.on('project.changed', (payload) => received.push(payload));
    const bad = { kind: 'event', name: 'project.changed', payload: { what: 'weather', revision: 1 } } as const;
    expect(() => receive(bad)).toThrow(appError('contract/bad-event'));
    receive({ kind: 'event', name: 'toString', payload: {} });
    receive({ kind: 'event', name: 'project.changed', payload: { ...change, added: 'by a later version' } });
    expect(received).toEqual([change]);
  });
});

test('parseFrame accepts frames and rejects everything else', () => {
  expect(parseFrameText('{"kind":"request","id":1,"name":"a","params":{}}')).not.toBeNull();
  expect(parseFrameText('{"kind":"request"')).toBeNull();
  expect(parseFrame({ kind: 'request', id: -1, name: 'a', params: {} })).toBeNull();
  expect(parseFrame({ kind: 'error', id: 1, error: 'text' })).toBeNull();
  expect(parseFrame(null)).toBeNull();
});

describe('issuesText of a union', () => {
  const textOf = (loss: unknown): string => {
    const { error } = z.object({ loss: lossSchema }).safeParse({ loss });
    return issuesText(error!, { loss });
  };

  test('describes the issue of the closest branch', () => {
    const values = [{ formula: '(y_tru' }, { name: 'huber', delta: -1 }, 'hubr', 3];
    expect(values.map(textOf)).toMatchInlineSnapshot(`
      [
        "loss.formula: At character 2: expected one of y_true, y_pred, pi, e; received 'y_tru'. Did you mean y_true?",
        "loss.delta: expected a number above 0, received -1",
        "loss: expected one of 19 names (did you mean huber?), received 'hubr'",
        "loss: expected one of auto, meanSquaredError, meanAbsoluteError, meanAbsolutePercentageError, meanSquaredLogarithmicError, … (19 in all), received 3",
      ]
    `);
  });
});
