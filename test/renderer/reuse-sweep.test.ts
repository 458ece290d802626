import { expect, test } from 'vitest';
import {
  randomLayers,
  readCounts,
  sweepSeconds,
  sweepVariants,
} from '../../src-renderer/features/model/reuse-sweep/reuse-sweep.ts';
import { liveProgress, progressWords } from '../../src-renderer/features/runs/groups/live-progress.ts';
import { rowsOf } from '../../src-renderer/features/runs/groups/run-rows.ts';
import type { RunsStore } from '../../src-renderer/state/runs-store.svelte.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { membersOf } from '../../src-shared/training/run/group-comparison.ts';
import { moons } from '../runs/example-run.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';
import { runSummary } from './run-summary.ts';

test.each([
  ['', []],
  [' 5, 10 ;20', [5, 10, 20]],
])("the numbers of layers in '%s' are read", (text, value) => {
  expect(readCounts(text)).toEqual({ value });
});

test.each(['0', '1.5', 'all', '-3'])("'%s' is no number of layers", (text) => {
  expect(readCounts(text)).toEqual({ fault: expect.stringContaining(`received '${text}'`) });
});

const model = sequentialDocument([dense(4, 'relu', { name: 'one' }), dense(2, 'softmax', { name: 'head' })]);
const project = { model, dataset: moons(), features: classFeatures([2], 2) };
const cuts = model.nodes.filter(({ name }) => name === 'one');

test.each([
  ['no choice of trained layers', { cuts, trained: [], multiplier: 1 }, {}, 'Choose which kept layers'],
  ['too many trained layers', { cuts, trained: [3], multiplier: 1 }, {}, 'expected at most 1'],
  ['a model without a cut and without frozen layers', { cuts: [], trained: [1], multiplier: 1 }, {}, 'Freeze layers'],
  [
    'phases that freeze layers themselves',
    { cuts, trained: [0], multiplier: 1 },
    { phases: [{ epochs: 2 }, { epochs: 3, frozen: { allButLast: 1 } }] },
    'phase 2 freezes layers itself',
  ],
])('a sweep with %s says why it cannot be trained', (_, choice, changes, words) => {
  const result = sweepVariants(project, { ...defaultTrainingConfiguration, ...changes }, choice);
  expect(result).toEqual({ fault: expect.stringContaining(words) });
});

test('layers that variants would freeze with random weights are named, unless their weights are given', () => {
  const result = sweepVariants(project, defaultTrainingConfiguration, { cuts, trained: ['all', 0], multiplier: 1 });
  const made = 'value' in result ? result.value : [];
  const start = { features: project.features, configuration: defaultTrainingConfiguration };
  expect(randomLayers(made, start, [])).toEqual(['one']);
  expect(randomLayers(made, start, [{ name: 'one/kernel', shape: [2, 4] }])).toEqual([]);
});

test('the time of a sweep follows from completed runs of the same model and data', () => {
  const names = { modelName: 'model', datasetName: 'data' };
  // 20 s for an epoch.
  const list = [runSummary(), runSummary({ datasetName: 'other', epochsDone: 1 }), runSummary({ state: 'failed' })];
  const size = { count: 6, epochs: 10, runsAtOnce: 2 };
  expect(sweepSeconds(list, names, size)).toBe((20 * 10 * 6) / 2);
  expect(sweepSeconds(list, { ...names, modelName: 'new' }, size)).toBeNull();
});

const group = (seed: number) => ({ id: 'g', name: 'sweep', variant: 'a', seed });
const [alone, second, first] = [
  runSummary({ id: 'alone', number: 3 }),
  runSummary({ id: 'second', number: 2, group: group(2), state: 'running', endedAt: null, epochsDone: 0 }),
  runSummary({ id: 'first', number: 1, group: group(1) }),
];

test('runs of a group are one row, unfolded below it', () => {
  const list = [alone, second, first];
  expect(rowsOf(list, new Set()).map(({ key }) => key)).toEqual(['alone', 'group g']);
  expect(rowsOf(list, new Set(['g'])).map(({ key }) => key)).toEqual(['alone', 'group g', 'second', 'first']);
});

test('progress of a group includes the epochs of the run that trains', () => {
  const runs = { progressOf: (id: string) => (id === 'second' ? { epoch: 3 } : null) } as unknown as RunsStore;
  const progress = liveProgress(membersOf([second, first], 'g'), runs, { runsAtOnce: 1 });
  expect(progress).toMatchObject({ runs: 2, completed: 1, fraction: 5 / 6 });
  expect(progressWords({ ...progress, failed: 1, unfinished: 2, secondsLeft: 65 })).toBe(
    '1 of 2, 1 failed, 2 stopped, 1:05 left',
  );
});
