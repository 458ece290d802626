import { describe, expect, test } from 'vitest';
import {
  setFrozenCopies,
  setFrozenIn,
  setFrozenPath,
  unfreezeAll,
} from '../../src-shared/document/blocks/block-freezing.ts';
import { graphOf } from '../../src-shared/document/schema/blocks.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import { changeInside } from '../../src-shared/document/history/inside-block.ts';
import { applyChange, type Change } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import {
  changedFreezing,
  requireFreezable,
  withFrozen,
  type Freezing,
} from '../../src-shared/training/commands/freezing.ts';
import { settingsPatchSchema } from '../../src-shared/training/commands/run-command.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';

/** 'stack' and 'tower' use one block, which has another block inside; 'again' uses the weights of 'stack'. */
const model: ModelDocument = chainModel(
  [
    layer('Dense', 'dense', { units: 4 }),
    use('outer', 'stack', { repeat: 3 }),
    use('outer', 'again', {}, { weightsOf: 'stack' }),
    use('outer', 'tower'),
  ],
  [
    chainBlock('outer', [
      layer('Dense', 'first', { units: 4 }),
      use('inner', 'part', { repeat: 2 }),
      layer('Dense', 'second', {}, { weightsOf: 'first' }),
    ]),
    chainBlock('inner', [layer('Dense', 'last', { units: 4 })]),
  ],
);

const applied = (document: ModelDocument, change: Change | null): ModelDocument => applyChange(document, change!);
const nodeOf = ({ nodes }: ModelDocument, name: string) => nodes.find((node) => node.name === name)!;
const paths = (layerName: string, document = model) =>
  nodeOf(withFrozen(document, [{ layer: layerName, frozen: true }]), layerName.split('/')[0]!).frozenPaths;

test('a name selects a layer in all copies, copies, or a layer in some copies', () => {
  expect(paths('stack/first')).toEqual([['first']]);
  expect(paths('stack/2')).toEqual([[[2, 2]]]);
  expect(paths('stack/1-3')).toEqual([[[1, 3]]]);
  expect(paths('stack/1-2/part')).toEqual([[[1, 2], 'part']]);
  expect(paths('stack/3/part/2/last')).toEqual([[[3, 3], 'part', [2, 2], 'last']]);
  expect(nodeOf(withFrozen(model, [{ layer: 'stack', frozen: true }]), 'stack').frozen).toBe(true);
  const inAll = withFrozen(model, [{ layer: 'part/last', block: 'outer', frozen: true }]);
  expect(nodeOf(graphOf(inAll, 'outer'), 'part').frozenPaths).toEqual([['last']]);
  expect(inAll.nodes).toBe(model.nodes);
});

test('withFrozen returns the same model if nothing changes', () => {
  expect(withFrozen(model, [{ layer: 'stack/first', frozen: false }])).toBe(model);
  const frozen = withFrozen(model, [{ layer: 'stack/first', frozen: true }]);
  expect(withFrozen(frozen, [{ layer: 'stack/first', frozen: true }])).toBe(frozen);
  const back = withFrozen(frozen, [{ layer: 'stack/first', frozen: false }]);
  expect(back).toEqual(model);
});

describe('changedFreezing names what an edit of the canvas changes', () => {
  const part = setFrozenPath(model, 'stack', ['first'], true, 'first')!;
  const marked = applied(applied(model, part), setFrozenCopies(model, 'tower', 1));
  const full = applied(marked, setFrozenIn(marked, 'inner', ['last'], true));
  const edits: Record<string, readonly [ModelDocument, Change | null, Freezing[]]> = {
    'a layer of one use': [model, part, [{ layer: 'stack/first', frozen: true }]],
    copies: [model, setFrozenCopies(model, 'stack', 2), [{ layer: 'stack/1-2', frozen: true }]],
    'more copies': [
      applied(model, setFrozenCopies(model, 'stack', 2)),
      setFrozenCopies(applied(model, setFrozenCopies(model, 'stack', 2)), 'stack', 3),
      [
        { layer: 'stack/1-2', frozen: false },
        { layer: 'stack/1-3', frozen: true },
      ],
    ],
    'a layer of a block': [
      model,
      setFrozenIn(model, 'inner', ['last'], true),
      [{ layer: 'last', block: 'inner', frozen: true }],
    ],
    'a layer of a block inside a block': [
      model,
      changeInside('outer', setFrozenPath(graphOf(model, 'outer'), 'part', ['last'], true, 'last')!),
      [{ layer: 'part/last', block: 'outer', frozen: true }],
    ],
    'a partly frozen block': [
      full,
      setFrozenIn(full, null, ['stack'], false),
      [
        { layer: 'stack/first', frozen: false },
        { layer: 'last', block: 'inner', frozen: false },
      ],
    ],
    'all layers': [
      full,
      unfreezeAll(full),
      [
        { layer: 'stack/first', frozen: false },
        { layer: 'tower/1', frozen: false },
        { layer: 'last', block: 'inner', frozen: false },
      ],
    ],
  };
  test.each(Object.entries(edits))('%s', (_, [before, change, changes]) => {
    const after = applied(before, change);
    expect(changedFreezing(before, after)).toEqual(changes);
    expect(compareModels(withFrozen(before, changes), after).same).toBe(true);
    const back = changedFreezing(after, before);
    expect(compareModels(withFrozen(after, back), before).same).toBe(true);
    expect(() => requireFreezable(before, changes)).not.toThrow();
  });

  test('a path to a layer that the block no longer has', () => {
    const [first, ...others] = model.nodes;
    const stale = { ...nodeOf(model, 'stack'), frozenPaths: [['gone']] };
    const before = { ...model, nodes: [first!, ...others.map((node) => (node.name === 'stack' ? stale : node))] };
    const changes = changedFreezing(before, applied(before, unfreezeAll(before)));
    expect(changes).toEqual([{ layer: 'stack/gone', frozen: false }]);
    expect(withFrozen(before, changes)).toEqual(model);
    expect(() => requireFreezable(before, changes)).not.toThrow();
  });
});

test.each([
  ['unknown', []],
  ['densse', ['dense']],
  ['first', ['stack/first', 'again/first', 'tower/first']],
  ['stack/firts', ['stack/first']],
  ['stack/2/3', []],
  ['dense/2', ['dense']],
  ['stack/0', ['stack']],
  ['stack/3-1', []],
  ['stack/in', []],
  ['stack/', ['stack/first', 'stack/part', 'stack/part/last']],
])('requireFreezable refuses %s', (name, near) => {
  const refused = expect.objectContaining({ code: 'training/cannot-set', details: { layer: name, near } }) as Error;
  expect(() => requireFreezable(model, [{ layer: name, frozen: true }])).toThrow(refused);
});

test.each([
  ['again', undefined, 'stack'],
  ['again/first', undefined, 'stack/first'],
  ['stack/second', undefined, 'stack/first'],
  ['stack/2/second', undefined, 'stack/2/first'],
  ['second', 'outer', 'first'],
])('requireFreezable names the owner of the weights of %s', (name, block, owner) => {
  const change = { layer: name, block, frozen: true };
  const refused = expect.objectContaining({ code: 'training/cannot-set', details: { layer: name, owner } }) as Error;
  expect(() => requireFreezable(model, [change])).toThrow(refused);
  expect(withFrozen(model, [change])).toBe(model);
});

test('requireFreezable refuses a block that the model does not have', () => {
  expect(() => requireFreezable(model, [{ layer: 'first', block: 'none', frozen: true }])).toThrow();
});

test('a command of an earlier version is read and names a layer of the top level', () => {
  const patch = settingsPatchSchema.parse({ frozen: [{ layer: 'dense', frozen: true }] });
  expect(changedFreezing(model, withFrozen(model, patch.frozen))).toEqual(patch.frozen);
});
