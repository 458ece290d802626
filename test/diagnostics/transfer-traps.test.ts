import { describe, expect, test } from 'vitest';
import { modelWeights } from '../../src-shared/compiler/model-programs.ts';
import { transferTraps } from '../../src-shared/diagnostics/checks/transfer-traps.ts';
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
