import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ClassWeights } from '../../src-shared/training/configuration/configuration.ts';
import { lossSchema } from '../../src-shared/training/configuration/losses.ts';
import type { LossConfiguration } from '../../src-shared/training/configuration/losses.ts';
import type { MetricConfiguration } from '../../src-shared/training/configuration/metrics.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';

/** Problems of one Dense before the Output; 0 classes: numeric target. */
function problemsOf(
  units: number,
  activation: string,
  classes: number,
  loss: LossConfiguration,
  metrics: MetricConfiguration[] = [],
): readonly GraphProblem[] {
  const document = sequentialDocument([dense(units, activation)]);
  const features = classes === 0 ? numericFeatures([4]) : classFeatures([4], classes);
  return analyze(document, features, { loss, metrics }).problems;
}

const codes = (problems: readonly GraphProblem[]) => problems.map(({ severity, code }) => `${severity} ${code}`);
const messages = (problems: readonly GraphProblem[]) => problems.map(({ message }) => message).join('\n');

test.each<[number, string, number, LossConfiguration]>([
  [1, 'linear', 0, 'huber'],
  [1, 'softplus', 0, 'poisson'],
  [1, 'sigmoid', 2, 'binaryFocalCrossentropy'],
  [1, 'tanh', 2, 'hinge'],
  [3, 'linear', 3, 'categoricalHinge'],
  [3, 'softmax', 3, { name: 'categoricalCrossentropy', fromLogits: false, labelSmoothing: 0.1 }],
  [3, 'linear', 3, 'cosineSimilarity'],
])('%i %s values for %i classes fit the loss %j', (...example) => {
  expect(problemsOf(...example)).toEqual([]);
});

const unsuitedLosses: readonly [number, string, number, LossConfiguration, string][] = [
  [1, 'linear', 0, 'hinge', 'error target/loss'],
  [1, 'linear', 0, 'cosineSimilarity', 'error target/loss'],
  [3, 'softmax', 3, 'poisson', 'error target/loss'],
  [3, 'softmax', 3, 'binaryFocalCrossentropy', 'error target/loss'],
  [3, 'linear', 3, 'klDivergence', 'error target/activation'],
  [1, 'linear', 0, 'poisson', 'advice target/activation'],
  [4, 'linear', 3, 'categoricalHinge', 'error target/units'],
];

test.each(unsuitedLosses)('%i %s values for %i classes do not fit the loss %j: %s', (...row) => {
  const [units, activation, classes, loss, expected] = row;
  expect(codes(problemsOf(units, activation, classes, loss))).toEqual([expected]);
});

test('messages of losses that do not fit', () => {
  const found = unsuitedLosses.map(([units, activation, classes, loss]) =>
    messages(problemsOf(units, activation, classes, loss)),
  );
  expect(found).toMatchInlineSnapshot(`
    [
      "The loss Hinge needs classes; 'value' is a number. Choose another loss, or choose it automatically.",
      "The loss Cosine similarity needs classes, or several numbers in one Output; 'value' is a number. Choose another loss, or choose it automatically.",
      "The loss Poisson needs a number; 'label' has 3 classes. Choose another loss, or choose it automatically.",
      "The loss Binary focal cross-entropy needs 2 classes; 'label' has 3. Choose another loss, or choose it automatically.",
      "The loss Kullback–Leibler divergence needs probabilities from softmax at the end; it gets other values from Dense 'dense_1'. Set its activation to softmax.",
      "The loss Poisson needs values above 0; it gets any from Dense 'dense_1'. Set its activation to softplus or exponential.",
      "The last layer needs 3 values for the 3 classes of 'label'; Dense 'dense_1' gives 4. Set units to 3.",
    ]
  `);
});

const unsuitedMetrics: readonly [number, string, number, MetricConfiguration][] = [
  [1, 'linear', 0, 'precision'],
  [3, 'softmax', 3, 'mape'],
  [2, 'linear', 2, 'auc'],
];
const metricProblems = ([units, activation, classes, metric]: (typeof unsuitedMetrics)[number]) =>
  problemsOf(units, activation, classes, classes === 0 ? 'auto' : 'meanSquaredError', [metric]);

test.each(unsuitedMetrics)('%i %s values for %i classes: advice on the metric %j', (...row) => {
  expect(codes(metricProblems(row))).toEqual(['advice target/metric']);
});

test('messages of metrics that do not fit', () => {
  expect(unsuitedMetrics.map((row) => messages(metricProblems(row)))).toMatchInlineSnapshot(`
    [
      "precision counts classes; the target 'value' is a number. Choose mae or rmse.",
      "mape measures numbers; the target 'label' has classes. Choose accuracy.",
      "auc expected probabilities from sigmoid or softmax as last activation; received other values. Set the last activation, or choose another metric.",
    ]
  `);
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
  expect(problemsOf(3, 'linear', 3, logits('sparseCategoricalCrossentropy'), ['accuracy'])).toEqual([]);
  expect(endProblems([dense(3, 'softmax', { name: 'p' })], 3, logits('sparseCategoricalCrossentropy'))).toMatchObject([
    {
      severity: 'error',
      code: 'target/activation',
      nodeId: 'p',
      fixes: [{ action: 'set-param', params: { nodeId: 'p', name: 'activation', value: 'linear' } }],
    },
  ]);
  const sigmoid = problemsOf(1, 'sigmoid', 2, logits('binaryCrossentropy'));
  expect(codes(sigmoid)).toEqual(['error target/activation']);
  expect(messages(sigmoid)).toMatchInlineSnapshot(
    `"The loss Binary cross-entropy from logits needs linear values at the end; it gets sigmoid with a logits loss, which applies it again, from Dense 'dense_1'. Set its activation to linear."`,
  );
  expect(codes(problemsOf(1, 'tanh', 2, logits('binaryCrossentropy')))).toEqual(['advice target/activation']);
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
      fixes: [{ action: 'insert-before', params: { kind: 'Activation', params: { activation: 'softmax' } } }],
    },
  ]);
  expect(endProblems(lines, 3, logits('sparseCategoricalCrossentropy'))).toEqual([]);
});

const logitProblems = (metric: MetricConfiguration) =>
  problemsOf(1, 'linear', 2, logits('binaryCrossentropy'), [metric]);

test.each<[MetricConfiguration, string[]]>([
  ['accuracy', ['advice target/metric']],
  ['f1_score', ['advice target/metric']],
  ['precision', ['advice target/metric']],
  [{ name: 'binary_accuracy', threshold: 0 }, []],
])('one logit and the metric %j: %j', (metric, expected) => {
  expect(codes(logitProblems(metric))).toEqual(expected);
});

test('messages of metrics that compare logits', () => {
  const metrics = ['accuracy', 'f1_score', 'precision'] as const;
  expect(metrics.map((metric) => messages(logitProblems(metric)))).toMatchInlineSnapshot(`
    [
      "Accuracy compares logits with 0.5, as in Keras; the logit 0 is the probability 0.5. Choose binary_accuracy with the threshold 0.",
      "f1_score compares logits with 0.5, as in Keras; the logit 0 is the probability 0.5. Choose binary_accuracy with the threshold 0.",
      "precision compares logits with its threshold 0.5, as in Keras; the logit 0 is the probability 0.5. Set its threshold to 0.",
    ]
  `);
});

/** Problems of one Dense before an Output with three two-class targets. */
function labelProblems(
  units: number,
  activation: string,
  loss: LossConfiguration = 'auto',
  more: { metrics?: MetricConfiguration[]; classWeights?: ClassWeights } = {},
): readonly GraphProblem[] {
  const names = ['garden', 'lift', 'cellar'];
  const document = sequentialDocument([dense(units, activation)]);
  const output = document.nodes.at(-1)!;
  const nodes = [...document.nodes.slice(0, -1), { ...output, params: { targets: names } }];
  const targets = names.map((name) => ({ kind: 'classes' as const, name, classes: ['no', 'yes'] }));
  const goals = { loss, metrics: [], ...more };
  return analyze({ ...document, nodes }, { inputShape: [4], targets }, goals).problems;
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

const unsuitedLabels: readonly [number, string, LossConfiguration, string][] = [
  [2, 'sigmoid', 'auto', 'error target/units'],
  [3, 'linear', 'auto', 'error target/activation'],
  [3, 'softmax', 'auto', 'error target/activation'],
  [3, 'softmax', 'meanSquaredError', 'error target/activation'],
  [3, 'softmax', 'categoricalCrossentropy', 'error target/loss'],
  [3, 'sigmoid', 'poisson', 'error target/loss'],
];

test.each(unsuitedLabels)('%i %s values for three labels do not fit the loss %j: %s', (...row) => {
  const [units, activation, loss, expected] = row;
  expect(codes(labelProblems(units, activation, loss))).toEqual([expected]);
});

test('messages of losses that do not fit labels', () => {
  const found = unsuitedLabels.map(([units, activation, loss]) => messages(labelProblems(units, activation, loss)));
  expect(found).toMatchInlineSnapshot(`
    [
      "The last layer needs 3 values for the labels 'garden', 'lift', 'cellar'; Dense 'dense_1' gives 2. Set units to 3.",
      "The loss Binary cross-entropy needs probabilities from sigmoid at the end; it gets other values from Dense 'dense_1'. Set its activation to sigmoid.",
      "Several labels may be true at once; received softmax, whose values sum to 1, from Dense 'dense_1'. Set its activation to sigmoid.",
      "Several labels may be true at once; received softmax, whose values sum to 1, from Dense 'dense_1'. Set its activation to sigmoid.",
      "The loss Categorical cross-entropy needs one target with exclusive classes; received the labels 'garden', 'lift', 'cellar', which are independent. Choose another loss, or choose it automatically.",
      "The loss Poisson needs a number; received the labels 'garden', 'lift', 'cellar', which are independent. Choose another loss, or choose it automatically.",
    ]
  `);
});

const labelMetrics: readonly [MetricConfiguration, string[]][] = [
  ['binary_accuracy', []],
  ['f1_score', []],
  ['accuracy', ['advice target/metric']],
  ['top_k_categorical_accuracy', ['error target/metric']],
  ['mape', ['advice target/metric']],
];

test.each(labelMetrics)('three labels and the metric %j: %j', (metric, expected) => {
  expect(codes(labelProblems(3, 'sigmoid', 'auto', { metrics: [metric] }))).toEqual(expected);
});

test('messages of metrics that do not fit labels', () => {
  const found = labelMetrics.map(([metric]) => messages(labelProblems(3, 'sigmoid', 'auto', { metrics: [metric] })));
  expect(found.filter((message) => message !== '')).toMatchInlineSnapshot(`
    [
      "Accuracy compares the largest value with the first true label, as in Keras; several of the labels 'garden', 'lift', 'cellar' may be true. Choose binary_accuracy.",
      "top_k_categorical_accuracy expected one target with classes; received the labels 'garden', 'lift', 'cellar'. Choose binary_accuracy.",
      "mape measures numbers; the target 'garden' has classes. Choose binary_accuracy.",
    ]
  `);
});

test('labels from logits: advice on F1, which compares with 0.5', () => {
  const problems = labelProblems(3, 'linear', logits('binaryCrossentropy'), { metrics: ['f1_score'] });
  expect(codes(problems)).toEqual(['advice target/metric']);
});

test('class weights with several labels: error', () => {
  const problems = labelProblems(3, 'sigmoid', 'auto', { classWeights: 'balanced' });
  expect(codes(problems)).toEqual(['error target/class-weights']);
  expect(messages(problems)).toMatchInlineSnapshot(
    `"Class weights expected one target with classes; received the labels 'garden', 'lift', 'cellar'. Turn off class weights in the training settings, or weight rows by a column of the data."`,
  );
});

test('accuracy with a hinge loss: advice, because it compares margins with 0.5', () => {
  const problems = problemsOf(1, 'tanh', 2, 'hinge', ['accuracy']);
  expect(codes(problems)).toEqual(['advice target/metric']);
  expect(messages(problems)).toMatchInlineSnapshot(
    `"Accuracy compares margins with 0.5, as in Keras; hinge separates the classes at 0. Choose binary_accuracy with the threshold 0."`,
  );
  expect(problemsOf(1, 'tanh', 2, 'hinge', [{ name: 'binary_accuracy', threshold: 0 }])).toEqual([]);
  expect(problemsOf(1, 'tanh', 2, 'hinge')).toEqual([]);
});
