import { describe, expect, test } from 'vitest';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { transferTraps, unfreezingTraps } from '../../src-shared/diagnostics/checks/transfer-traps.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { optimizerSchema } from '../../src-shared/training/configuration/optimizers.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

interface Settings extends Partial<TrainingConfiguration> {
  base?: Partial<LayerLine>;
  /** Names of layers with trained weights. */
  trained?: readonly string[];
}

/** A base of Dense and BatchNormalization, and a head. */
function traps({ base = {}, trained = ['base', 'bn'], ...settings }: Settings): string[] {
  const configuration = { ...defaultTrainingConfiguration, ...settings };
  const document = sequentialDocument([
    { ...dense(8, 'relu', { name: 'base' }), ...base },
    { kind: 'BatchNormalization', name: 'bn', ...base },
    dense(3, 'softmax', { name: 'head' }),
  ]);
  const weights = modelWeights(document, classFeatures([4], 3), configuration);
  const given = new Set(weights.filter(({ layer }) => trained.includes(layer)).map(({ name }) => name));
  const updated = new Set(weights.filter(({ frozen }) => !frozen).map(({ name }) => name));
  return transferTraps({ weights, updated, given, configuration });
}

const adam = (learningRate: number) => optimizerSchema.parse({ kind: 'adam', learningRate });

describe('trained layers next to a new one', () => {
  test('are named with the rate and the layer that starts from random weights', () => {
    expect(traps({ optimizer: adam(0.002) })).toEqual([
      expect.stringMatching(/'base' and 'bn'.*0\.002.*'head'.*at most 0\.0001/),
    ]);
  });

  test.each([
    ['the base is frozen', { base: { frozen: true } }],
    ['the rate is small', { optimizer: adam(1e-4) }],
    ['the rate of SGD is small', { optimizer: optimizerSchema.parse({ kind: 'sgd', learningRate: 1e-3 }) }],
    ['all layers are trained', { trained: ['base', 'bn', 'head'] }],
    ['no layer is trained', { trained: [] }],
  ] satisfies [string, Settings][])('no warning if %s', (_, settings) => {
    expect(traps(settings)).toEqual([]);
  });

  test('a multiplier of the learning rate counts', () => {
    const base = { params: { units: 8, learningRateMultiplier: 0.05 } };
    expect(traps({ base, trained: ['base'] })).toEqual([]);
  });
});

test('trained statistics that small batches would replace are named', () => {
  const all = { trained: ['base', 'bn', 'head'] };
  expect(traps({ ...all, batchSize: 8 })).toEqual([expect.stringMatching(/^'bn'.*8 rows.*at least 16/)]);
  expect(traps({ ...all, batchSize: 16 })).toEqual([]);
  expect(traps({ ...all, batchSize: 8, base: { frozen: true } })).toEqual([]);
});

describe('trained layers that are unfrozen while a run trains', () => {
  const weights = modelWeights(
    sequentialDocument([dense(8, 'relu', { name: 'base' }), dense(3, 'softmax', { name: 'head' })]),
    classFeatures([4], 3),
    defaultTrainingConfiguration,
  ).filter(({ layer }) => layer === 'base');
  const settled = [1, 0.5, 0.4, 0.39];
  const warnings = (learningRate: number, losses: readonly number[], epochs = losses.length) =>
    unfreezingTraps({ weights, optimizer: 'adam', learningRate, epochs, losses });

  test('at a large rate are named with the rate', () => {
    expect(warnings(0.001, settled)).toEqual([expect.stringMatching(/^'base'.*rate of 0\.001,.*at most 0\.0001/)]);
    expect(warnings(1e-4, settled)).toEqual([]);
  });

  test('while the loss still falls are named with the losses and the epochs', () => {
    expect(warnings(1e-4, [1, 0.7, 0.5])).toEqual([
      expect.stringMatching(/3 epochs.*0\.7 to 0\.5.*40 %.*at most 0\.00001/),
    ]);
    expect(warnings(1e-4, [], 0)).toEqual([expect.stringContaining('not trained for an epoch')]);
    expect(warnings(1e-4, [1])).toEqual([expect.stringContaining('one epoch')]);
  });

  test.each<[string, number, readonly number[], number]>([
    ['the rate is very small', 1e-5, [1, 0.7, 0.5], 3],
    ['the loss rises', 1e-4, [1, 0.7, 0.8], 3],
    ['the losses are not known', 1e-4, [], 5],
  ])('no warning if %s', (_, rate, losses, epochs) => {
    expect(warnings(rate, losses, epochs)).toEqual([]);
  });

  test('several warnings for several faults', () => {
    expect(warnings(0.01, [1, 0.7, 0.5])).toHaveLength(2);
  });
});
