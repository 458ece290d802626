import { expect, test } from 'vitest';
import { randomFrozenAtStart, randomFrozenText } from '../../src-shared/diagnostics/checks/random-frozen.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { chainModel, denseBlock, layer, use } from '../support/block-documents.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const start = (model: ModelDocument) => ({
  model,
  features: classFeatures([4], 3),
  configuration: defaultTrainingConfiguration,
});
const seq = (...lines: LayerLine[]) => start(sequentialDocument([...lines, dense(3, 'softmax', { name: 'classes' })]));
const frozen = { frozen: true, name: 'hidden' };

test('frozen layers begin at random from the seed, others do not count', () => {
  expect(randomFrozenAtStart(seq(dense(8, 'relu')), null)).toEqual([]);
  expect(randomFrozenAtStart(seq(dense(8, 'relu', frozen), { kind: 'Dropout', frozen: true }), null)).toEqual([
    'hidden',
  ]);
});

test('weights of an earlier run count where name and shape agree', () => {
  const model = seq(dense(8, 'relu', frozen));
  expect(randomFrozenAtStart(model, seq(dense(8, 'relu', { name: 'hidden' })))).toEqual([]);
  expect(randomFrozenAtStart(model, seq(dense(9, 'relu', { name: 'hidden' })))).toEqual(['hidden']);
  expect(randomFrozenAtStart(model, seq(dense(8, 'relu', { name: 'other' })))).toEqual(['hidden']);
});

test('layers with constant initial weights may be frozen without a warning', () => {
  const identity: LayerLine = { kind: 'Dense', params: { units: 4, kernelInitializer: 'identity' }, ...frozen };
  const normalization: LayerLine = { kind: 'BatchNormalization', ...frozen };
  expect(randomFrozenAtStart(seq(identity), null)).toEqual([]);
  expect(randomFrozenAtStart(seq(normalization), null)).toEqual([]);
});

test('frozen copies of a block are named, and those of a run with fewer copies are given', () => {
  const classes = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
  const stack = (repeat: number, more = {}) =>
    start(chainModel([use('stack', 'stack', { repeat }, more), classes], [denseBlock]));
  const model = stack(3, { frozenPaths: [[[1, 3]]] });
  expect(randomFrozenAtStart(model, null)).toEqual(['stack/dense', 'stack/2/dense', 'stack/3/dense']);
  expect(randomFrozenAtStart(model, stack(2))).toEqual(['stack/3/dense']);
});

test('the layers are named', () => {
  expect(randomFrozenText(['a'])).toContain("'a' is frozen");
  expect(randomFrozenText(['a', 'b'])).toContain("'a' and 'b' are frozen");
});
