import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { bridgeOf, clientOf } from '../../src-shared/contract/bridge.ts';
import { createClient } from '../../src-shared/contract/client.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RequestName } from '../../src-shared/contract/contract.ts';
import type { Frame, RequestProgress } from '../../src-shared/contract/transport.ts';
import { requests } from '../../src-shared/contract/contract.ts';
import { createDispatcher } from '../../src-shared/contract/dispatcher.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import type { Dispatcher, Handlers } from '../../src-shared/contract/dispatcher.ts';
import { createMemoryTransports } from '../../src-shared/contract/memory-transport.ts';
import type { MemoryTransport } from '../../src-shared/contract/memory-transport.ts';
import { appError } from '../support/app-error.ts';
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

describe('cancel and progress', () => {
  const listing = { folder: '/', parent: null, isProject: false, entries: [] };

  test('an aborted request rejects at once; its handler sees the signal', async () => {
    const seen = Promise.withResolvers<AbortSignal>();
    const { client } = connected({
      'files.list': (_, { signal }) => {
        seen.resolve(signal);
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const request = client.request('files.list', { folder: '' }, { signal: controller.signal });
    const signal = await seen.promise;
    controller.abort();
    await expect(request).rejects.toEqual(appError('request/cancelled'));
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toEqual(appError('request/cancelled'));
    const late = client.request('files.list', { folder: '' }, { signal: controller.signal });
    await expect(late).rejects.toEqual(appError('request/cancelled'));
  });

  test('core answers an abort once, also when the handler ignores the signal and ends later', async () => {
    const finish = Promise.withResolvers<typeof listing>();
    const { client, windowEnd } = connected({ 'files.list': () => finish.promise, 'runs.list': () => [] });
    const answers: string[] = [];
    windowEnd.onFrame((frame) => {
      if (frame.kind === 'error') answers.push(`${frame.id} ${frame.error.code}`);
      if (frame.kind === 'response') answers.push(`${frame.id} response`);
    });
    windowEnd.send({ kind: 'request', id: 70, name: 'files.list', params: { folder: '' } });
    windowEnd.send({ kind: 'abort', id: 70 });
    windowEnd.send({ kind: 'abort', id: 71 });
    await expect.poll(() => answers).toEqual(['70 request/cancelled']);
    finish.resolve(listing);
    await client.request('runs.list', {});
    expect(answers).toEqual(['70 request/cancelled', '1 response']);
  });

  test('a lost connection aborts its requests and no others', async () => {
    const signals: AbortSignal[] = [];
    const { dispatcher, client, coreEnd } = connected({
      'files.list': (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const [otherWindow, otherCore] = createMemoryTransports();
    dispatcher.connect(otherCore);
    const other = createClient(otherWindow);
    const lost = client.request('files.list', { folder: '' });
    await expect.poll(() => signals.length).toBe(1);
    void other.request('files.list', { folder: '' }).catch(() => {});
    await expect.poll(() => signals.length).toBe(2);
    coreEnd.close();
    await expect(lost).rejects.toEqual(appError('connection/lost'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  test('progress reaches only the window that asked, before the answer and never after it', async () => {
    const finish = Promise.withResolvers<void>();
    const late: ((progress: RequestProgress) => void)[] = [];
    const { client } = connected({
      'files.list': async ({ folder }, { onProgress }) => {
        onProgress({ fraction: null, activity: `Reading ${folder}` });
        for (let step = 0; step < 1_000; step++) onProgress({ fraction: step / 1_000, activity: 'Sorting' });
        await finish.promise;
        late.push(onProgress);
        return listing;
      },
    });
    const [first, second]: unknown[][] = [[], []];
    const requests = [first, second].map((progress, i) =>
      client.request('files.list', { folder: String(i) }, { onProgress: (each) => progress?.push(each) }),
    );
    await expect.poll(() => second!.length).toBeGreaterThanOrEqual(2);
    finish.resolve();
    await Promise.all(requests);
    for (const onProgress of late) onProgress({ fraction: 1, activity: 'Too late' });
    await client.request('files.list', { folder: '2' });
    expect(first!.slice(0, 2)).toEqual([
      { fraction: null, activity: 'Reading 0' },
      { fraction: 0, activity: 'Sorting' },
    ]);
    expect(second![0]).toEqual({ fraction: null, activity: 'Reading 1' });
    expect(first!.length).toBeLessThan(1_000);
    expect(JSON.stringify([first, second])).not.toContain('Too late');
  });

  test('progress starts the time limit of a slow request again; a limit that ends aborts the request', async () => {
    const context = Promise.withResolvers<{ signal: AbortSignal; onProgress(progress: RequestProgress): void }>();
    const dispatcher = createDispatcher(
      handlersWith({
        'dataset.detect': (_, given) => {
          context.resolve(given);
          return new Promise(() => {});
        },
      }),
    );
    const [windowEnd, coreEnd] = createMemoryTransports();
    dispatcher.connect(coreEnd);
    const timers: { ended: boolean; expire(): void }[] = [];
    const client = createClient(windowEnd, {
      after(_, expire) {
        const timer = { ended: false, expire };
        timers.push(timer);
        return () => {
          timer.ended = true;
        };
      },
    });
    let error: unknown = null;
    void client.request('dataset.detect', { path: '' }).catch((thrown: unknown) => (error = thrown));
    const { signal, onProgress } = await context.promise;
    onProgress({ fraction: null, activity: 'Reading' });
    await expect.poll(() => timers.map(({ ended }) => ended)).toEqual([true, false]);
    timers[1]!.expire();
    await expect.poll(() => error).toEqual(appError('connection/timeout'));
    await expect.poll(() => signal.aborted).toBe(true);
  });

  test('a bridge without signals carries abort, progress and errors', async () => {
    const signals: AbortSignal[] = [];
    const { client } = connected({
      'files.list': (_, { signal, onProgress }) => {
        signals.push(signal);
        onProgress({ fraction: 0.5, activity: 'Reading' });
        return new Promise(() => {});
      },
      'runs.list': () => [],
    });
    const page = clientOf(bridgeOf(client));
    const controller = new AbortController();
    const progress: unknown[] = [];
    const request = page.request(
      'files.list',
      { folder: '' },
      { signal: controller.signal, onProgress: (each) => progress.push(each) },
    );
    await expect.poll(() => progress).toEqual([{ fraction: 0.5, activity: 'Reading' }]);
    controller.abort();
    const error = await request.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toEqual(appError('request/cancelled'));
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    const late = page.request('files.list', { folder: '' }, { signal: controller.signal });
    await expect(late).rejects.toEqual(appError('request/cancelled'));
    expect(await page.request('runs.list', {})).toEqual([]);
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
  expect(parseFrame({ kind: 'abort', id: 1 })).not.toBeNull();
  expect(parseFrame({ kind: 'abort' })).toBeNull();
  const progress = { fraction: null, activity: 'Reading' };
  expect(parseFrame({ kind: 'progress', id: 1, progress })).toEqual({ kind: 'progress', id: 1, progress });
  expect(parseFrame({ kind: 'progress', id: 1, progress: { fraction: '1' } })).toBeNull();
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
