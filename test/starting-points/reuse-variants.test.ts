import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { frozenLayers, withLastTrained } from '../../src-shared/starting-points/reuse-variants.ts';
import { spreadOf } from '../../src-shared/training/run/spread.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';

const model = sequentialDocument([
  dense(4, 'relu', { name: 'one', frozen: true }),
  { kind: 'Flatten', name: 'flat', frozen: true },
  dense(4, 'relu', { name: 'two', frozen: true }),
  dense(4, 'relu', { name: 'three', frozen: true }),
  dense(2, 'softmax', { name: 'head' }),
]);
const frozen = frozenLayers(model, analyze(model, classFeatures([3], 2)).nodes);
const namesOf = (ids: readonly string[]) => ids.map((id) => model.nodes.find((node) => node.id === id)!.name);

test('frozen layers with weights are in topological order', () => {
  expect(namesOf(frozen)).toEqual(['one', 'two', 'three']);
});

test.each([
  [0, ['one', 'flat', 'two', 'three']],
  [1, ['one', 'flat', 'two']],
  [3, ['flat']],
])('the last %d of them train, at their factor of the learning rate', (count, left) => {
  const { nodes } = withLastTrained(model, frozen, count, 0.01);
  expect(nodes.filter((node) => node.frozen).map(({ name }) => name)).toEqual(left);
  const slowed = nodes.filter(({ params }) => params['learningRateMultiplier'] === 0.01).map(({ id }) => id);
  expect(slowed).toEqual(frozen.slice(frozen.length - count));
});

test('the spread of values is their mean and the standard deviation of a sample', () => {
  expect(spreadOf([1, 2, 3, 6])).toEqual({ count: 4, mean: 3, deviation: Math.sqrt(14 / 3), least: 1, most: 6 });
  expect(spreadOf([5])).toEqual({ count: 1, mean: 5, deviation: null, least: 5, most: 5 });
  expect(spreadOf([])).toBeNull();
});
