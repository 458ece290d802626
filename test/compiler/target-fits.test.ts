import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/compiler/analyze.ts';
import { lossSchema } from '../../src-shared/training/losses.ts';
import type { LossConfiguration } from '../../src-shared/training/losses.ts';
import type { MetricConfiguration } from '../../src-shared/training/metrics.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';

/** Problems of one Dense before the Output; 0 classes: the target is a number. */
function messages(
  units: number,
  activation: string,
  classes: number,
  loss: LossConfiguration,
  metrics: MetricConfiguration[] = [],
): string[] {
  const document = sequentialDocument([dense(units, activation)]);
  const features = classes === 0 ? numericFeatures([4]) : classFeatures([4], classes);
  return analyze(document, features, { loss, metrics }).problems.map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
}

test.each<[number, string, number, LossConfiguration]>([
  [1, 'linear', 0, 'huber'],
  [1, 'softplus', 0, 'poisson'],
  [1, 'sigmoid', 2, 'binaryFocalCrossentropy'],
  [1, 'tanh', 2, 'hinge'],
  [3, 'linear', 3, 'categoricalHinge'],
  [3, 'softmax', 3, { name: 'categoricalCrossentropy', labelSmoothing: 0.1 }],
  [3, 'linear', 3, 'cosineSimilarity'],
])('%i %s values for %i classes fit the loss %j', (...example) => {
  expect(messages(...example)).toEqual([]);
});

test.each<[number, string, number, LossConfiguration, string]>([
  [1, 'linear', 0, 'hinge', 'error: The loss hinge expected classes; received the number'],
  [1, 'linear', 0, 'cosineSimilarity', 'error: The loss cosineSimilarity expected classes'],
  [3, 'softmax', 3, 'poisson', 'error: The loss poisson expected a number; received the 3 classes'],
  [
    3,
    'softmax',
    3,
    'binaryFocalCrossentropy',
    'error: The loss binaryFocalCrossentropy expected 2 classes; received 3',
  ],
  [3, 'linear', 3, 'klDivergence', 'error: The loss klDivergence expected probabilities from softmax'],
  [1, 'linear', 0, 'poisson', 'advice: The loss poisson expected values above 0'],
  [4, 'linear', 3, 'categoricalHinge', 'error: The model expected 3 values'],
])('%i %s values for %i classes do not fit the loss %s', (units, activation, classes, loss, expected) => {
  expect(messages(units, activation, classes, loss)).toEqual([expect.stringContaining(expected)]);
});

test.each<[number, string, number, MetricConfiguration, string]>([
  [1, 'linear', 0, 'precision', 'precision counts classes'],
  [3, 'softmax', 3, 'mape', 'mape measures numbers'],
  [2, 'linear', 2, 'auc', 'auc expected probabilities'],
])('%i %s values for %i classes: advice on the metric %j', (units, activation, classes, metric, expected) => {
  const loss = classes === 0 ? 'auto' : 'meanSquaredError';
  expect(messages(units, activation, classes, loss, [metric])).toEqual([
    expect.stringContaining(`advice: ${expected}`),
  ]);
});

test('a loss is a name, or a name with options in their range', () => {
  expect(lossSchema.parse('auto')).toBe('auto');
  expect(lossSchema.parse('meanSquaredError')).toBe('meanSquaredError');
  expect(lossSchema.parse({ name: 'huber' })).toEqual({ name: 'huber', delta: 1 });
  expect(lossSchema.safeParse({ name: 'huber', delta: 0 }).success).toBe(false);
  expect(lossSchema.safeParse({ name: 'binaryCrossentropy', labelSmoothing: 2 }).success).toBe(false);
  expect(lossSchema.safeParse({ name: 'nonsense' }).success).toBe(false);
});
