import { describe, expect, it } from 'vitest';
import { detachBlock } from '../../src-shared/document/blocks/block-edits.ts';
import { setFrozenCopies, setFrozenIn } from '../../src-shared/document/blocks/block-freezing.ts';
import { dissolveBlock } from '../../src-shared/document/blocks/dissolve-block.ts';
import { blockRefusal, makeBlock } from '../../src-shared/document/blocks/make-block.ts';
import { copyNodes, parseFragment, paste } from '../../src-shared/document/edits/clipboard.ts';
import { remove, setFrozen, setParameter } from '../../src-shared/document/edits/edits.ts';
import { asKind, withValues } from '../../src-shared/document/edits/set-values.ts';
import {
  reuse,
  reuseRefusal,
  separateWeights,
  shareRefusal,
  shareWeights,
} from '../../src-shared/document/edits/share-weights.ts';
import { deleteAndJoin } from '../../src-shared/document/edits/take-out.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';

const OFFSET = { x: 220, y: 0 };
const tower = chainBlock('tower', [layer('Dense', 'fc', { units: 4 })]);

/** input → dense → relu → output, with ids from 'n0'. */
const model = (
  nodes: readonly ModelNode[] = [layer('Dense', 'dense', { units: 3 }, { frozen: true }), layer('ReLU', 'relu')],
) => chainModel(nodes, [tower]);
const ids = () => {
  let next = 0;
  return () => `n${next++}`;
};
const node = ({ nodes }: ModelDocument, id: string): ModelNode => nodes.find((other) => other.id === id)!;
const shared = (name: string, owner: string, kind = 'Dense', more: Partial<ModelNode> = {}): ModelNode =>
  layer(kind, name, {}, { weightsOf: owner, ...more });

describe('reuse', () => {
  it('adds a call of a layer, without values of its own', () => {
    const document = model();
    const made = reuse(document, ['dense'], OFFSET, ids())!;
    const after = applyAndUndo(document, made.change);
    expect(made.change.label).toBe("Use 'dense' again");
    expect(node(after, made.nodeIds[0]!)).toEqual({
      ...layer('Dense', 'dense_1', {}, { position: OFFSET, weightsOf: 'dense' }),
      id: 'n0',
    });
  });

  it('keeps connections between the layers, and a second use names the first owner', () => {
    const document = model();
    const made = reuse(document, ['dense', 'relu'], OFFSET, ids())!;
    const after = applyAndUndo(document, made.change);
    expect(after.edges.at(-1)).toMatchObject({ source: 'n0', target: 'n1' });
    const twice = reuse(after, ['n0'], OFFSET, () => 'm')!;
    expect(node(applyAndUndo(after, twice.change), 'm').weightsOf).toBe('dense');
  });

  it('repeats the block of a Block node', () => {
    const document = model([use('tower', 'stack', { repeat: 3 })]);
    const after = applyAndUndo(document, reuse(document, ['stack'], OFFSET, ids())!.change);
    expect(node(after, 'n0')).toMatchObject({ params: { block: 'tower' }, weightsOf: 'stack' });
  });

  it('refuses Inputs, Outputs and an empty selection', () => {
    const document = model();
    expect(['input', 'output', 'none'].map((id) => reuse(document, [id], OFFSET, ids()))).toEqual([null, null, null]);
    expect(reuseRefusal(document, ['dense', 'relu'])).toBeNull();
  });
});

describe('values of a shared layer', () => {
  const document = model([layer('Dense', 'dense', { units: 3 }), shared('again', 'dense')]);

  it('are set and frozen at the owner', () => {
    const set = applyAndUndo(document, setParameter(document, ['again'], 'units', 7));
    expect([node(set, 'dense').params, node(set, 'again').params]).toEqual([{ units: 7 }, {}]);
    const frozen = applyAndUndo(document, setFrozen(document, ['again', 'dense'], true));
    expect([node(frozen, 'dense').frozen, node(frozen, 'again').frozen]).toEqual([true, false]);
    expect(applyAndUndo(frozen, setFrozenIn(frozen, null, ['again'], false))).toEqual(document);
    expect(withValues(document.nodes, [{ nodeId: 'again', name: 'units', value: 5 }]).map(({ id }) => id)).toEqual([
      'dense',
    ]);
  });

  it('of a Block node are set at its owner', () => {
    const blocks = model([
      use('tower', 'stack', { repeat: 3 }),
      shared('again', 'stack', 'Block', { params: { block: 'tower' } }),
    ]);
    const frozen = applyAndUndo(blocks, setFrozenCopies(blocks, 'again', 2));
    expect(node(frozen, 'stack').frozenPaths).toEqual([[[1, 2]]]);
    const own = applyAndUndo(
      blocks,
      detachBlock(blocks, 'again', () => 'own'),
    );
    expect(['stack', 'again'].map((id) => node(own, id).params)).toEqual([
      { block: 'own', repeat: 3 },
      { block: 'own' },
    ]);
  });

  it('change their kind together', () => {
    const changed = asKind(document, node(document, 'again'), 'ReLU');
    expect(changed.map(({ id, kind, name, weightsOf }) => [id, kind, name, weightsOf])).toEqual([
      ['dense', 'ReLU', 're_lu', undefined],
      ['again', 'ReLU', 'again', 'dense'],
    ]);
  });
});

it('separateWeights gives a layer the values of its owner', () => {
  const document = model([layer('Dense', 'dense', { units: 3 }, { frozen: true }), shared('again', 'dense')]);
  const after = applyAndUndo(document, separateWeights(document, 'again'));
  expect(node(after, 'again')).toEqual(layer('Dense', 'again', { units: 3 }, { frozen: true }));
  expect(separateWeights(document, 'dense')).toBeNull();
});

describe('shareWeights', () => {
  const other = layer('Dense', 'other', { units: 5 });
  const document = model([
    layer('Dense', 'dense', { units: 3 }),
    other,
    shared('again', 'other'),
    layer('ReLU', 'relu'),
  ]);

  it('gives layers the weights and values of the first, with all that share theirs', () => {
    const after = applyAndUndo(document, shareWeights(document, ['again', 'dense']));
    expect(['dense', 'other', 'again'].map((id) => [node(after, id).params, node(after, id).weightsOf])).toEqual([
      [{ units: 3 }, undefined],
      [{}, 'dense'],
      [{}, 'dense'],
    ]);
  });

  it('refuses one layer, layers of different kinds, and layers that share already', () => {
    const sets = [['dense'], ['dense', 'relu'], ['other', 'again'], ['input', 'output']];
    expect(sets.map((chosen) => shareWeights(document, chosen))).toEqual([null, null, null, null]);
    expect(shareRefusal(document, ['dense', 'other'])).toBeNull();
  });
});

describe('removing the owner', () => {
  const owner = layer('Dense', 'dense', { units: 3 }, { frozen: true });
  const document = model([owner, shared('second', 'dense'), shared('third', 'dense')]);

  it.each([
    ['remove', () => remove(document, ['dense'])],
    ['deleteAndJoin', () => deleteAndJoin(document, ['dense'])],
  ])('by %s makes the first node that shares its weights the owner, with its name', (_, change) => {
    const after = applyAndUndo(document, change());
    expect(node(after, 'second')).toEqual({ ...owner, id: 'second' });
    expect(node(after, 'third').weightsOf).toBe('second');
  });

  it('together with a sharing node makes the next one the owner', () => {
    const after = applyAndUndo(document, remove(document, ['dense', 'second']));
    expect(node(after, 'third')).toEqual({ ...owner, id: 'third' });
  });

  it('leaves nodes of another kind as they are, although they name it', () => {
    const other = shared('other', 'dense', 'ReLU', { params: { negativeSlope: 0.2 } });
    const invalid = model([owner, other, shared('third', 'dense')]);
    const after = applyAndUndo(invalid, remove(invalid, ['dense']));
    expect([node(after, 'other'), node(after, 'third')]).toEqual([other, { ...owner, id: 'third' }]);
  });
});

describe('a node that names an owner of another kind', () => {
  const invalid = model([
    use('tower', 'stack'),
    shared('relu', 'stack', 'ReLU'),
    layer('Dense', 'dense', { units: 3 }),
    shared('other', 'dense', 'ReLU'),
  ]);

  it('does not change with it', () => {
    const after = applyAndUndo(invalid, detachBlock(invalid, 'stack', ids())!);
    expect(node(after, 'relu')).toEqual(node(invalid, 'relu'));
    expect(asKind(invalid, node(invalid, 'dense'), 'EinsumDense').map(({ id }) => id)).toEqual(['dense']);
  });
});

describe('copies', () => {
  const document = model([layer('Dense', 'dense', { units: 3 }), shared('again', 'dense')]);
  const pasted = (target: ModelDocument, wanted: readonly string[]): ModelNode[] => {
    const fragment = parseFragment(JSON.stringify(copyNodes(document, wanted)))!;
    const { change, nodeIds } = paste(target, fragment, OFFSET, ids());
    const after = applyAndUndo(target, change);
    return nodeIds.map((id) => node(after, id));
  };

  it('of both share the copied weights', () => {
    expect(pasted(document, ['dense', 'again']).map(({ id, weightsOf }) => [id, weightsOf])).toEqual([
      ['n0', undefined],
      ['n1', 'n0'],
    ]);
  });

  it('of the sharing layer share the owner in the same graph', () => {
    expect(pasted(document, ['again'])).toMatchObject([{ params: {}, weightsOf: 'dense' }]);
  });

  it('of the sharing layer have own weights where there is no owner', () => {
    const [copy] = pasted(model([layer('ReLU', 'relu')]), ['again']);
    expect(copy).toMatchObject({ params: { units: 3 } });
    expect(copy).not.toHaveProperty('weightsOf');
  });
});

describe('blocks', () => {
  const document = model([layer('Dense', 'dense', { units: 3 }), shared('again', 'dense')]);

  it('are not made of one of two layers that share weights', () => {
    expect(blockRefusal(document, ['again'])).not.toBeNull();
    const made = makeBlock(document, ['dense', 'again'], ids());
    if (typeof made === 'string') throw new Error(made);
    const after = applyAndUndo(document, made.change);
    expect(after.blocks.at(-1)!.nodes.find(({ id }) => id === 'again')!.weightsOf).toBe('dense');
  });

  it('are dissolved only without shared weights; layers that share inside do so afterwards', () => {
    const two = model([use('tower', 'stack'), shared('again', 'stack', 'Block', { params: { block: 'tower' } })]);
    expect(typeof dissolveBlock(two, 'stack', ids())).toBe('string');
    expect(typeof dissolveBlock(two, 'again', ids())).toBe('string');
    const inner = chainBlock('twice', [layer('Dense', 'fc', { units: 4 }), shared('more', 'fc')]);
    const one = { ...model([use('twice', 'stack')]), blocks: [inner] };
    const dissolved = dissolveBlock(one, 'stack', ids());
    if (typeof dissolved === 'string') throw new Error(dissolved);
    const after = applyAndUndo(one, dissolved.change);
    expect(after.nodes.find(({ name }) => name === 'more')!.weightsOf).toBe(
      after.nodes.find(({ name }) => name === 'fc')!.id,
    );
  });
});

it('compareModels names the layer whose weights are used', () => {
  const before = model([layer('Dense', 'dense', { units: 3 }), layer('Dense', 'again', { units: 3 })]);
  const after = model([layer('Dense', 'dense', { units: 3 }), shared('again', 'dense')]);
  const changed = compareModels(before, after).nodes.find(({ status }) => status === 'changed');
  expect(changed?.changes).toEqual([{ what: 'weights of', before: undefined, after: 'dense' }]);
});
