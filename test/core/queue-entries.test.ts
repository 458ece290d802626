import { expect, test } from 'vitest';
import { advance } from '../../src-main/core/training/queue-entries.ts';
import type { Entry } from '../../src-main/core/training/queue-entries.ts';

const NOW = 1_000_000;
const SECOND = 1_000;

/** A run of this core, or of another one: 'other 1'. */
function entry(runId: string, state: Entry['state'], more: Partial<Entry> = {}): Entry {
  const core = runId.startsWith('other') ? 'other' : 'this';
  const run = { key: runId, folder: '/project', project: 'project', runId, number: 1, name: runId, state };
  return { ...run, core, owner: { host: 'host', pid: 1, start: '1' }, seenAt: NOW, removed: false, ...more };
}

/** The queue after a check of this core, and what it starts and removes. */
function checked(found: readonly Entry[], { limit = 1, alive = true as boolean | null, own = found } = {}) {
  const mine = own.filter(({ core }) => core === 'this');
  const { entries, ...turns } = advance(found, { own: mine, core: 'this', limit, now: NOW, isAlive: () => alive });
  return { queue: entries.map(({ key, state }) => `${state} ${key}`), ...turns, entries };
}

test('the first waiting runs start, up to the limit', () => {
  const found = [entry('a', 'training'), entry('b', 'waiting'), entry('c', 'waiting')];
  expect(checked(found)).toMatchObject({ queue: ['training a', 'waiting b', 'waiting c'], started: [] });
  expect(checked(found, { limit: 2 })).toMatchObject({ queue: ['training a', 'training b', 'waiting c'] });
  expect(checked(found, { limit: 2 }).started).toEqual(['b']);
});

test('a paused run does not count', () => {
  expect(checked([entry('a', 'paused'), entry('b', 'waiting')]).started).toEqual(['b']);
});

test('the first run of another core is started by that core, and counts', () => {
  const found = [entry('other 1', 'waiting'), entry('a', 'waiting')];
  expect(checked(found)).toMatchObject({ queue: ['waiting other 1', 'waiting a'], started: [] });
});

test('a run that is not confirmed for 25 seconds lets others pass; one with a time in the future too', () => {
  for (const seenAt of [NOW - 26 * SECOND, NOW + 26 * SECOND]) {
    const found = [entry('other 1', 'waiting', { seenAt }), entry('a', 'waiting')];
    expect(checked(found)).toMatchObject({ queue: ['waiting other 1', 'training a'], started: ['a'] });
  }
  const found = [entry('other 1', 'waiting', { seenAt: NOW - 24 * SECOND }), entry('a', 'waiting')];
  expect(checked(found).started).toEqual([]);
});

test('a run of an ended process is removed; where that is unknown, after 60 seconds without confirmation', () => {
  const seen = (seconds: number) => [entry('other 1', 'training', { seenAt: NOW - seconds * SECOND })];
  expect(checked(seen(0), { alive: false }).queue).toEqual([]);
  expect(checked(seen(3_600), { alive: true }).queue).toEqual(['training other 1']);
  expect(checked(seen(59), { alive: null }).queue).toEqual(['training other 1']);
  expect(checked(seen(61), { alive: null }).queue).toEqual([]);
});

test('waiting runs of this core are confirmed every 10 seconds; those that train if their process cannot be looked up', () => {
  const owner = { host: 'host', pid: 1, start: null };
  const found = [entry('a', 'training'), entry('b', 'training', { owner }), entry('c', 'waiting')];
  const confirmed = (seconds: number): string[] => {
    const old = found.map((each) => ({ ...each, seenAt: NOW - seconds * SECOND }));
    return checked(old).entries.flatMap(({ key, seenAt }) => (seenAt === NOW ? [key] : []));
  };
  expect(confirmed(9)).toEqual([]);
  expect(confirmed(11)).toEqual(['b', 'c']);
});

test('runs of this core that are missing are added at the end; those that it does not know are removed', () => {
  const own = [entry('a', 'training'), entry('b', 'waiting')];
  const found = [entry('b', 'waiting'), entry('left', 'training')];
  expect(checked(found, { own }).queue).toEqual(['waiting b', 'training a']);
});

test('a removed run of this core leaves while it waits', () => {
  const found = [entry('a', 'training', { removed: true }), entry('b', 'waiting', { removed: true })];
  expect(checked(found)).toMatchObject({ queue: ['training a'], removed: ['b'], started: [] });
});
