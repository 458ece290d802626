import { expect, test } from 'vitest';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import {
  randomFrozenAdvice,
  randomFrozenAtStart,
  randomFrozenText,
  type StartedModel,
} from '../../src-shared/diagnostics/checks/random-frozen.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { classFeatures, dense, mlpDocument, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const start = (model: ModelDocument) => ({
  model,
  features: classFeatures([4], 3),
  configuration: defaultTrainingConfiguration,
});
const seq = (...lines: LayerLine[]) => start(sequentialDocument([...lines, dense(3, 'softmax', { name: 'classes' })]));
const weightsOf = ({ model, features, configuration }: StartedModel) => modelWeights(model, features, configuration);
const frozen = { frozen: true, name: 'hidden' };

test('randomFrozenAtStart lists frozen layers with random initial weights', () => {
  expect(randomFrozenAtStart(seq(dense(8, 'relu')), [])).toEqual([]);
  expect(randomFrozenAtStart(seq(dense(8, 'relu', frozen), { kind: 'Dropout', frozen: true }), [])).toEqual(['hidden']);
});

test('randomFrozenAtStart omits layers whose weights an earlier run provides by name and shape', () => {
  const model = seq(dense(8, 'relu', frozen));
  expect(randomFrozenAtStart(model, weightsOf(seq(dense(8, 'relu', { name: 'hidden' }))))).toEqual([]);
  expect(randomFrozenAtStart(model, weightsOf(seq(dense(9, 'relu', { name: 'hidden' }))))).toEqual(['hidden']);
  expect(randomFrozenAtStart(model, weightsOf(seq(dense(8, 'relu', { name: 'other' }))))).toEqual(['hidden']);
});

test('randomFrozenAtStart omits layers with constant initial weights', () => {
  const identity: LayerLine = { kind: 'Dense', params: { units: 4, kernelInitializer: 'identity' }, ...frozen };
  const normalization: LayerLine = { kind: 'BatchNormalization', ...frozen };
  expect(randomFrozenAtStart(seq(identity), [])).toEqual([]);
  expect(randomFrozenAtStart(seq(normalization), [])).toEqual([]);
});

test('randomFrozenAtStart lists frozen copies of a block that an earlier run with fewer copies lacks', () => {
  const classes = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
  const stack = (repeat: number, more = {}) =>
    start(chainModel([use('stack', 'stack', { repeat }, more), classes], [denseBlock]));
  const model = stack(3, { frozenPaths: [[[1, 3]]] });
  expect(randomFrozenAtStart(model, [])).toEqual(['stack/dense', 'stack/2/dense', 'stack/3/dense']);
  expect(randomFrozenAtStart(model, weightsOf(stack(2)))).toEqual(['stack/3/dense']);
});

test('randomFrozenText names the layers', () => {
  expect([['a'], ['a', 'b']].map(randomFrozenText)).toMatchInlineSnapshot(`
    [
      "'a' is frozen. This training has no trained weights for it and leaves its random initial weights unchanged.",
      "'a' and 'b' are frozen. This training has no trained weights for them and leaves their random initial weights unchanged.",
    ]
  `);
});

const images = classFeatures([28, 28, 1], 10);
const adviceOn = (document: ModelDocument) => randomFrozenAdvice(document, analyze(document, images), false);

function withFrozen(...names: string[]): ModelDocument {
  const document = mlpDocument();
  return { ...document, nodes: document.nodes.map((node) => ({ ...node, frozen: names.includes(node.name) })) };
}

test('frozen layers with random weights get one advice, whose fix unfreezes them', () => {
  expect(adviceOn(withFrozen())).toBeNull();
  const one = adviceOn(withFrozen('hidden1', 'flatten'))!;
  expect(one).toMatchObject({ severity: 'advice', nodeId: 'hidden1' });
  const document = withFrozen('hidden1', 'hidden2');
  const two = adviceOn(document)!;
  expect(two).toMatchObject({
    nodeId: null,
    fixes: [{ action: 'set-frozen', params: { nodeIds: ['hidden1', 'hidden2'], frozen: false } }],
  });
  const change = changeForFix(document, two.fixes[0]!, () => 'id')!;
  expect(adviceOn(applyChange(document, change))).toBeNull();
});

test('a frozen layer with constant initial weights gets no advice', () => {
  const normalized = sequentialDocument([
    { kind: 'BatchNormalization', frozen: true },
    { kind: 'Flatten' },
    dense(10, 'softmax'),
  ]);
  expect(adviceOn(normalized)).toBeNull();
});

test('a frozen layer inside a block gets the advice', () => {
  const inside = denseBlock.nodes.map((node) => ({ ...node, frozen: node.kind === 'Dense' }));
  const classes = layer('Dense', 'classes', { units: 10, activation: 'softmax' });
  const model = chainModel(
    [layer('Flatten', 'flatten'), use('stack', 'stack'), classes],
    [{ ...denseBlock, nodes: inside }],
  );
  expect(adviceOn(model)).toMatchObject({ nodeId: 'stack', fixes: [{ action: 'unfreeze-all' }] });
});

test('a model that names first weights gets no advice', () => {
  const document = withFrozen('hidden1');
  const weights = { artifact: 'a'.repeat(64), label: 'run 1' };
  expect(adviceOn({ ...document, weights })).toBeNull();
});

test('the advice also appears when runs have weights, because Train starts from the seed', () => {
  const document = withFrozen('hidden1');
  expect(randomFrozenAdvice(document, analyze(document, images), true)).toMatchObject({ nodeId: 'hidden1' });
  expect(randomFrozenAdvice(withFrozen(), analyze(withFrozen(), images), true)).toBeNull();
});
