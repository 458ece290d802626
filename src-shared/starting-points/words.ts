import type { JsonValue } from '../document/schema/model-document.ts';

/** A word of a line. `dims`: number of axes of an example except its channels, 1 to 3. */
export interface Word {
  /** 'conv32, conv32x5, conv32x5/2'. */
  readonly example: string;
  readonly means: string;
  /** Minimum and maximum count of numbers after the word. */
  readonly numbers: readonly [number, number];
  layer(numbers: readonly number[], dims: number): { kind: string; params: Record<string, JsonValue> };
}

const square = (size: number, dims: number): JsonValue => (dims === 1 ? size : Array<number>(dims).fill(size));

/** Parameters of a convolution: filters, kernel size, stride. */
function convolution(kind: string) {
  return ([filters = 32, kernel = 3, stride = 1]: readonly number[], dims: number) => ({
    kind: `${kind}${dims}D`,
    params: {
      filters,
      kernelSize: square(kernel, dims),
      padding: 'same',
      ...(stride === 1 ? {} : { strides: square(stride, dims) }),
    },
  });
}

function pooling(kind: string) {
  return ([size = 2, stride = size]: readonly number[], dims: number) => ({
    kind: `${kind}${dims}D`,
    params: {
      poolSize: square(size, dims),
      ...(stride === size ? {} : { strides: square(stride, dims) }),
    },
  });
}

const recurrent =
  (kind: string) =>
  ([units = 32]: readonly number[]) => ({ kind, params: { units } });
const plain = (kind: string) => () => ({ kind, params: {} });
const rated =
  (kind: string) =>
  ([rate = 0.5]: readonly number[]) => ({ kind, params: { rate } });

/** Words by their main spelling; other spellings are in `spellings`. */
export const words: Readonly<Record<string, Word>> = {
  dense: {
    example: 'dense100 or 100',
    means: 'Dense layer; ReLU for hidden layers, the last one fits the target',
    numbers: [1, 1],
    layer: ([units = 32]) => ({ kind: 'Dense', params: { units } }),
  },
  conv: {
    example: 'conv32, conv32x5, conv32x5/2',
    means: 'Convolution: filters, kernel size, stride; same padding, ReLU',
    numbers: [1, 3],
    layer: convolution('Conv'),
  },
  sepconv: {
    example: 'sepconv64',
    means: 'Separable convolution',
    numbers: [1, 3],
    layer: convolution('SeparableConv'),
  },
  pool: {
    example: 'pool, pool3, pool3/2',
    means: 'Max pooling: size, stride',
    numbers: [0, 2],
    layer: pooling('MaxPooling'),
  },
  avgpool: {
    example: 'avgpool',
    means: 'Average pooling: size, stride',
    numbers: [0, 2],
    layer: pooling('AveragePooling'),
  },
  gap: {
    example: 'gap',
    means: 'Global average pooling',
    numbers: [0, 0],
    layer: (_, dims) => ({ kind: `GlobalAveragePooling${dims}D`, params: {} }),
  },
  flatten: {
    example: 'flatten',
    means: 'Flatten; added automatically where necessary',
    numbers: [0, 0],
    layer: plain('Flatten'),
  },
  bn: {
    example: 'bn',
    means: 'Batch normalization, before the activation',
    numbers: [0, 0],
    layer: plain('BatchNormalization'),
  },
  ln: { example: 'ln', means: 'Layer normalization', numbers: [0, 0], layer: plain('LayerNormalization') },
  dropout: { example: 'dropout0.3', means: 'Dropout: rate', numbers: [0, 1], layer: rated('Dropout') },
  alphadropout: {
    example: 'alphadropout0.1',
    means: 'Alpha dropout, for SELU: rate',
    numbers: [0, 1],
    layer: rated('AlphaDropout'),
  },
  noise: {
    example: 'noise0.1',
    means: 'Gaussian noise: standard deviation',
    numbers: [0, 1],
    layer: ([stddev = 0.1]) => ({ kind: 'GaussianNoise', params: { stddev } }),
  },
  lstm: { example: 'lstm64', means: 'LSTM', numbers: [1, 1], layer: recurrent('LSTM') },
  gru: { example: 'gru64', means: 'GRU', numbers: [1, 1], layer: recurrent('GRU') },
  rnn: { example: 'rnn32', means: 'Simple recurrent layer', numbers: [1, 1], layer: recurrent('SimpleRNN') },
  embed: {
    example: 'embed1000x16',
    means: 'Embedding: number of words, values per word',
    numbers: [2, 2],
    layer: ([inputDim = 1000, outputDim = 16]) => ({ kind: 'Embedding', params: { inputDim, outputDim } }),
  },
};

const spellings: Readonly<Record<string, string>> = {
  fc: 'dense',
  linear: 'dense',
  d: 'dense',
  c: 'conv',
  convolution: 'conv',
  separableconv: 'sepconv',
  maxpool: 'pool',
  maxpooling: 'pool',
  mp: 'pool',
  averagepool: 'avgpool',
  averagepooling: 'avgpool',
  globalaveragepooling: 'gap',
  globalavgpool: 'gap',
  batchnorm: 'bn',
  batchnormalization: 'bn',
  layernorm: 'ln',
  drop: 'dropout',
  simplernn: 'rnn',
  embedding: 'embed',
};

/** Words for activations. */
export const activationWords: Readonly<Record<string, string>> = {
  relu: 'relu',
  leakyrelu: 'leakyRelu',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  silu: 'silu',
  swish: 'silu',
  mish: 'mish',
  softplus: 'softplus',
  softsign: 'softsign',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softmax: 'softmax',
};

/** Key in `words` for any spelling of a word ('MaxPooling2D', 'max_pooling'); null if there is none. */
export function wordFor(text: string): string | null {
  const name = text
    .toLowerCase()
    .replaceAll('_', '')
    .replace(/[123]d$/, '');
  const key = Object.hasOwn(spellings, name) ? spellings[name]! : name;
  return Object.hasOwn(words, key) ? key : null;
}

/** All spellings of all words, for suggestions. */
export const allSpellings: readonly string[] = [
  ...Object.keys(words),
  ...Object.keys(spellings),
  ...Object.keys(activationWords),
];
