import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const items = Array.from({ length: 100 }, (_, index) => index);

async function load(portion: string, seed = '0'): Promise<typeof import('./portion.ts')> {
  vi.resetModules();
  vi.stubEnv('LAMINA_TESTS', portion);
  vi.stubEnv('LAMINA_SEED', seed);
  return import('./portion.ts');
}

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

test('quick is the same for every seed', async () => {
  const counts = { quick: 3, ci: 5, soak: 9 };
  for (const seed of ['1', '2']) {
    const { sample, seedsOf } = await load('quick', seed);
    expect(seedsOf('a', counts)).toEqual([0, 1, 2]);
    expect(sample('a', items, 10, 2)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  }
});

test('ci includes quick, and draws further cases by the seed', async () => {
  const drawn = async (seed: string) => {
    const { sample, seedsOf } = await load('ci', seed);
    return { seeds: seedsOf('a', { quick: 3, ci: 5, soak: 9 }), sampled: sample('a', items, 10, 2) };
  };
  const first = await drawn('1');
  expect(first.seeds.slice(0, 3)).toEqual([0, 1, 2]);
  expect(first.seeds).toHaveLength(5);
  expect(first.sampled.slice(0, 3)).toEqual([0, 10, 20]);
  expect(new Set(first.sampled).size).toBe(30);
  expect(await drawn('1')).toEqual(first);
  expect(await drawn('2')).not.toEqual(first);
});

test('soak includes all enumerated cases, and ci runs every case on both engines', async () => {
  expect((await load('soak')).sample('a', items, 10, 2)).toEqual(items);
  const quick = await load('quick');
  expect([...quick.shareOf(0, items), ...quick.shareOf(1, items)].toSorted((a, b) => a - b)).toEqual(items);
  expect((await load('ci')).shareOf(1, items)).toEqual(items);
});

test.each([
  ['fast', '1'],
  ['ci', '-1'],
  ['ci', 'x'],
])('rejects LAMINA_TESTS=%s LAMINA_SEED=%s', async (portion, seed) => {
  await expect(load(portion, seed)).rejects.toThrow(/expects/);
});
