import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ClassWeights } from '../../src-shared/training/configuration/configuration.ts';
import { lossSchema } from '../../src-shared/training/configuration/losses.ts';
import type { LossConfiguration } from '../../src-shared/training/configuration/losses.ts';
import type { MetricConfiguration } from '../../src-shared/training/configuration/metrics.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

/** Problems of one Dense before the Output; 0 classes: numeric target. */
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
  [3, 'softmax', 3, { name: 'categoricalCrossentropy', fromLogits: false, labelSmoothing: 0.1 }],
  [3, 'linear', 3, 'cosineSimilarity'],
])('%i %s values for %i classes fit the loss %j', (...example) => {
  expect(messages(...example)).toEqual([]);
});

test.each<[number, string, number, LossConfiguration, string]>([
  [1, 'linear', 0, 'hinge', "error: The loss Hinge needs classes; 'value' is a number"],
  [
    1,
    'linear',
    0,
    'cosineSimilarity',
    'error: The loss Cosine similarity needs classes, or several numbers in one Output',
  ],
  [3, 'softmax', 3, 'poisson', "error: The loss Poisson needs a number; 'label' has 3 classes"],
  [
    3,
    'softmax',
    3,
    'binaryFocalCrossentropy',
    "error: The loss Binary focal cross-entropy needs 2 classes; 'label' has 3",
  ],
  [3, 'linear', 3, 'klDivergence', 'error: The loss Kullback–Leibler divergence needs probabilities from softmax'],
  [1, 'linear', 0, 'poisson', 'advice: The loss Poisson needs values above 0'],
  [4, 'linear', 3, 'categoricalHinge', 'error: The last layer needs 3 values'],
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

const logits = (name: string): LossConfiguration => lossSchema.parse({ name, fromLogits: true });

/** Problems of a model with these last layers. */
function endProblems(lines: LayerLine[], classes: number, loss: LossConfiguration) {
  return analyze(sequentialDocument(lines), classFeatures([4], classes), { loss, metrics: [] }).problems;
}

test('a loss from logits needs linear values', () => {
  expect(messages(3, 'linear', 3, logits('sparseCategoricalCrossentropy'), ['accuracy'])).toEqual([]);
  expect(endProblems([dense(3, 'softmax', { name: 'p' })], 3, logits('sparseCategoricalCrossentropy'))).toMatchObject([
    {
      severity: 'error',
      nodeId: 'p',
      message: expect.stringContaining('softmax with a logits loss') as string,
      fixes: [{ action: 'set-param', params: { nodeId: 'p', name: 'activation', value: 'linear' } }],
    },
  ]);
  expect(messages(1, 'sigmoid', 2, logits('binaryCrossentropy'))).toEqual([
    expect.stringContaining('error: The loss Binary cross-entropy from logits needs linear values'),
  ]);
  expect(messages(1, 'tanh', 2, logits('binaryCrossentropy'))).toEqual([expect.stringContaining('advice: ')]);
});

test('a last activation layer is removed for a loss from logits', () => {
  const lines = [dense(3), { kind: 'Softmax', name: 's' }];
  expect(endProblems(lines, 3, logits('sparseCategoricalCrossentropy'))).toMatchObject([
    { severity: 'error', nodeId: 's', fixes: [{ action: 'take-out', params: { nodeId: 's' } }] },
  ]);
});

test('an activation is inserted after a last layer without one', () => {
  const lines = [dense(3, 'relu'), { kind: 'BatchNormalization', name: 'norm' }];
  expect(endProblems(lines, 3, 'sparseCategoricalCrossentropy')).toMatchObject([
    {
      code: 'target/activation',
      nodeId: 'norm',
      message: expect.stringMatching(/'norm'\. Insert Activation with softmax before/) as string,
      fixes: [{ action: 'insert-before', params: { kind: 'Activation', params: { activation: 'softmax' } } }],
    },
  ]);
  expect(endProblems(lines, 3, logits('sparseCategoricalCrossentropy'))).toEqual([]);
});

test.each<[MetricConfiguration, string[]]>([
  ['accuracy', ['advice: Accuracy compares logits with 0.5']],
  ['f1_score', ['advice: f1_score compares logits with 0.5']],
  ['precision', ['advice: precision compares logits with its threshold 0.5']],
  [{ name: 'binary_accuracy', threshold: 0 }, []],
])('one logit and the metric %j', (metric, expected) => {
  expect(messages(1, 'linear', 2, logits('binaryCrossentropy'), [metric])).toEqual(
    expected.map((message) => expect.stringContaining(message) as string),
  );
});

/** Problems of one Dense before an Output with three two-class targets. */
function labelProblems(
  units: number,
  activation: string,
  loss: LossConfiguration = 'auto',
  more: { metrics?: MetricConfiguration[]; classWeights?: ClassWeights } = {},
): string[] {
  const names = ['garden', 'lift', 'cellar'];
  const document = sequentialDocument([dense(units, activation)]);
  const output = document.nodes.at(-1)!;
  const nodes = [...document.nodes.slice(0, -1), { ...output, params: { targets: names } }];
  const targets = names.map((name) => ({ kind: 'classes' as const, name, classes: ['no', 'yes'] }));
  const goals = { loss, metrics: [], ...more };
  return analyze({ ...document, nodes }, { inputShape: [4], targets }, goals).problems.map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
}

test.each<[string, LossConfiguration]>([
  ['sigmoid', 'auto'],
  ['sigmoid', 'binaryFocalCrossentropy'],
  ['linear', logits('binaryCrossentropy')],
  ['sigmoid', 'meanSquaredError'],
  ['tanh', 'squaredHinge'],
])('three %s values for three labels fit the loss %j', (activation, loss) => {
  expect(labelProblems(3, activation, loss)).toEqual([]);
});

test.each<[number, string, LossConfiguration, string]>([
  [
    2,
    'sigmoid',
    'auto',
    "The last layer needs 3 values for the labels 'garden', 'lift', 'cellar'; Dense 'dense_1' gives 2",
  ],
  [3, 'linear', 'auto', 'The loss Binary cross-entropy needs probabilities from sigmoid'],
  [3, 'softmax', 'auto', 'Several labels may be true at once; received softmax, whose values sum to 1,'],
  [3, 'softmax', 'meanSquaredError', 'Several labels may be true at once'],
  [3, 'softmax', 'categoricalCrossentropy', 'The loss Categorical cross-entropy needs one target with exclusive'],
  [3, 'sigmoid', 'poisson', "The loss Poisson needs a number; received the labels 'garden'"],
])('%i %s values for three labels do not fit the loss %j', (units, activation, loss, expected) => {
  expect(labelProblems(units, activation, loss)).toEqual([expect.stringContaining(`error: ${expected}`)]);
});

test.each<[MetricConfiguration, string[]]>([
  ['binary_accuracy', []],
  ['f1_score', []],
  ['accuracy', ['advice: Accuracy compares the largest value with the first true label, as in Keras']],
  ['top_k_categorical_accuracy', ['error: top_k_categorical_accuracy expected one target with classes']],
  ['mape', ["advice: mape measures numbers; the target 'garden' has classes. Choose binary_accuracy"]],
])('three labels and the metric %j', (metric, expected) => {
  expect(labelProblems(3, 'sigmoid', 'auto', { metrics: [metric] })).toEqual(
    expected.map((message) => expect.stringContaining(message) as string),
  );
});

test('labels from logits: advice on F1, which compares with 0.5', () => {
  expect(labelProblems(3, 'linear', logits('binaryCrossentropy'), { metrics: ['f1_score'] })).toEqual([
    expect.stringContaining('advice: f1_score compares logits with 0.5'),
  ]);
});

test('class weights with several labels: error', () => {
  expect(labelProblems(3, 'sigmoid', 'auto', { classWeights: 'balanced' })).toEqual([
    expect.stringContaining('error: Class weights expected one target with classes; received the labels'),
  ]);
});

test('accuracy with a hinge loss: advice, because it compares margins with 0.5', () => {
  expect(messages(1, 'tanh', 2, 'hinge', ['accuracy'])).toEqual([
    'advice: Accuracy compares margins with 0.5, as in Keras; hinge separates the classes at 0. Choose binary_accuracy with the threshold 0.',
  ]);
  expect(messages(1, 'tanh', 2, 'hinge', [{ name: 'binary_accuracy', threshold: 0 }])).toEqual([]);
  expect(messages(1, 'tanh', 2, 'hinge')).toEqual([]);
});
