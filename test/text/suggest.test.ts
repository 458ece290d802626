import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
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
  const suggestion = (name: string) => new RegExp(`did you mean ${name}\\b`, 'i');

  test.each([
    ['a loss', { loss: 'hubr' }, 'huber'],
    ['a metric', { metrics: ['acuracy'] }, 'accuracy'],
    ['an optimizer', { optimizer: { kind: 'Adamm', learningRate: 1 } }, 'adam'],
    ['a schedule', { schedule: { kind: 'cosin', unit: 'step' } }, 'cosine'],
  ])('for %s', (_, changes, expected) => {
    const value = { ...configurationWith({}), ...changes };
    const parsed = trainingConfigurationSchema.safeParse(value);
    expect(parsed.success ? '' : issuesText(parsed.error, value)).toMatch(suggestion(expected));
  });

  test.each([
    ['a kind', { kind: 'Dens', params: {} }, 'Dense'],
    ['an activation', { kind: 'Dense', params: { activation: 'rellu' } }, 'relu'],
    ['an initializer', { kind: 'Dense', params: { kernelInitializer: 'he_normal' } }, 'heNormal'],
    ['a named initializer', { kind: 'Dense', params: { kernelInitializer: { name: 'HeNormal' } } }, 'heNormal'],
  ])('for %s', (_, layer, expected) => {
    const { problems } = analyze(sequentialDocument([layer]), numericFeatures([4]));
    expect(problems.map(({ message }) => message).join(' ')).toMatch(suggestion(expected));
  });

  test('for a layer of a Keras configuration', () => {
    const json = {
      class_name: 'Sequential',
      config: { name: 'm', layers: [{ class_name: 'Dens', config: { name: 'd', units: 3 } }] },
    };
    const { losses } = readKeras(JSON.stringify(json)).report;
    expect(losses.map(({ message }) => message).join(' ')).toMatch(suggestion('Dense'));
  });
});
