import { test } from 'vitest';
import { Dice } from './dice.ts';

/**
 * How many random or enumerated cases run, set by `LAMINA_TESTS`:
 * `quick` (`npm test`): a fixed portion. `ci` (`.ci/run`): that, and a further portion drawn by the commit.
 * `soak` (`npm run soak`): all enumerated cases, and by far the most random ones.
 */
export type Portion = 'quick' | 'ci' | 'soak';

const portions: readonly Portion[] = ['quick', 'ci', 'soak'];

function readPortion(): Portion {
  const given = process.env['LAMINA_TESTS'] ?? 'quick';
  const portion = portions.find((name) => name === given);
  if (portion === undefined)
    throw new Error(`LAMINA_TESTS expects one of ${portions.join(', ')}; received '${given}'.`);
  return portion;
}

export const portion = readPortion();

/**
 * A test that takes seconds, of something that other tests cover in part: `npm test`, which has ten minutes on two cores,
 * skips it. CI runs it.
 */
export const testInCi = test.skipIf(portion === 'quick');

/** Seed of what is drawn beyond the fixed portion; `.ci/run` and `npm run soak` print it. */
const drawn = Number(process.env['LAMINA_SEED'] ?? 0);
if (!Number.isInteger(drawn) || drawn < 0) {
  throw new Error(`LAMINA_SEED expects a whole number from 0; received '${process.env['LAMINA_SEED']}'.`);
}

export function byPortion<Value>(values: Readonly<Record<Portion, Value>>): Value {
  return values[portion];
}

/** Seeds for the random cases of the portion: fixed ones count from 0, further ones are drawn. */
export function seedsOf(purpose: string, counts: Readonly<Record<Portion, number>>): number[] {
  const dice = new Dice(drawn, `seeds of ${purpose}`);
  const fixed = Array.from({ length: counts.quick }, (_, seed) => seed);
  return [...fixed, ...Array.from({ length: byPortion(counts) - counts.quick }, () => counts.quick + dice.below(1e9))];
}

/**
 * Cases that two engines run: all on each, or in `quick` every case on one of them, alternating.
 *
 * @param engine - 0 or 1.
 */
export function shareOf<Item>(engine: 0 | 1, cases: readonly Item[]): readonly Item[] {
  return portion === 'quick' ? cases.filter((_, index) => index % 2 === engine) : cases;
}

/** Selects from an enumeration: every n-th case, in `ci` also `more` times as many drawn ones, in `soak` all. */
export function sample<Item>(purpose: string, items: readonly Item[], every: number, more: number): readonly Item[] {
  if (portion === 'soak') return items;
  const fixed = items.filter((_, index) => index % every === 0);
  if (portion === 'quick') return fixed;
  const others = items.filter((_, index) => index % every !== 0);
  return [...fixed, ...new Dice(drawn, `sample of ${purpose}`).shuffled(others).slice(0, more * fixed.length)];
}
