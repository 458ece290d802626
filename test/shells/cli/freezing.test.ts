import { expect, test } from 'vitest';
import { freezingOf } from '../../../src-main/shells/cli/options/freezing.ts';
import { setFrozenIn } from '../../../src-shared/document/blocks/block-freezing.ts';
import { applyChange } from '../../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { withFrozen, type Freezing } from '../../../src-shared/training/commands/freezing.ts';
import type { RecordedCommand } from '../../../src-shared/training/commands/run-command.ts';
import { chainModel, denseBlock, layer, use } from '../../support/block-documents.ts';
import { classFeatures, configurationWith } from '../../support/documents.ts';

const model: ModelDocument = chainModel(
  [
    layer('Dense', 'middle', { units: 6 }),
    use('stack', 'stack', { repeat: 2, units: 6 }),
    use('stack', 'tower', { units: 6 }),
    layer('Dense', 'again', {}, { weightsOf: 'middle' }),
    layer('Dropout', 'drop'),
    layer('Dense', 'classes', { units: 3, activation: 'softmax' }),
  ],
  [denseBlock],
);

type Run = Parameters<typeof freezingOf>[1];

function runWith(changes: Partial<Run> = {}): Run {
  const features = classFeatures([6], 3) as Run['featureSpec'];
  const position = { startStep: 20, stepsDone: 60, createdAt: '2026-11-21T08:00:00.000Z' };
  return {
    state: 'running',
    model,
    featureSpec: features,
    configuration: configurationWith({}),
    commands: [],
    ...position,
    ...changes,
  };
}

const frozen = (name: string): Freezing => ({ layer: name, frozen: true });
const trained = (name: string): Freezing => ({ layer: name, frozen: false });
const errorOf = (options: Parameters<typeof freezingOf>[0], run = runWith()) => {
  try {
    freezingOf(options, run);
  } catch (thrown) {
    return thrown;
  }
  return null;
};

test('layers, copies and layers inside blocks are frozen after those that are unfrozen', () => {
  const options = { freeze: ['middle', 'stack/dense', 'stack/2', 'tower/1/norm'], unfreeze: ['classes'] };
  expect(freezingOf(options, runWith())).toEqual([trained('classes'), ...options.freeze.map(frozen)]);
  expect(freezingOf({}, runWith())).toEqual([]);
});

test('unfreezing a block that is frozen in parts unfreezes all that is inside', () => {
  const inBlock = applyChange(model, setFrozenIn(model, 'stack', ['dense'], true)!);
  const run = runWith({ model: withFrozen(inBlock, [frozen('stack/2'), frozen('tower/norm')]) });
  const inside = [trained('stack/2'), { layer: 'dense', block: 'stack', frozen: false }];
  expect(freezingOf({ unfreeze: ['stack'] }, run)).toEqual(inside);
  expect(freezingOf({ unfreeze: ['stack'], freeze: ['stack/dense'] }, run)).toEqual([...inside, frozen('stack/dense')]);
});

test('the model is that of the run with its applied commands', () => {
  const at = (seq: number, step: number, change: Freezing, time: string): RecordedCommand => ({
    ...{ seq, step, epoch: 1, at: `2026-11-21T${time}:00.000Z` },
    command: { kind: 'set', patch: { frozen: [change] } },
  });
  const commands = [
    // Of the run that it resumes: before its start, applied, and still to be applied.
    at(1, 10, frozen('stack/1'), '07:00'),
    at(2, 30, frozen('stack/norm'), '07:01'),
    at(3, 90, frozen('stack/2'), '07:02'),
    // Its own, newer than the recorded progress.
    at(4, 61, frozen('stack/dense'), '08:01'),
  ];
  expect(freezingOf({ unfreeze: ['stack'] }, runWith({ commands }))).toEqual([
    trained('stack/norm'),
    trained('stack/dense'),
  ]);
});

test.each([
  ['unknown', { layer: 'midle', near: ['middle'] }],
  ['inside a block', { layer: 'dense', near: ['stack/dense', 'tower/dense'] }],
  ['shared', { layer: 'again', owner: 'middle' }],
  ['without weights', { layer: 'drop' }],
  ['inside a block, without weights', { layer: 'stack/drop' }],
  ['a copy that the block does not have', { layer: 'stack/3' }],
])('refuses a layer: %s', (_, details) => {
  const refused = { code: 'training/cannot-set', details };
  expect(errorOf({ freeze: [details.layer] })).toMatchObject(refused);
  expect(errorOf({ unfreeze: [details.layer] })).toMatchObject(refused);
});

test('refuses to unfreeze a part of what is frozen as a whole', () => {
  const refused = { code: 'training/cannot-set', details: { layer: 'stack/dense', block: 'stack' } };
  const inBlock = applyChange(model, setFrozenIn(model, 'stack', ['dense'], true)!);
  for (const whole of [withFrozen(model, [frozen('stack')]), withFrozen(model, [frozen('stack/1-2')]), inBlock]) {
    expect(errorOf({ unfreeze: ['stack/dense'] }, runWith({ model: whole }))).toMatchObject(refused);
  }
  expect(errorOf({ unfreeze: ['stack/dense'] })).toBeNull();
});

test('refuses a layer that is both frozen and unfrozen', () => {
  expect(errorOf({ freeze: ['middle'], unfreeze: ['middle'] })).toMatchObject({ code: 'cli/bad-arguments' });
});

test('leaves it to the run to refuse a command in its state, and does not ask for weights before they are known', () => {
  expect(freezingOf({ freeze: ['none'] }, runWith({ state: 'completed' }))).toEqual([frozen('none')]);
  expect(freezingOf({ freeze: ['drop'] }, runWith({ featureSpec: null }))).toEqual([frozen('drop')]);
});

test('all but the last layers with weights are frozen, the last ones unfrozen with what is inside', () => {
  const allBut = (count: string, run = runWith()) => freezingOf({ 'freeze-all-but': count }, run);
  expect(allBut('2')).toEqual([trained('tower'), trained('classes'), frozen('middle'), frozen('stack')]);
  const inside = withFrozen(model, [frozen('stack/2')]);
  expect(allBut('3', runWith({ model: inside }))).toEqual([
    trained('stack/2'),
    trained('tower'),
    trained('classes'),
    frozen('middle'),
  ]);
  const bad = { code: 'cli/bad-arguments' };
  for (const count of ['0', '4', 'two']) expect(errorOf({ 'freeze-all-but': count })).toMatchObject(bad);
  expect(errorOf({ 'freeze-all-but': '1', freeze: ['middle'] })).toMatchObject(bad);
  const preparing = runWith({ featureSpec: null });
  expect(errorOf({ 'freeze-all-but': '1' }, preparing)).toMatchObject({ code: 'training/cannot-set' });
});
