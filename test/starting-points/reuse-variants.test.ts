import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import {
  frozenLayers,
  reuseVariants,
  withLastTrained,
} from '../../src-shared/starting-points/templates/reuse-variants.ts';
import { spreadOf } from '../../src-shared/training/run/spread.ts';
import { moons } from '../runs/example-run.ts';
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

const project = { model, dataset: moons(), features: classFeatures([3], 2) };
const node = (name: string) => model.nodes.find((each) => each.name === name)!;

test('a sweep has each number of trained layers on each cut, once', () => {
  const choice = { cuts: [node('one'), node('two')], trained: [0, 1, 'all'] as const, multiplier: 0.01 };
  expect(reuseVariants(project, choice, randomUUID).map(({ name, cut, trained }) => [name, cut, trained])).toEqual([
    ['up to one, head alone', 'one', 0],
    ['up to one, all layers trained', 'one', 1],
    ['up to two, head alone', 'two', 0],
    ['up to two, last 1 trained', 'two', 1],
    ['up to two, all layers trained', 'two', 2],
  ]);
});

test('without a cut the model is as it is', () => {
  const [head, last] = reuseVariants(project, { cuts: [], trained: [0, 2], multiplier: 0.01 }, randomUUID);
  expect(head).toMatchObject({ name: 'head alone', cut: null, model });
  expect(last!.name).toBe('last 2 trained');
  const unfrozen = sequentialDocument([dense(4, 'relu'), dense(2, 'softmax')]);
  const asItIs = reuseVariants(
    { ...project, model: unfrozen },
    { cuts: [], trained: [0, 'all'], multiplier: 1 },
    randomUUID,
  );
  expect(asItIs.map(({ name }) => name)).toEqual(['as it is']);
});

test.each([
  ['more layers than are kept', [node('one')], 2, "expected at most 1, the frozen layers with weights up to 'one'"],
  ['more layers than are frozen', [], 4, 'expected at most 3'],
])('a sweep that trains %s is refused', (_, cuts, count, words) => {
  expect(() => reuseVariants(project, { cuts, trained: [count], multiplier: 0.01 }, randomUUID)).toThrow(words);
});

test('a cut at an Output is refused', () => {
  const cuts = [model.nodes.find(({ kind }) => kind === 'Output')!];
  expect(() => reuseVariants(project, { cuts, trained: [0], multiplier: 0.01 }, randomUUID)).toThrow('is an Output');
});
