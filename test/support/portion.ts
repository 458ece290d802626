import { Dice } from './dice.ts';

/**
 * How much is tested of what is drawn at random or enumerated, `LAMINA_TESTS`:
 * `quick` (`npm test`): a fixed portion. `ci` (`.ci/run`): that, and a further portion that the commit draws.
 * `soak` (`npm run soak`): all that is enumerated, and by far the most of what is drawn.
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

/** Seed of what is drawn beyond the fixed portion; `.ci/run` and `npm run soak` print it. */
const drawn = Number(process.env['LAMINA_SEED'] ?? 0);
if (!Number.isInteger(drawn) || drawn < 0) {
  throw new Error(`LAMINA_SEED expects a whole number from 0; received '${process.env['LAMINA_SEED']}'.`);
}

export function byPortion<Value>(values: Readonly<Record<Portion, Value>>): Value {
  return values[portion];
}

/** Seeds for as many random cases as the portion has: the fixed ones count from 0, the further ones are drawn. */
export function seedsOf(purpose: string, counts: Readonly<Record<Portion, number>>): number[] {
  const dice = new Dice(drawn, `seeds of ${purpose}`);
  const fixed = Array.from({ length: counts.quick }, (_, seed) => seed);
  return [...fixed, ...Array.from({ length: byPortion(counts) - counts.quick }, () => counts.quick + dice.below(1e9))];
}

/**
 * Of cases that two engines run: all on each, or in `quick` every case on one of them, in turn.
 *
 * @param engine - 0 or 1.
 */
export function shareOf<Item>(engine: 0 | 1, cases: readonly Item[]): readonly Item[] {
  return portion === 'quick' ? cases.filter((_, index) => index % 2 === engine) : cases;
}

/** Of an enumeration: every n-th, in `ci` also `more` times as many that are drawn, in `soak` all. */
export function sample<Item>(purpose: string, items: readonly Item[], every: number, more: number): readonly Item[] {
  if (portion === 'soak') return items;
  const fixed = items.filter((_, index) => index % every === 0);
  if (portion === 'quick') return fixed;
  const others = items.filter((_, index) => index % every !== 0);
  return [...fixed, ...new Dice(drawn, `sample of ${purpose}`).shuffled(others).slice(0, more * fixed.length)];
}
