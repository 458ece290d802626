import { expect, it } from 'vitest';
import { applyPatch, differenceOf } from '../../src-shared/document/history/patch.ts';
import { Dice } from '../support/dice.ts';
import { byPortion, seedsOf } from '../support/portion.ts';

type Json = number | string | null | readonly Json[] | { readonly [key: string]: Json };

const text = (value: unknown) => JSON.stringify(value);

function randomJson(dice: Dice, depth: number): Json {
  const kind = dice.below(depth === 0 ? 3 : 5);
  if (kind === 0) return dice.below(4);
  if (kind === 1) return 'abcd'[dice.below(4)]!;
  if (kind === 2) return null;
  const items = Array.from({ length: dice.below(5) }, () => randomJson(dice, depth - 1));
  return kind === 3
    ? items
    : Object.fromEntries(items.map((item) => [['a', 'b', '__proto__', '0'][dice.below(4)]!, item]));
}

/** A copy with some parts replaced, added, removed or reordered; the other parts are the same objects. */
function edited(value: Json, dice: Dice, depth: number): Json {
  if (dice.below(4) === 0) return randomJson(dice, depth);
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => (dice.below(3) === 0 ? edited(item, dice, depth - 1) : item));
    if (dice.below(3) === 0) items.splice(dice.below(items.length + 1), dice.below(3), randomJson(dice, 1));
    return dice.below(6) === 0 ? items.reverse() : items;
  }
  if (typeof value !== 'object' || value === null) return dice.below(5);
  const fields = Object.entries(value).map(([key, field]): [string, Json] => [
    key,
    dice.below(3) === 0 ? edited(field, dice, depth - 1) : field,
  ]);
  return Object.fromEntries(dice.below(6) === 0 ? fields.reverse() : fields.slice(dice.below(5) === 0 ? 1 : 0));
}

const cases = byPortion({ quick: 200, ci: 2000, soak: 20_000 });

it.each(seedsOf('patches', { quick: 1, ci: 1, soak: 5 }))(
  `${cases} patches give exactly the new and the old text, seed %i`,
  (seed) => {
    const dice = new Dice(seed, 'patch');
    for (let count = 0; count < cases; count++) {
      const before = randomJson(dice, 4);
      const after = edited(before, dice, 4);
      const { forward, backward } = differenceOf(before, after);
      expect(text(applyPatch(before, forward)), text(before)).toBe(text(after));
      expect(text(applyPatch(after, backward)), text(after)).toBe(text(before));
    }
  },
);

it('a patch of equal values is empty; applying a patch keeps unchanged objects', () => {
  const before = {
    nodes: [
      { id: 'a', units: 1 },
      { id: 'b', units: 2 },
    ],
    edges: [],
  };
  expect(differenceOf(before, structuredClone(before)).forward).toEqual([]);
  const after = structuredClone(before);
  after.nodes[1]!.units = 3;
  const { forward } = differenceOf(before, after);
  expect(forward).toEqual([{ kind: 'replace', path: ['nodes', 1, 'units'], value: 3 }]);
  const patched = applyPatch(before, forward);
  expect(patched.nodes[0]).toBe(before.nodes[0]);
  expect(patched.edges).toBe(before.edges);
});

it('a patch of an array holds only inserted or removed items', () => {
  const items = Array.from({ length: 1000 }, (_, id) => ({ id }));
  const { forward, backward } = differenceOf(items, items.toSpliced(500, 1));
  expect(forward).toEqual([{ kind: 'splice', path: [], index: 500, removed: 1, inserted: [] }]);
  expect(backward).toEqual([{ kind: 'splice', path: [], index: 500, removed: 0, inserted: [items[500]] }]);
});
