import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { fromKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { readKerasJson } from '../../src-shared/interchange/keras/read-json.ts';
import { issuesText } from '../../src-shared/text/issue-text.ts';
import { didYouMean, nearestNames } from '../../src-shared/text/suggest.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import { configurationWith, numericFeatures, sequentialDocument } from '../support/documents.ts';

describe('nearestNames', () => {
  const losses = ['meanSquaredError', 'meanAbsoluteError', 'huber', 'hinge', 'poisson'];
  test.each([
    ['hubr', ['huber']],
    ['Huber', ['huber']],
    ['mean_squared_error', ['meanSquaredError']],
    ['mse', ['meanSquaredError']],
    ['pois', ['poisson']],
    ['hubre', ['huber']],
    ['frobnicate', []],
    ['', []],
    ['!!', []],
  ])('of %j', (typed, expected) => {
    expect(nearestNames(typed, losses)).toEqual(expected);
  });

  test('didYouMean lists equally near names', () => {
    expect(didYouMean('conv', ['conv1d', 'conv2d', 'dense'])).toBe(' Did you mean conv1d or conv2d?');
    expect(didYouMean(3, losses)).toBe('');
  });
});

describe('the message for an unknown name suggests the nearest', () => {
  test.each([
    ['a loss', { loss: 'hubr' }, "loss: expected one of 19 names (did you mean huber?), received 'hubr'"],
    [
      'a metric',
      { metrics: ['acuracy'] },
      "metrics.0: expected one of 16 names (did you mean accuracy?), received 'acuracy'",
    ],
    ['an optimizer', { optimizer: { kind: 'Adamm', learningRate: 1 } }, '(did you mean adam'],
    ['a schedule', { schedule: { kind: 'cosin', unit: 'step' } }, '(did you mean cosine'],
  ])('%s', (_, changes, expected) => {
    const value = { ...configurationWith({}), ...changes };
    const parsed = trainingConfigurationSchema.safeParse(value);
    expect(parsed.success ? '' : issuesText(parsed.error, value)).toContain(expected);
  });

  test.each([
    ['a kind', { kind: 'Dens', params: {} }, 'Did you mean Dense?'],
    ['an activation', { kind: 'Dense', params: { activation: 'rellu' } }, 'did you mean relu'],
    ['an initializer', { kind: 'Dense', params: { kernelInitializer: 'he_normal' } }, 'did you mean heNormal?'],
    ['a named initializer', { kind: 'Dense', params: { kernelInitializer: { name: 'HeNormal' } } }, 'heNormal?'],
  ])('%s', (_, layer, expected) => {
    const { problems } = analyze(sequentialDocument([layer]), numericFeatures([4]));
    expect(problems.map(({ message }) => message).join(' ')).toContain(expected);
  });

  test('for a layer of a Keras configuration', () => {
    const json = {
      class_name: 'Sequential',
      config: { name: 'm', layers: [{ class_name: 'Dens', config: { name: 'd', units: 3 } }] },
    };
    expect(fromKeras(readKerasJson(JSON.stringify(json))).notes.join(' ')).toContain('Did you mean Dense?');
  });
});
