import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { frozenPart } from '../../src-shared/compiler/expand/frozen-part.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import {
  addBlock,
  createBlockNode,
  deleteBlock,
  detachBlock,
  renameBlock,
} from '../../src-shared/document/blocks/block-edits.ts';
import {
  setFrozenCopies,
  setFrozenIn,
  setFrozenPath,
  unfreezeAll,
} from '../../src-shared/document/blocks/block-freezing.ts';
import {
  bindParameter,
  changeParameter,
  exposeParameter,
  parameterNameFault,
  removeParameter,
  renameParameter,
} from '../../src-shared/document/blocks/block-parameters.ts';
import { graphOf } from '../../src-shared/document/schema/blocks.ts';
import { copyNodes, parseFragment, paste } from '../../src-shared/document/edits/clipboard.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import { dissolveBlock } from '../../src-shared/document/blocks/dissolve-block.ts';
import { setParameter } from '../../src-shared/document/edits/edits.ts';
import { createHistory, undo } from '../../src-shared/document/history/history.ts';
import { changedGraphs, changeInside } from '../../src-shared/document/history/inside-block.ts';
import { blockRefusal, makeBlock } from '../../src-shared/document/blocks/make-block.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { type Change } from '../../src-shared/document/history/operations.ts';
import { blockParameterFault } from '../../src-shared/layers/catalog/node-facts.ts';
import { chainBlock, chainModel, denseBlock, layer, links, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith, numericFeatures } from '../support/documents.ts';
import { countingIds } from './random-edits.ts';
import { applyAndUndo, performChange } from '../support/apply-and-undo.ts';

const head = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
const features = classFeatures([4], 3);

function apply(document: ModelDocument, change: Change | string | null): ModelDocument {
  if (change === null || typeof change === 'string') throw new Error(`No change: ${change}`);
  return applyAndUndo(document, change);
}

const made = (document: ModelDocument, ids: string[]) => {
  const result = makeBlock(document, ids, countingIds());
  if (typeof result === 'string') throw new Error(result);
  return { document: apply(document, result.change), ...result };
};

const dissolved = (document: ModelDocument, id: string) => {
  const result = dissolveBlock(document, id, countingIds());
  if (typeof result === 'string') throw new Error(result);
  return { document: apply(document, result.change), ...result };
};

/** Shapes of all weights in program order: independent of layer names. */
function weightShapes(document: ModelDocument, given = features) {
  const result = compileModel(document, given, configurationWith({}));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model.weights.map(({ shape, trainable }) => [...shape, trainable]);
}

const wires = ({ nodes, edges }: Pick<ModelDocument, 'nodes' | 'edges'>) => {
  const name = (id: string) => nodes.find((node) => node.id === id)!.name;
  return edges.map(({ source, target }) => `${name(source)}>${name(target)}`);
};

const layers = (...names: string[]) => names.map((name) => layer('Dense', name, { units: 4 }));

describe('makeBlock', () => {
  it('moves a chain into a block without changing the weights', () => {
    const before = chainModel([...layers('a', 'b', 'c'), head], []);
    const { document, change, nodeId } = made(before, ['a', 'b']);
    expect(change.label).toBe('Make block of 2 layers');
    expect(wires(document).toSorted()).toEqual(['block>c', 'c>classes', 'classes>output', 'input>block']);
    expect(document.nodes.map(({ name }) => name)).toEqual(['input', 'block', 'c', 'classes', 'output']);
    expect(wires(document.blocks[0]!)).toEqual(['input>a', 'a>b', 'b>output']);
    expect(document.nodes.find(({ id }) => id === nodeId)).toMatchObject({ kind: 'Block', name: 'block' });
    expect(weightShapes(document)).toEqual(weightShapes(before));
  });

  it('creates a BlockInput for each entering source and keeps the order of inputs', () => {
    const before: ModelDocument = {
      ...chainModel([], []),
      nodes: [
        ...[layer('Input', 'input'), ...layers('a', 'b', 'left', 'right'), layer('Subtract', 'minus'), head],
        layer('Output', 'output'),
      ],
      edges: links(
        'input>a',
        'input>b',
        'b>right',
        'a>left',
        'right>minus',
        'left>minus',
        'minus>classes',
        'classes>output',
      ),
    };
    const { document } = made(before, ['left', 'right', 'minus']);
    const block = document.blocks[0]!;
    expect(wires(block)).toEqual(['input>right', 'input_1>left', 'right>minus', 'left>minus', 'minus>output']);
    expect(wires(document)).toEqual(['input>a', 'input>b', 'b>block', 'a>block', 'block>classes', 'classes>output']);
    expect(weightShapes(document)).toEqual(weightShapes(before));
  });

  it('creates one BlockInput for a source that is read twice', () => {
    const before: ModelDocument = {
      ...chainModel([], []),
      nodes: [layer('Input', 'input'), ...layers('a', 'b'), layer('Add', 'add'), head, layer('Output', 'output')],
      edges: links('input>a', 'a>b', 'b>add', 'a>add', 'add>classes', 'classes>output'),
    };
    const { document } = made(before, ['b', 'add']);
    expect(document.blocks[0]!.nodes.filter(({ kind }) => kind === 'BlockInput')).toHaveLength(1);
    expect(weightShapes(document)).toEqual(weightShapes(before));
  });

  it('passes parameters of an enclosing block on', () => {
    const document = chainModel([use('stack', 's', { units: 5 }), head], [denseBlock]);
    const graph = graphOf(document, 'stack');
    const result = makeBlock(graph, ['dense', 'norm'], countingIds());
    if (typeof result === 'string') throw new Error(result);
    const after = apply(document, changeInside('stack', result.change));
    expect(after.blocks[1]!.parameters).toEqual([{ name: 'units', default: 8 }]);
    expect(weightShapes(after)).toEqual(weightShapes(document));
  });

  it('rejects selections that no block can replace', () => {
    const document: ModelDocument = {
      ...chainModel([], []),
      nodes: [layer('Input', 'input'), ...layers('a', 'b'), layer('Add', 'add'), layer('Output', 'output')],
      edges: links('input>a', 'a>b', 'a>add', 'b>add', 'add>output'),
    };
    const selections = [[], ['input', 'a'], ['a', 'b'], ['input'], ['a', 'add']];
    const refusals = selections.map((ids) => blockRefusal(document, ids));
    expect(refusals).toMatchInlineSnapshot(`
      [
        "Select the layers for the block.",
        "Input 'input' cannot be part of a block. Select only layers between inputs and outputs.",
        "Expected one layer of the selection that is read outside; received 'a', 'b'. Select layers with one output.",
        "Input 'input' cannot be part of a block. Select only layers between inputs and outputs.",
        "'b' reads the selection and the selection reads it, so the block would be on a cycle. Select it too.",
      ]
    `);
    expect(selections.map((ids) => makeBlock(document, ids, countingIds()))).toEqual(refusals);
  });

  it('accepts layers without incoming edges', () => {
    const { document } = made({ ...chainModel([], []), nodes: layers('a', 'b'), edges: links('a>b') }, ['a', 'b']);
    expect(wires(document.blocks[0]!)).toEqual(['input>a', 'a>b', 'b>output']);
    expect(blockRefusal({ ...document, nodes: layers('a', 'b'), edges: [] }, ['a', 'b'])).toMatchInlineSnapshot(
      `"Expected one last layer in the selection; received 'a', 'b'. Select layers with one output."`,
    );
  });
});

describe('dissolveBlock', () => {
  it('reverses makeBlock', () => {
    const before = chainModel([...layers('a', 'b', 'c'), head], []);
    const { document, nodeId } = made(before, ['a', 'b', 'c']);
    const after = dissolved(document, nodeId).document;
    expect(after.nodes.map(({ name }) => name).toSorted()).toEqual(before.nodes.map(({ name }) => name).toSorted());
    expect(wires(after).toSorted()).toEqual(wires(before).toSorted());
    expect(after.blocks).toHaveLength(1);
  });

  it('expands every copy with its parameter values and frozen state', () => {
    const document = chainModel(
      [use('stack', 's', { repeat: 3, units: 5 }, { frozenPaths: [[[1, 1]], [[3, 3], 'norm']] }), head],
      [denseBlock],
    );
    const { document: after, nodeIds } = dissolved(document, 's');
    expect(nodeIds).toHaveLength(9);
    expect(after.nodes.filter(({ frozen }) => frozen).map(({ name }) => name)).toEqual([
      'dense',
      'norm',
      'drop',
      'norm_2',
    ]);
    expect(weightShapes(after)).toEqual(weightShapes(document));
    const ys = after.nodes.filter(({ name }) => /classes|output/.test(name)).map(({ position }) => position.y);
    expect(Math.min(...ys)).toBeGreaterThanOrEqual(0);
  });

  it('places the notes of a block without layers at the block', () => {
    const note = { id: 'n', text: 'nothing yet', position: { x: 700, y: 50 }, size: { width: 200, height: 80 } };
    const empty = { ...chainBlock('empty', []), notes: [note] };
    const document = chainModel([use('empty', 'e'), head], [empty]);
    const { position } = document.nodes.find(({ id }) => id === 'e')!;
    expect(dissolved(document, 'e').document.notes).toMatchObject([{ text: 'nothing yet', position }]);
  });

  it('keeps nested Block nodes with their frozen paths', () => {
    const inner = chainBlock('inner', layers('x'));
    const outer = chainBlock('outer', [use('inner', 'i', { repeat: 2 })]);
    const document = chainModel(
      [use('outer', 'o', { repeat: 2 }, { frozenPaths: [[[2, 2], 'i', [1, 1], 'x']] }), head],
      [outer, inner],
    );
    const { document: after } = dissolved(document, 'o');
    expect(after.nodes.filter(({ kind }) => kind === 'Block').map(({ frozenPaths }) => frozenPaths)).toEqual([
      undefined,
      [[[1, 1], 'x']],
    ]);
    expect(weightShapes(after)).toEqual(weightShapes(document));
  });

  it('keeps references to parameters of the enclosing block', () => {
    const inner = chainBlock(
      'inner',
      [layer('Dense', 'fc', { units: { parameter: 'n' } })],
      [{ name: 'n', default: 2 }],
    );
    const outer = chainBlock(
      'outer',
      [use('inner', 'i', { n: { parameter: 'width' } })],
      [{ name: 'width', default: 5 }],
    );
    const document = chainModel([use('outer', 'o', { width: 7 }), head], [outer, inner]);
    const result = dissolveBlock(graphOf(document, 'outer'), 'i', countingIds());
    if (typeof result === 'string') throw new Error(result);
    const after = apply(document, changeInside('outer', result.change));
    expect(after.blocks[0]!.nodes.find(({ name }) => name === 'fc')!.params).toEqual({ units: { parameter: 'width' } });
    expect(weightShapes(after)).toEqual(weightShapes(document));
  });

  it('rejects too many layers, other nodes, and a repeat count that is not a number', () => {
    const document = chainModel(
      [use('stack', 's', { repeat: 1000 }), use('gone', 'g'), use('stack', 'p', { repeat: { parameter: 'x' } })],
      [denseBlock],
    );
    const refusals = ['s', 'g', 'input', 'p'].map((id) => dissolveBlock(document, id, countingIds()));
    expect(refusals).toMatchInlineSnapshot(`
      [
        "'s' would become 3000 layers; expected at most 2000. Set a smaller Repeat first.",
        "Select a block of this model to dissolve it.",
        "Select a block of this model to dissolve it.",
        "Expected a number as Repeat of 'p'; received something else. Set Repeat to a number first.",
      ]
    `);
  });
});

describe('parameters of a block', () => {
  const block = chainBlock('b', [layer('Dense', 'fc', { units: 6 }), layer('Dense', 'last', { units: 4 })]);
  const document = chainModel([use('b', 'one'), use('b', 'two'), head], [block]);

  it('are exposed from a layer without changing the model, and removed again', () => {
    const exposed = apply(document, exposeParameter(document, 'b', 'fc', 'units', 6, 'Units'));
    expect(exposed.blocks[0]!.parameters).toEqual([{ name: 'units', label: 'Units', default: 6 }]);
    expect(weightShapes(exposed)).toEqual(weightShapes(document));
    const both = apply(exposed, exposeParameter(exposed, 'b', 'last', 'units', 4, 'Units'));
    expect(both.blocks[0]!.parameters[1]).toEqual({ name: 'last_units', label: 'Units of last', default: 4 });
    expect(exposeParameter(both, 'b', 'fc', 'units', 1, '')).toBeNull();
    const set = apply(both, setParameter(both, ['two'], 'units', 9));
    const named = apply(set, renameParameter(set, 'b', 'units', 'width'));
    expect(named.nodes.find(({ id }) => id === 'two')!.params).toEqual({ block: 'b', width: 9 });
    expect(weightShapes(named)).toEqual(weightShapes(set));
    expect(renameParameter(named, 'b', 'width', 'last_units')).toBeNull();
    expect(renameParameter(named, 'b', 'width', 'repeat')).toBeNull();
    expect(renameParameter(named, 'b', 'width', '')).toBeNull();
    const [block] = named.blocks;
    expect(parameterNameFault(block!, 'width', 'height')).toBeNull();
    const names = ['last_units', 'repeat', ''];
    expect(names.map((name) => parameterNameFault(block!, 'width', name))).toMatchInlineSnapshot(`
      [
        "Another parameter has the name 'last_units'. Choose another name.",
        "The name 'repeat' is reserved. Choose another name.",
        "Expected a name for the parameter; received an empty one.",
      ]
    `);
    expect(blockParameterFault(named, block!, 'width', 7)).toBeNull();
    expect(blockParameterFault(named, block!, 'width', -7)).toMatchInlineSnapshot(
      `"Units is expected to be a whole number from 1 to 1000000."`,
    );
    expect(blockParameterFault(named, block!, 'unknown', -7)).toBeNull();
    const wider = apply(named, changeParameter(named, 'b', 'width', { default: 7 }));
    const removed = apply(wider, removeParameter(wider, 'b', 'width'));
    expect(removed.blocks[0]!.nodes.find(({ id }) => id === 'fc')!.params).toEqual({ units: 7 });
    expect(removed.nodes.find(({ id }) => id === 'two')!.params).toEqual({ block: 'b' });
  });

  it('can be shared by several layers', () => {
    const exposed = apply(document, exposeParameter(document, 'b', 'fc', 'units', 6, 'Units'));
    const shared = apply(exposed, bindParameter(exposed, 'b', 'last', 'units', 'units'));
    const set = apply(shared, setParameter(shared, ['one'], 'units', 9));
    expect(weightShapes(set).slice(0, 4)).toEqual([
      [4, 9, true],
      [9, true],
      [9, 9, true],
      [9, true],
    ]);
  });
});

describe('block definitions', () => {
  const document = chainModel([use('stack', 'one'), use('stack', 'two'), head], [denseBlock]);

  it('are used, renamed, detached, and deleted when unused', () => {
    const node = createBlockNode(document, denseBlock, { x: 0, y: 0 }, () => 'new');
    expect(node).toMatchObject({ kind: 'Block', name: 'stack', params: { block: 'stack' } });
    const added = apply(document, addBlock(document, denseBlock, node, { after: 'two' }, countingIds()));
    expect(added.blocks).toHaveLength(1);
    expect(wires(added)).toContain('two>stack');
    const renamed = apply(added, renameBlock(added, 'stack', 'layers'));
    expect(deleteBlock(renamed, 'stack')).toBeNull();
    const detached = apply(
      renamed,
      detachBlock(renamed, 'two', () => 'own'),
    );
    expect(detached.blocks.map(({ id, name }) => [id, name])).toEqual([
      ['stack', 'layers'],
      ['own', 'layers_1'],
    ]);
    expect(weightShapes(detached)).toEqual(weightShapes(renamed));
    const unused = apply(chainModel([head], [denseBlock]), deleteBlock(chainModel([head], [denseBlock]), 'stack'));
    expect(unused.blocks).toEqual([]);
  });

  it('are pasted once with copied nodes, and renamed if the id is taken by another block', () => {
    const inner = chainBlock('inner', layers('x'));
    const outer = chainBlock('outer', [use('inner', 'i')]);
    const source = chainModel([use('outer', 'o'), head], [outer, inner]);
    const fragment = parseFragment(JSON.stringify(copyNodes(source, ['o'])))!;
    expect(fragment.blocks.map(({ id }) => id)).toEqual(['outer', 'inner']);
    const createId = countingIds();
    const into = (target: ModelDocument) => apply(target, paste(target, fragment, { x: 0, y: 0 }, createId).change);

    const elsewhere = into(chainModel([head], []));
    expect(elsewhere.blocks).toHaveLength(2);
    expect(into(elsewhere).blocks).toHaveLength(2);
    expect(into(source).blocks).toEqual(source.blocks);

    const other = into(chainModel([head], [{ ...inner, nodes: [], edges: [] }]));
    expect(other.blocks.map(({ name }) => name)).toEqual(['inner', 'inner_1', 'outer']);
    const outerId = other.nodes.at(-1)!.params['block'];
    const pasted = other.blocks.find(({ id }) => id === outerId)!;
    expect(other.blocks.find(({ id }) => id === pasted.nodes[1]!.params['block'])!.nodes).toHaveLength(3);
  });

  it('parseFragment reads fragments of versions without blocks', () => {
    const { blocks: _blocks, ...old } = copyNodes(document, ['classes'])!;
    expect(parseFragment(JSON.stringify(old))!.blocks).toEqual([]);
  });
});

describe('history of blocks', () => {
  const document = chainModel([use('stack', 's'), head], [denseBlock]);

  it('merges typing into one step for each graph', () => {
    let history = createHistory(document);
    for (const name of ['d', 'de', 'deep'])
      history = performChange(history, renameBlock(history.documents, 'stack', name)!);
    expect(history.done).toHaveLength(1);
    const typed = (inside: string | null, id: string, rate: number) => {
      const change = setParameter(graphOf(history.documents, inside), [id], 'rate', rate)!;
      history = performChange(history, changeInside(inside, change));
    };
    typed('stack', 'drop', 0.1);
    typed('stack', 'drop', 0.15);
    expect(history.done).toHaveLength(2);
    typed(null, 's', 0.3);
    expect(history.done).toHaveLength(3);
    for (const changed of [null, 'stack', 'stack']) {
      const before = history.documents;
      history = undo(history);
      expect(changedGraphs(before, history.documents)).toEqual(new Set([changed]));
    }
    expect(JSON.stringify(history.documents)).toBe(JSON.stringify(document));
  });
});

describe('compareModels of blocks', () => {
  const document = chainModel([use('stack', 's'), head], [denseBlock]);
  const statusOf = (after: ModelDocument) =>
    compareModels(document, after).nodes.find(({ after: node }) => node?.name === 's');

  it('reports changes inside a block, but not positions and names', () => {
    expect(compareModels(document, document).same).toBe(true);
    const moved = {
      ...denseBlock,
      name: 'other',
      nodes: denseBlock.nodes.map((node) => ({ ...node, position: { x: 9, y: 9 } })),
    };
    expect(compareModels(document, { ...document, blocks: [moved] }).same).toBe(true);
    const other = { ...denseBlock, parameters: [{ name: 'units', default: 9 }] };
    expect(statusOf({ ...document, blocks: [other] })).toMatchObject({
      status: 'changed',
      changes: [
        { what: 'inside', before: 'in, dense, norm, drop, out', after: 'in, dense, norm, drop, out (changed)' },
      ],
    });
    const frozen = apply(document, setFrozenCopies(document, 's', 1));
    expect(statusOf(frozen)?.changes).toEqual([{ what: 'frozen inside', before: undefined, after: [[[1, 1]]] }]);
  });
});

describe('freezing inside blocks', () => {
  const document = chainModel([use('stack', 's', { repeat: 4 }), head], [denseBlock]);
  const trains = (model: ModelDocument) => analyze(model, features).nodes.get('s')!.trainableParameters;

  it('freezes the first copies, or a layer of one use, and unfreezes all', () => {
    const two = apply(document, setFrozenCopies(document, 's', 2));
    expect(two.nodes.find(({ id }) => id === 's')!.frozenPaths).toEqual([[[1, 2]]]);
    expect(trains(two)).toBe(2 * (8 * 8 + 8 + 16));
    const three = apply(two, setFrozenCopies(two, 's', 3));
    expect(setFrozenCopies(three, 's', 3)).toBeNull();
    expect(three.nodes.find(({ id }) => id === 's')!.frozenPaths).toEqual([[[1, 3]]]);
    const more = apply(three, setFrozenPath(three, 's', ['norm'], true, 'norm'));
    expect(trains(more)).toBe(8 * 8 + 8);
    expect(setFrozenPath(more, 's', ['norm'], true, 'norm')).toBeNull();
    const free = apply(more, unfreezeAll(more));
    expect(JSON.stringify(free)).toBe(JSON.stringify(document));
    expect(unfreezeAll(free)).toBeNull();
    const none = apply(three, setFrozenCopies(three, 's', 0));
    expect(none).toEqual(document);
  });
});

it('a block with a residual connection has the weights of the original layers', () => {
  const numbers = numericFeatures([4]);
  const before: ModelDocument = {
    ...chainModel([], []),
    nodes: [
      layer('Input', 'input'),
      ...layers('a', 'b'),
      layer('Add', 'add'),
      layer('Dense', 'y', { units: 1 }),
      layer('Output', 'output'),
    ],
    edges: links('input>a', 'a>b', 'b>add', 'input>add', 'add>y', 'y>output'),
  };
  const { document } = made(before, ['a', 'b', 'add']);
  expect(weightShapes(document, numbers)).toEqual(weightShapes(before, numbers));
});

it('unfreezing a Block node also unfreezes its copies, layers and nested blocks; freezing it keeps their state', () => {
  const dense = layer('Dense', 'dense', { units: 4 }, { frozen: true });
  const blocks = [chainBlock('inner', [dense]), chainBlock('outer', [use('inner', 'use')])];
  const document = chainModel([use('outer', 's', { repeat: 1 }, { frozenPaths: [[[1, 2]]] })], blocks);
  const node = (own: ModelDocument) => own.nodes.find(({ id }) => id === 's')!;
  const part = (own: ModelDocument) => frozenPart(own, node(own), analyze(own, features).nodes.get('s'));
  expect(part(document)).toBe('all');
  const free = apply(document, setFrozenIn(document, null, ['s'], false));
  expect(part(free)).toBe('none');
  expect(node(free).frozenPaths).toBeUndefined();
  expect(setFrozenIn(free, null, ['s'], false)).toBeNull();

  const whole = apply(document, setFrozenIn(document, null, ['s'], true));
  const back = apply(whole, setFrozenIn(whole, null, ['s'], false));
  expect(back).toEqual(document);

  const inside = apply(document, setFrozenIn(document, 'outer', ['use'], false));
  expect(inside.blocks[0]!.nodes.some(({ frozen }) => frozen)).toBe(false);
  expect(part(inside)).toBe('all');
});
