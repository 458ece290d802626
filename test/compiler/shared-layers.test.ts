import { describe, expect, it } from 'vitest';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { layerCosts } from '../../src-shared/compiler/forward/layer-costs.ts';
import type { ModelAnalysis } from '../../src-shared/compiler/graph/compiled.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type {
  JsonValue,
  ModelBlock,
  ModelDocument,
  ModelNode,
} from '../../src-shared/document/schema/model-document.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';
import { chainBlock, layer, links, use } from '../support/block-documents.ts';
import { configurationWith, numericColumns, numericFeatures } from '../support/documents.ts';

const features = { ...numericFeatures([8]), columns: numericColumns([...'abcdefgh']) };

/** Two Inputs of four columns each, two layers of the caller, and the sum of these. */
function twoCalls(first: ModelNode, second: ModelNode, blocks: readonly ModelBlock[] = []): ModelDocument {
  return {
    format: 'lamina.model',
    version: 6,
    name: 'test',
    nodes: [
      layer('Input', 'left', { columns: [...'abcd'] }),
      layer('Input', 'right', { columns: [...'efgh'] }),
      first,
      second,
      layer('Add', 'sum'),
      layer('Dense', 'head', { units: 1 }),
      layer('Output', 'output'),
    ],
    edges: links(
      `left>${first.id}`,
      `right>${second.id}`,
      `${first.id}>sum`,
      `${second.id}>sum`,
      'sum>head',
      'head>output',
    ),
    blocks: [...blocks],
  };
}

const dense = (params: Record<string, JsonValue> = {}, more: Partial<ModelNode> = {}): ModelNode =>
  layer('Dense', 'dense', { units: 3, ...params }, more);
const again = (kind = 'Dense', owner = 'dense', more: Partial<ModelNode> = {}): ModelNode =>
  layer(kind, 'again', {}, { weightsOf: owner, ...more });

function compiled(document: ModelDocument, seed = 1) {
  const result = compileModel(document, features, configurationWith({ seed }));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

const errors = ({ problems }: ModelAnalysis) =>
  problems.filter(({ severity }) => severity === 'error').map(({ code, nodeId }) => [code, nodeId]);

describe('a layer with weightsOf', () => {
  it('has the weights and parameters of its owner, counted once', () => {
    const document = twoCalls(dense(), again());
    const { weights, analysis } = compiled(document);
    expect(weights.map(({ name, nodeId }) => [name, nodeId])).toEqual([
      ['dense/kernel', 'dense'],
      ['dense/bias', 'dense'],
      ['head/kernel', 'head'],
      ['head/bias', 'head'],
    ]);
    expect(analysis.parameters).toBe(4 * 3 + 3 + 3 + 1);
    expect(analysis.nodes.get('again')).toMatchObject({ outputShape: [null, 3], parameters: 0 });
  });

  it('adds the penalty of a weight once and that of its output for each call', () => {
    const penalized = { kernelRegularizer: { name: 'l2', l2: 0.1 }, activityRegularizer: { name: 'l1', l1: 0.1 } };
    const count = (document: ModelDocument): number =>
      new Set(
        compiled(document)
          .programs.evaluate.operations.filter(({ scope, op }) => scope.endsWith('/regularizer') && op === 'reduceSum')
          .map(({ outputs }) => outputs[0]),
      ).size;
    expect(count(twoCalls(dense(penalized), again()))).toBe(3);
    expect(count(twoCalls(dense(penalized), layer('Dense', 'again', { units: 3, ...penalized })))).toBe(4);
  });

  it('is frozen with its owner', () => {
    const { weights } = compiled(twoCalls(dense({}, { frozen: true }), again()));
    expect(weights.filter(({ trainable }) => trainable).map(({ layer: name }) => name)).toEqual(['head', 'head']);
  });

  it('draws other random numbers than its owner', () => {
    const keys = compiled(twoCalls(layer('Dropout', 'drop', { rate: 0.5 }), again('Dropout', 'drop')))
      .programs.train.operations.filter(({ op }) => op === 'randomUniform')
      .map(({ attributes }) => JSON.stringify(attributes));
    expect(new Set(keys).size).toBe(2);
  });

  it('trains where its owner leads to no Output', () => {
    const document = twoCalls(dense(), again());
    const alone = { ...document, edges: document.edges.filter(({ id }) => id !== 'dense>sum') };
    alone.edges.push(...links('left>sum').map((edge) => ({ ...edge, source: 'again', id: 'again>sum twice' })));
    const { weights, analysis } = compiled(alone);
    expect(weights.map(({ name }) => name)).toContain('dense/kernel');
    expect(analysis.trainableParameters).toBe(4 * 3 + 3 + 3 + 1);
  });

  it('may come before its owner', () => {
    const { nodes, ...rest } = twoCalls(dense({ units: 4 }), again());
    const edges = links('left>again', 'again>dense', 'dense>sum', 'right>sum', 'sum>head', 'head>output');
    expect(compiled({ ...rest, nodes, edges }).weights.map(({ name }) => name)).toContain('dense/kernel');
  });

  it('has its own cost of computation', () => {
    const costs = layerCosts(twoCalls(dense(), again()), features);
    expect([costs.get('dense')!.multiplyAdds, costs.get('again')!.multiplyAdds]).toEqual([12, 12]);
  });

  it('refuses an input of another size', () => {
    const document = twoCalls(dense(), again());
    const nodes = document.nodes.map((node) =>
      node.id === 'right' ? { ...node, params: { columns: [...'efg'] } } : node,
    );
    const analysis = analyze({ ...document, nodes }, features);
    expect(errors(analysis)).toEqual([['layer/shape', 'again']]);
  });

  it('reports a wrong parameter once, for its owner', () => {
    const analysis = analyze(twoCalls(dense({ units: -1, old: 2 }), again()), features);
    expect(analysis.problems.filter(({ param }) => param !== undefined).map(({ nodeId }) => nodeId)).toEqual([
      'dense',
      'dense',
    ]);
  });

  it.each([
    ['no node', again('Dense', 'missing')],
    ['itself', again('Dense', 'again')],
    ['a node of another kind', again('Dense', 'head2')],
    ['an Input', layer('Input', 'again', {}, { weightsOf: 'left' })],
  ])('is an error where it names %s, with a remedy', (_, second) => {
    const document = twoCalls(dense(), second);
    const nodes = [...document.nodes, layer('Flatten', 'head2')];
    const analysis = analyze({ ...document, nodes }, features);
    const problem = analysis.problems.find(({ code }) => code === 'shared/bad-owner');
    expect(problem?.nodeId).toBe('again');
    const fixed = applyAndUndo(
      { ...document, nodes },
      changeForFix({ ...document, nodes }, problem!.fixes[0]!, () => 'x'),
    );
    expect(fixed.nodes.find(({ id }) => id === 'again')).not.toHaveProperty('weightsOf');
  });

  it('follows a chain of weightsOf', () => {
    const document = twoCalls(dense(), again());
    const third = layer('Dense', 'third', {}, { weightsOf: 'again' });
    const nodes = [...document.nodes, third];
    const edges = [...document.edges, ...links('left>third', 'third>sum')];
    expect(compiled({ ...document, nodes, edges }).analysis.parameters).toBe(4 * 3 + 3 + 3 + 1);
  });
});

describe('a Block node with weightsOf', () => {
  const tower = chainBlock(
    'tower',
    [layer('Dense', 'fc', { units: { parameter: 'units' } }), layer('BatchNormalization', 'norm')],
    [{ name: 'units', default: 5 }],
  );

  it('shares all weights inside, copies included', () => {
    const owner = use('tower', 'stack', { units: 4, repeat: 2 });
    const document = twoCalls(owner, use('tower', 'again', {}, { weightsOf: 'stack' }), [tower]);
    const { weights, analysis } = compiled(document);
    expect(weights.map(({ name }) => name).filter((name) => name.endsWith('kernel'))).toEqual([
      'stack/fc/kernel',
      'stack/2/fc/kernel',
      'head/kernel',
    ]);
    expect(analysis.nodes.get('again')).toMatchObject({ outputShape: [null, 4], parameters: 0 });
  });

  it('is frozen as its owner is, in part too', () => {
    const owner = use('tower', 'stack', {}, { frozenPaths: [['fc']] });
    const document = twoCalls(owner, use('tower', 'again', {}, { weightsOf: 'stack' }), [tower]);
    const frozen = expandBlocks(document).document.nodes.filter((node) => node.frozen);
    expect(frozen.map(({ name }) => name)).toEqual(['stack/fc', 'again/fc']);
  });

  it('shares a layer inside a block that is used again there', () => {
    const inner = [layer('Dense', 'fc', { units: 4 }), layer('Dense', 'more', {}, { weightsOf: 'fc' })];
    const document = twoCalls(use('twice', 'stack'), use('twice', 'again', {}, { weightsOf: 'stack' }), [
      chainBlock('twice', inner),
    ]);
    const { weights } = compiled(document);
    expect(weights.map(({ name }) => name)).toEqual(['stack/fc/kernel', 'stack/fc/bias', 'head/kernel', 'head/bias']);
  });

  it('needs the block of its owner', () => {
    const document = twoCalls(use('tower', 'stack'), use('other', 'again', {}, { weightsOf: 'stack' }), [
      tower,
      chainBlock('other', [layer('Dense', 'fc', { units: 5 })]),
    ]);
    expect(errors(analyze(document, features))).toEqual([['shared/bad-owner', 'again']]);
  });

  it('reports what is wrong with shared values once', () => {
    const owner = use('tower', 'stack', { repeat: 0, learningRateMultiplier: -1 });
    const document = twoCalls(owner, use('tower', 'again', {}, { weightsOf: 'stack' }), [tower]);
    expect(errors(analyze(document, features)).map(([, nodeId]) => nodeId)).toEqual(['stack', 'stack']);
  });
});

it('Normalization that is shared has the statistics of its owner', () => {
  const document = twoCalls(layer('Normalization', 'norm'), again('Normalization', 'norm'));
  const statistics = { mean: [1, 2, 3, 4, 5, 6, 7, 8], variance: Array.from({ length: 8 }, () => 1) };
  const result = compileModel(document, { ...features, statistics }, configurationWith({}));
  if (!result.ok) throw new Error(result.problems[0]!.message);
  const means = result.model.programs.predict.operations.flatMap((operation) =>
    operation.op === 'constant' && operation.attributes.values.length === 4 ? [[...operation.attributes.values]] : [],
  );
  expect(means).toContainEqual([1, 2, 3, 4]);
  expect(means).not.toContainEqual([5, 6, 7, 8]);
});
