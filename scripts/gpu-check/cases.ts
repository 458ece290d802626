import { networks } from '../../bench/training/networks.mjs';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import {
  defaultTrainingConfiguration,
  trainingConfigurationSchema,
} from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { PlainLoss } from '../../src-shared/training/configuration/losses.ts';
import { defaultOptimizer, optimizerKinds } from '../../src-shared/training/configuration/optimizers.ts';
import { chain, chainModel, denseBlock, layer, links, use } from '../../test/support/block-documents.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from '../../test/support/documents.ts';
import type { LayerLine } from '../../test/support/documents.ts';
import { begun, templateCases, templateOf } from '../../test/support/template-cases.ts';

/** A model that is trained on both devices, with its data and configuration. */
export interface TrainingCase {
  readonly name: string;
  readonly document: ModelDocument;
  readonly features: ModelFeatures;
  readonly configuration: TrainingConfiguration;
  /** Values of the examples: numbers from -1 to 1, bytes, or whole numbers below a limit. */
  readonly values: 'real' | 'bytes' | { readonly below: number };
}

/** The networks of bench/training. */
export const benchCases: readonly TrainingCase[] = Object.entries(networks).map(
  ([name, { image, model, configuration }]) => {
    const shape: [number, number, number] = [image[0], image[1], image[2] ?? 1];
    return {
      name,
      document: { format: 'lamina.model', version: 6, name, blocks: [], ...model },
      features: {
        ...classFeatures(shape, 10),
        columns: [{ type: 'image', name: 'image', shape, offset: 0, scale: 255 }],
        weight: null,
      },
      configuration: trainingConfigurationSchema.parse(configuration),
      values: 'bytes',
    };
  },
);

const sgd = { ...defaultOptimizer('sgd'), learningRate: 0.02, momentum: 0.5 };
const base: TrainingConfiguration = { ...defaultTrainingConfiguration, optimizer: sgd, batchSize: 16, seed: 3 };
const classes = dense(3, 'softmax');

/** A chain of layers, followed by a classifier of three classes. */
function family(
  name: string,
  inputShape: number[],
  lines: readonly LayerLine[],
  changes: Partial<Pick<TrainingCase, 'values' | 'configuration'>> = {},
): TrainingCase {
  return {
    name,
    document: sequentialDocument([...lines, classes]),
    features: classFeatures(inputShape, 3),
    configuration: base,
    values: 'real',
    ...changes,
  };
}

const line = (kind: string, params: LayerLine['params'] = {}, frozen = false): LayerLine => ({ kind, params, frozen });
const flatten = line('Flatten');
const inner = (kind: string, params: Record<string, string | number | boolean>) => ({ layer: { kind, params } });

/** Layers with branches. 'a>b' connects a to b; the Input is 'input', the last layer is 'joined'. */
function branched(name: string, inputShape: number[], nodes: ModelDocument['nodes'], ...lines: string[]): TrainingCase {
  return {
    ...family(name, inputShape, []),
    document: {
      format: 'lamina.model',
      version: 6,
      name,
      blocks: [],
      nodes: [
        layer('Input', 'input'),
        ...nodes,
        layer('Flatten', 'flat'),
        layer('Dense', 'classes', { units: 3, activation: 'softmax' }),
        layer('Output', 'output'),
      ],
      edges: [...links(...lines), ...chain(['joined', 'flat', 'classes', 'output'])],
    },
  };
}

const merges = ['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot'];

/** One model for each family of layers. */
const familyCases: readonly TrainingCase[] = [
  family(
    'dense',
    [12],
    [
      line('Dense', { units: 16, activation: 'relu', kernelRegularizer: { name: 'l2', l2: 0.01 } }),
      line('Dense', { units: 16, activation: 'gelu', kernelConstraint: { name: 'maxNorm', maxValue: 1, axis: 0 } }),
      line('Dense', { units: 8, activation: 'tanh' }),
      line('ActivityRegularization', { l2: 0.01 }),
      line('Dense', { units: 8, activation: 'softplus' }),
    ],
  ),
  family(
    'convolution 1D',
    [24, 3],
    [
      line('Conv1D', { filters: 8, kernelSize: 3, padding: 'causal', dilationRate: 2, activation: 'relu' }),
      line('MaxPooling1D'),
      line('Conv1D', { filters: 8, kernelSize: 3, strides: 2, padding: 'same' }),
      line('SpatialDropout1D', { rate: 0.1 }),
      line('AveragePooling1D', { poolSize: 2, strides: 1 }),
      line('GlobalAveragePooling1D'),
    ],
  ),
  family(
    'convolution 2D',
    [16, 16, 3],
    [
      line('Conv2D', { filters: 8, kernelSize: [3, 3], activation: 'relu' }),
      line('Conv2D', { filters: 8, kernelSize: [3, 3], strides: [2, 2], padding: 'same', activation: 'relu' }),
      line('Conv2D', { filters: 8, kernelSize: [3, 3], dilationRate: [2, 2], padding: 'same' }),
      line('Conv2D', { filters: 8, kernelSize: [1, 1], groups: 2, activation: 'tanh' }),
      flatten,
    ],
  ),
  family(
    'convolution 3D',
    [6, 6, 6, 2],
    [
      line('Conv3D', { filters: 4, kernelSize: [2, 3, 3], padding: 'same', activation: 'relu' }),
      line('MaxPooling3D'),
      line('SpatialDropout3D', { rate: 0.1 }),
      line('Conv3D', { filters: 4, kernelSize: [2, 2, 2] }),
      line('AveragePooling3D', { poolSize: [2, 2, 2], strides: [1, 1, 1], padding: 'same' }),
      line('GlobalMaxPooling3D'),
    ],
  ),
  family(
    'transposed convolution',
    [4, 4, 3],
    [
      line('Conv2DTranspose', { filters: 6, kernelSize: [3, 3], strides: [2, 2], padding: 'same', activation: 'relu' }),
      line('Reshape', { targetShape: [8, 4, 2, 6] }),
      line('Conv3DTranspose', { filters: 3, kernelSize: [2, 2, 2], strides: [1, 2, 1], activation: 'tanh' }),
      line('GlobalAveragePooling3D'),
    ],
  ),
  family(
    'depthwise and separable convolution',
    [12, 12, 4],
    [
      line('DepthwiseConv2D', { kernelSize: [3, 3], depthMultiplier: 2, activation: 'relu' }),
      line('SeparableConv2D', { filters: 6, kernelSize: [3, 3], strides: [2, 2], padding: 'same' }),
      line('Reshape', { targetShape: [25, 6] }),
      line('SeparableConv1D', { filters: 6, kernelSize: 3, activation: 'tanh' }),
      line('GlobalMaxPooling1D'),
    ],
  ),
  family(
    'pooling',
    [12, 12, 3],
    [
      line('Conv2D', { filters: 6, kernelSize: [3, 3], padding: 'same' }),
      line('MaxPooling2D', { poolSize: [3, 3], strides: [2, 2], padding: 'same' }),
      line('AveragePooling2D', { poolSize: [2, 2], strides: [1, 1], padding: 'same' }),
      line('GlobalMaxPooling2D'),
    ],
  ),
  family(
    'batch normalization',
    [8, 8, 3],
    [
      line('Conv2D', { filters: 8, kernelSize: [3, 3], useBias: false }),
      line('BatchNormalization', { momentum: 0.8 }),
      line('Activation', { activation: 'relu' }),
      line('Conv2D', { filters: 8, kernelSize: [3, 3] }),
      line('BatchNormalization', {}, true),
      flatten,
      dense(8, 'relu'),
      line('BatchNormalization'),
    ],
  ),
  family(
    'layer, group and unit normalization',
    [6, 6, 8],
    [
      line('LayerNormalization'),
      line('Conv2D', { filters: 8, kernelSize: [3, 3] }),
      line('GroupNormalization', { groups: 4 }),
      flatten,
      dense(12, 'relu'),
      line('UnitNormalization'),
    ],
  ),
  family(
    'simple recurrent',
    [12, 4],
    [line('SimpleRNN', { units: 8, returnSequences: true }), line('SimpleRNN', { units: 8, goBackwards: true })],
  ),
  family(
    'LSTM',
    [12, 4],
    [line('LSTM', { units: 8, returnSequences: true, recurrentDropout: 0.1 }), line('LSTM', { units: 8 })],
  ),
  family(
    'GRU',
    [12, 4],
    [line('GRU', { units: 8, returnSequences: true, dropout: 0.1 }), line('GRU', { units: 8, resetAfter: false })],
  ),
  family(
    'bidirectional, masked, time distributed',
    [10, 4],
    [
      line('Masking'),
      line('Bidirectional', inner('LSTM', { units: 6, returnSequences: true })),
      line('TimeDistributed', inner('Dense', { units: 6, activation: 'relu' })),
      line('Bidirectional', { ...inner('GRU', { units: 6 }), mergeMode: 'sum' }),
    ],
  ),
  branched(
    'attention',
    [10, 6],
    [
      layer('Dense', 'keys', { units: 6 }),
      layer('MultiHeadAttention', 'heads', { numHeads: 2, keyDim: 4, useCausalMask: true }),
      layer('Attention', 'dot', { useScale: true }),
      layer('AdditiveAttention', 'additive'),
      layer('Add', 'joined'),
    ],
    ...['input>keys', 'keys>heads', 'input>dot', 'keys>dot', 'input>additive', 'keys>additive'],
    ...['heads>joined', 'dot>joined', 'additive>joined'],
  ),
  family(
    'embedding',
    [8],
    [line('Embedding', { inputDim: 20, outputDim: 6, maskZero: true }), line('LSTM', { units: 6 })],
    { values: { below: 20 } },
  ),
  family(
    'dropout and noise',
    [16],
    [
      line('GaussianNoise', { stddev: 0.2 }),
      dense(16, 'relu'),
      line('Dropout', { rate: 0.3 }),
      dense(16, 'selu'),
      line('AlphaDropout', { rate: 0.1 }),
      dense(16, 'relu'),
      line('GaussianDropout', { rate: 0.2, monteCarlo: true }),
      line('Reshape', { targetShape: [2, 2, 4] }),
      line('SpatialDropout2D', { rate: 0.2 }),
      flatten,
    ],
  ),
  ...merges.map((kind) =>
    branched(
      `merging with ${kind}`,
      [8],
      [
        layer('Dense', 'left', { units: 8, activation: 'tanh' }),
        layer('Dense', 'right', { units: 8, activation: 'relu' }),
        layer(kind, 'joined'),
      ],
      ...['input>left', 'input>right', 'left>joined', 'right>joined'],
    ),
  ),
  family(
    'padding, cropping and resizing',
    [8, 8, 2],
    [
      line('ZeroPadding2D'),
      line('Conv2D', { filters: 4, kernelSize: [3, 3] }),
      line('UpSampling2D', { size: [2, 2], interpolation: 'bilinear' }),
      line('Cropping2D', { cropping: [1, 2, 1, 2] }),
      line('UpSampling2D'),
      line('Permute', { dims: [3, 1, 2] }),
      line('Rescaling', { scale: 0.5, offset: 0.1 }),
      flatten,
      dense(6, 'relu'),
      line('RepeatVector', { n: 3 }),
      line('UpSampling1D'),
      line('ZeroPadding1D'),
      line('Cropping1D'),
      flatten,
    ],
  ),
  family(
    'activation layers',
    [12],
    [...['LeakyReLU', 'PReLU', 'ELU', 'ReLU', 'RReLU', 'Softmax'].flatMap((kind) => [dense(12), line(kind)])],
  ),
  ...['sigmoid', 'selu', 'silu', 'hardSigmoid', 'mish', 'exponential', 'elu', 'softsign', 'gelu'].map((activation) =>
    family(`activation ${activation}`, [12], [dense(12, activation)]),
  ),
  {
    ...family('blocks', [8], []),
    document: chainModel(
      [use('stack', 'copies', { repeat: 3, units: 8 }), layer('Dense', 'classes', { units: 3, activation: 'softmax' })],
      [denseBlock],
    ),
  },
  family(
    'formula',
    [8],
    [
      dense(8),
      line('Formula', {
        formula: 'x * sigmoid(beta * x)',
        parameters: [{ name: 'beta', initial: 1, perValue: true }],
      }),
    ],
  ),
  family(
    'frozen layers',
    [8, 8, 3],
    [
      line('Conv2D', { filters: 6, kernelSize: [3, 3], activation: 'relu' }, true),
      flatten,
      line('Dense', { units: 12, activation: 'relu' }),
      line('Dense', { units: 12, activation: 'relu' }, true),
    ],
  ),
  family('class weights', [8], [dense(8, 'relu')], {
    configuration: { ...base, classWeights: { '0': 2, '2': 0.5 }, metrics: ['accuracy'] },
  }),
];

/** Losses of one numeric target, and of classes. */
const numericLosses: readonly PlainLoss[] = [
  'meanSquaredError',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'meanSquaredLogarithmicError',
  'huber',
  'logCosh',
  'poisson',
];
const classLosses: readonly PlainLoss[] = [
  'sparseCategoricalCrossentropy',
  'categoricalCrossentropy',
  'categoricalFocalCrossentropy',
  'klDivergence',
  'cosineSimilarity',
  'categoricalHinge',
];
const twoClassLosses: readonly PlainLoss[] = [
  'binaryCrossentropy',
  'binaryFocalCrossentropy',
  'hinge',
  'squaredHinge',
  'perceptron',
];

function lossCase(loss: PlainLoss): TrainingCase {
  const [features, end] = classLosses.includes(loss)
    ? [classFeatures([8], 3), classes]
    : twoClassLosses.includes(loss)
      ? [classFeatures([8], 2), dense(1, loss.startsWith('binary') ? 'sigmoid' : 'tanh')]
      : [numericFeatures([8]), dense(1, 'softplus')];
  return {
    name: `loss ${loss}`,
    document: sequentialDocument([dense(8, 'tanh'), end]),
    features,
    configuration: { ...base, loss },
    values: 'real',
  };
}

const optimized = (name: string, optimizer: TrainingConfiguration['optimizer']): TrainingCase =>
  family(`optimizer ${name}`, [8], [dense(12, 'tanh')], { configuration: { ...base, optimizer } });

const optimizerCases: readonly TrainingCase[] = [
  ...optimizerKinds.map((kind) => optimized(kind, defaultOptimizer(kind))),
  optimized('adam with AMSGrad, clipped', {
    ...defaultOptimizer('adam'),
    amsgrad: true,
    clip: { by: 'globalNorm', limit: 0.1 },
  }),
  optimized('rmsprop, centered, clipped by value', {
    ...defaultOptimizer('rmsprop'),
    centered: true,
    momentum: 0.5,
    clip: { by: 'value', limit: 0.01 },
  }),
  optimized('sgd with Nesterov and weight decay', { ...sgd, nesterov: true, weightDecay: 0.01 }),
  optimized('adam with averaged weights', {
    ...defaultOptimizer('adam'),
    ema: { momentum: 0.9, overwriteFrequency: 7, validate: true },
  }),
  optimized('adam with gathered gradients', { ...defaultOptimizer('adam'), gradientAccumulationSteps: 3 }),
];

/** Templates with suitable data: several inputs, several outputs, reproduced inputs. */
const chosenTemplates: readonly (readonly [template: string, data: string])[] = [
  ['wide-and-deep', 'a number'],
  ['multi-input', 'a number'],
  ['auxiliary-output', 'three classes'],
  ['multi-output', 'several targets'],
  ['autoencoder', 'a number'],
  ['denoising-autoencoder', 'small colour images of two classes'],
  ['cnn', 'grey images of ten classes'],
  ['resnet', 'small colour images of two classes'],
  ['lstm', 'sequences of a class'],
];

const startingPointCases: readonly TrainingCase[] = chosenTemplates.map(([template, data]) => {
  const { features } = templateCases.find((example) => example.data === data)!;
  return {
    name: `template ${template}, ${data}`,
    document: begun(templateOf(template), features),
    features,
    configuration: base,
    values: 'real',
  };
});

/** All models, the networks of the bench first. */
export const trainingCases: readonly TrainingCase[] = [
  ...benchCases,
  ...familyCases,
  ...[...numericLosses, ...classLosses, ...twoClassLosses].map(lossCase),
  ...optimizerCases,
  ...startingPointCases,
];
