import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyPreset, changesByPreset, hasHiddenLayers } from '../../src-shared/presets/apply-preset.ts';
import { presets } from '../../src-shared/presets/presets.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures, cnnDocument, dense, mlpDocument, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const [relu, selu, plain] = presets as [(typeof presets)[0], (typeof presets)[0], (typeof presets)[0]];
const images = classFeatures([28, 28, 1], 10);
const of = (kind: string, params: LayerLine['params'] = {}): LayerLine => ({ kind, params });

/** The document after a preset; undo must restore the original. */
function after(document: ModelDocument, preset = relu, nodeIds: readonly string[] | null = null): ModelDocument {
  let made = 0;
  const change = applyPreset(document, nodeIds, preset, () => `new${(made += 1)}-${preset.id}`);
  expect(changesByPreset(document, nodeIds, preset)).toBe(change !== null);
  return change === null ? document : applyAndUndo(document, change);
}

/** Kinds with the parameters that presets set, from Input to Output. */
function lines({ nodes, edges }: ModelDocument): string[] {
  const chain = [];
  for (let node = nodes.find(({ kind }) => kind === 'Input'); node !== undefined;) {
    const { activation, kernelInitializer, useBias } = node.params;
    chain.push([node.kind, activation, kernelInitializer, useBias].filter((part) => part !== undefined).join(' '));
    const edge = edges.find(({ source }) => source === node!.id);
    node = nodes.find(({ id }) => id === edge?.target);
  }
  return chain.slice(1, -1);
}

describe('presets on the whole model', () => {
  test('the ReLU preset sets He initializers and adds BatchNormalization after each hidden layer', () => {
    expect(lines(after(mlpDocument()))).toEqual([
      'Flatten',
      'Dense relu heNormal',
      'BatchNormalization',
      'Dense relu heNormal',
      'BatchNormalization',
      'Dense softmax',
    ]);
  });

  test('the SELU preset sets AlphaDropout and removes BatchNormalization', () => {
    const document = sequentialDocument([
      of('Dense', { units: 8, useBias: false }),
      of('BatchNormalization'),
      of('LeakyReLU'),
      of('Dropout', { rate: 0.3 }),
      dense(8, 'tanh'),
      of('BatchNormalization'),
      dense(3, 'softmax'),
    ]);
    const changed = after(document, selu);
    expect(lines(changed)).toEqual([
      'Dense lecunNormal',
      'Activation selu',
      'AlphaDropout',
      'Dense selu lecunNormal',
      'Dense softmax',
    ]);
    expect(changed.nodes.find(({ kind }) => kind === 'AlphaDropout')!.params).toEqual({ rate: 0.3 });
  });

  test.each(presets)('$title is idempotent, and Plain ReLU removes its changes', (preset) => {
    const once = after(cnnDocument(), preset);
    expect(applyPreset(once, null, preset, () => 'never')).toBeNull();
    expect(changesByPreset(once, null, preset)).toBe(false);
    expect(lines(after(once, plain))).toEqual(lines(cnnDocument()));
  });

  test.each(presets)('$title leaves a valid model', (preset) => {
    for (const document of [mlpDocument(), cnnDocument()]) {
      expect(analyze(after(document, preset), images).problems).toEqual([]);
    }
  });
});

test('hasHiddenLayers tells models without hidden layers apart', () => {
  const bare = sequentialDocument([dense(3, 'softmax')]);
  expect([hasHiddenLayers(bare, null), hasHiddenLayers(mlpDocument(), null)]).toEqual([false, true]);
  expect(hasHiddenLayers(mlpDocument(), ['flatten'])).toBe(false);
});

describe('presets keep', () => {
  test('the last layers, frozen layers, and unselected layers', () => {
    const document = sequentialDocument([
      { ...dense(8, 'tanh'), name: 'first' },
      { ...dense(8, 'tanh'), name: 'frozen', frozen: true },
      { ...dense(8, 'tanh'), name: 'third' },
      { ...dense(3, 'softmax'), name: 'last' },
    ]);
    expect(lines(after(document, selu, ['third', 'last', 'frozen']))).toEqual([
      'Dense tanh',
      'Dense tanh',
      'Dense selu lecunNormal',
      'Dense softmax',
    ]);
    expect(applyPreset(document, ['last'], selu, () => 'never')).toBeNull();
  });

  test('the layers before a merging layer, and gates', () => {
    const document = sequentialDocument([
      { ...dense(8, 'relu'), name: 'stem' },
      { ...dense(8), name: 'branch' },
      { ...dense(8, 'sigmoid'), name: 'gate' },
      dense(3, 'softmax'),
    ]);
    const node = (id: string, kind: string) => ({ ...document.nodes[0]!, id, name: id, kind, params: {} });
    const edge = (source: string, target: string) => ({ id: `${source}-${target}`, source, target });
    const last = document.nodes[4]!.id;
    const merged: ModelDocument = {
      ...document,
      nodes: [...document.nodes, node('add', 'Add'), node('times', 'Multiply')],
      edges: [
        ...document.edges.filter(({ source }) => !['stem', 'branch', 'gate'].includes(source)),
        ...[edge('stem', 'branch'), edge('stem', 'gate'), edge('branch', 'add'), edge('stem', 'add')],
        ...[edge('add', 'times'), edge('gate', 'times'), edge('times', last)],
      ],
    };
    const changed = after(merged, relu);
    const params = (id: string) => changed.nodes.find((one) => one.id === id)!.params;
    expect(params('branch')).toEqual({ units: 8, activation: 'linear', kernelInitializer: 'heNormal' });
    expect(params('gate')).toEqual({ units: 8, activation: 'sigmoid' });
    expect(changed.nodes.filter(({ kind }) => kind === 'BatchNormalization')).toHaveLength(2);
    expect(analyze(changed, classFeatures([4], 3)).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('a graph with a cycle, and an empty one', () => {
    const document = mlpDocument();
    const circle = { ...document.edges[0]!, id: 'back', source: 'hidden2', target: 'hidden1' };
    expect(applyPreset({ ...document, edges: [...document.edges, circle] }, null, relu, () => 'never')).toBeNull();
    expect(applyPreset({ ...document, nodes: [], edges: [] }, null, relu, () => 'never')).toBeNull();
  });
});

test('a preset changes the last layer of a block', () => {
  const document = sequentialDocument([dense(8, 'tanh')]);
  const kinds: Record<string, string> = { Input: 'BlockInput', Output: 'BlockOutput' };
  const inside = {
    ...document,
    nodes: document.nodes.map((node) => ({ ...node, kind: kinds[node.kind] ?? node.kind })),
  };
  expect(after(inside, selu).nodes[1]!.params).toEqual({
    units: 8,
    activation: 'selu',
    kernelInitializer: 'lecunNormal',
  });
});

describe('random graphs with any parameters: presets apply and can be undone', () => {
  const kinds = [...layers.map(({ kind }) => kind), 'Block', 'Nothing', 'BlockInput', 'BlockOutput'];
  test.each(Array.from({ length: 60 }, (_, seed) => seed))('seed %i', (seed) => {
    const dice = new Dice(seed, 'presets');
    const lines = Array.from({ length: dice.from(1, 9) }, (_, index) => ({
      kind: dice.pick(kinds),
      name: `layer${index}`,
      frozen: dice.chance(10),
      params: dice.chance(30) ? { activation: dice.pick([null, 'selu', 3, { formula: 'x' }, 'sigmoid']) } : {},
    }));
    const document = sequentialDocument(lines);
    const ids = document.nodes.map(({ id }) => id);
    const extra = Array.from({ length: dice.below(4) }, (_, index) => {
      const [source, target] = [dice.below(ids.length), dice.below(ids.length)].sort((a, b) => a - b);
      return { id: `extra${index}`, source: ids[source!]!, target: ids[target!]! };
    });
    const graph = { ...document, edges: [...document.edges, ...extra] };
    for (const preset of presets) after(graph, preset, dice.chance(50) ? null : ids.filter(() => dice.chance(50)));
  });
});
