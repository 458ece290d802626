import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { evaluate } from '../../src-shared/expression/evaluate.ts';
import { parseFormula } from '../../src-shared/expression/parse.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { sketchDocument, sketchOf } from '../support/keras-fixtures.ts';

type Config = Record<string, unknown>;

/** A Sequential of an input of this shape and one layer, by this version of Keras. */
function configuration(version: string, className: string, config: Config, shape: unknown[] = [null, 6, 4]): string {
  const layers = [
    { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: shape } },
    { class_name: className, config: { name: 'it', ...config } },
  ];
  return JSON.stringify({ class_name: 'Sequential', keras_version: version, config: { name: 'model', layers } });
}

/** The layer that the configuration becomes. */
function layerOf(...given: Parameters<typeof configuration>) {
  const { kind, params, frozen } = sketchOf(configuration(...given))[1]!;
  return { kind, params, ...(frozen === undefined ? {} : { frozen }) };
}

/** Severity and code of what is lost. */
function lossesOf(...given: Parameters<typeof configuration>): string[] {
  const { losses } = readKeras(configuration(...given)).report;
  return losses.map(({ severity, code }) => `${severity} ${code}`);
}

const HARD_SIGMOID = { formula: 'clip(0.2 * x + 0.5, 0, 1)' };

describe('arguments of Keras 1', () => {
  it.each<[string, Config, { kind: string; params: Config }]>([
    [
      'Dense',
      { output_dim: 7, init: 'uniform', bias: false, W_regularizer: { name: 'WeightRegularizer', l1: 0, l2: 0.01 } },
      {
        kind: 'Dense',
        params: {
          units: 7,
          kernelInitializer: 'randomUniform',
          useBias: false,
          kernelRegularizer: { name: 'l1l2', l1: 0, l2: 0.01 },
        },
      },
    ],
    [
      'Convolution2D',
      { nb_filter: 3, nb_row: 5, nb_col: 2, subsample: [2, 2], border_mode: 'same', dim_ordering: 'tf' },
      { kind: 'Conv2D', params: { filters: 3, kernelSize: [5, 2], strides: [2, 2], padding: 'same' } },
    ],
    [
      'Convolution1D',
      { nb_filter: 3, filter_length: 5, subsample_length: 2, border_mode: 'valid' },
      { kind: 'Conv1D', params: { filters: 3, kernelSize: 5, strides: 2 } },
    ],
    [
      'MaxPooling1D',
      { pool_length: 3, stride: 3, border_mode: 'valid' },
      { kind: 'MaxPooling1D', params: { poolSize: 3, strides: 3 } },
    ],
    ['Dropout', { p: 0.25 }, { kind: 'Dropout', params: { rate: 0.25 } }],
    ['GaussianNoise', { sigma: 0.7 }, { kind: 'GaussianNoise', params: { stddev: 0.7 } }],
    ['LeakyReLU', { alpha: 0.1 }, { kind: 'LeakyReLU', params: { negativeSlope: 0.1 } }],
    [
      'BatchNormalization',
      { mode: 0, axis: -1, epsilon: 1e-5, beta_init: 'zero', gamma_init: 'one' },
      { kind: 'BatchNormalization', params: { epsilon: 1e-5 } },
    ],
    [
      'LSTM',
      {
        output_dim: 5,
        inner_init: 'orthogonal',
        forget_bias_init: 'one',
        activation: 'tanh',
        inner_activation: 'hard_sigmoid',
        dropout_W: 0.1,
        dropout_U: 0.2,
        consume_less: 'gpu',
      },
      {
        kind: 'LSTM',
        params: { units: 5, recurrentActivation: HARD_SIGMOID, dropout: 0.1, recurrentDropout: 0.2 },
      },
    ],
    ['GRU', { output_dim: 5, inner_activation: 'sigmoid' }, { kind: 'GRU', params: { units: 5, resetAfter: false } }],
    [
      'TimeDistributed',
      { layer: { class_name: 'Dense', config: { name: 'inner', output_dim: 3 } } },
      { kind: 'TimeDistributed', params: { layer: { kind: 'Dense', params: { units: 3 } } } },
    ],
  ])('of %s are translated', (className, config, expected) => {
    expect(layerOf('1.2.1', className, config)).toEqual(expected);
  });

  it('give the shape of the input', () => {
    const shapeOf = (className: string, config: Config) => {
      const layers = [{ class_name: className, config: { name: 'first', ...config } }];
      const [input] = sketchOf(JSON.stringify({ class_name: 'Sequential', keras_version: '1.2.1', config: layers }));
      return input!.params['shape'];
    };
    expect(shapeOf('Dense', { output_dim: 2, input_dim: 8 })).toEqual([8]);
    expect(shapeOf('LSTM', { output_dim: 2, input_dim: 3, input_length: 5 })).toEqual([5, 3]);
    expect(shapeOf('Embedding', { input_dim: 100, output_dim: 2, input_length: 7 })).toEqual([7]);
    expect(shapeOf('Embedding', { input_dim: 100, output_dim: 2, batch_input_shape: [null, 9] })).toEqual([9]);
  });

  it.each<[string, Config]>([
    ['Convolution2D', { nb_filter: 3, nb_row: 3, nb_col: 3, dim_ordering: 'th' }],
    ['BatchNormalization', { mode: 1 }],
    ['Embedding', { input_dim: 5, output_dim: 2, dropout: 0.5 }],
    ['LSTM', { output_dim: 5, forget_bias_init: 'normal' }],
  ])('of %s that compute and have no counterpart are refused', (className, config) => {
    expect(lossesOf('1.2.1', className, config)).toEqual(['refused keras/argument-unsupported']);
  });
});

describe('arguments of Keras 2', () => {
  it.each<[string, string, Config, { kind: string; params: Config }]>([
    [
      '2.2.4',
      'LeakyReLU',
      { alpha: { type: 'ndarray', value: 0.1 } },
      { kind: 'LeakyReLU', params: { negativeSlope: 0.1 } },
    ],
    ['2.4.0', 'ELU', { alpha: 0.5 }, { kind: 'ELU', params: { alpha: 0.5 } }],
    ['2.2.4', 'ThresholdedReLU', { theta: 0.5 }, { kind: 'ReLU', params: { threshold: 0.5 } }],
    [
      '2.1.2',
      'GRU',
      { units: 5 },
      { kind: 'GRU', params: { units: 5, resetAfter: false, recurrentActivation: HARD_SIGMOID } },
    ],
    ['2.4.0', 'GRU', { units: 5 }, { kind: 'GRU', params: { units: 5 } }],
    ['tfjs-layers 4.22.0', 'GRU', { units: 5 }, { kind: 'GRU', params: { units: 5, resetAfter: false } }],
    ['2.4.0', 'GRU', { units: 5, reset_after: true }, { kind: 'GRU', params: { units: 5 } }],
    ['2.2.4', 'CuDNNGRU', { units: 5 }, { kind: 'GRU', params: { units: 5 } }],
    [
      '2.2.4',
      'CuDNNLSTM',
      { units: 5, unit_forget_bias: false },
      { kind: 'LSTM', params: { units: 5, unitForgetBias: false } },
    ],
    ['2.2.4-tf', 'BatchNormalizationV1', { axis: [2] }, { kind: 'BatchNormalization', params: { axis: 2 } }],
    [
      '2.2.4',
      'Dense',
      { units: 2, activation: 'hard_sigmoid' },
      { kind: 'Dense', params: { units: 2, activation: HARD_SIGMOID } },
    ],
    [
      '2.13.0',
      'Dense',
      { units: 2, activation: { class_name: 'function', config: 'hard_sigmoid', registered_name: 'hard_sigmoid' } },
      { kind: 'Dense', params: { units: 2, activation: HARD_SIGMOID } },
    ],
    [
      'tfjs-layers 4.22.0',
      'Activation',
      { activation: 'hardSigmoid' },
      { kind: 'Activation', params: { activation: HARD_SIGMOID } },
    ],
    [
      '3.1.0',
      'Activation',
      { activation: 'hard_sigmoid' },
      { kind: 'Activation', params: { activation: 'hardSigmoid' } },
    ],
    [
      '2.0.5',
      'Dense',
      {
        units: 2,
        activation: null,
        kernel_initializer: {
          class_name: 'VarianceScaling',
          config: { mode: 'fan_in', scale: 2, distribution: 'normal', seed: null },
        },
      },
      {
        kind: 'Dense',
        params: {
          units: 2,
          kernelInitializer: { name: 'varianceScaling', mode: 'fanIn', scale: 2, distribution: 'truncatedNormal' },
        },
      },
    ],
    [
      '2.2.4',
      'Dense',
      {
        units: 2,
        kernel_regularizer: { class_name: 'L1L2', config: { l1: { type: 'ndarray', value: 0.5 }, l2: 0 } },
        bias_initializer: {
          class_name: 'ConstantV2',
          config: { value: { type: 'ndarray', value: 2 }, dtype: 'float32' },
        },
      },
      {
        kind: 'Dense',
        params: {
          units: 2,
          kernelRegularizer: { name: 'l1l2', l1: 0.5, l2: 0 },
          biasInitializer: { name: 'constant', value: 2 },
        },
      },
    ],
  ])('of version %s, %s, are translated', (version, className, config, expected) => {
    expect(layerOf(version, className, config)).toEqual(expected);
  });

  it('counts the parameters of a GRU without reset_after', () => {
    const { parameters } = analyze(
      sketchDocument(sketchOf(configuration('2.1.2', 'GRU', { units: 16 }, [null, 6, 3]))),
      null,
    );
    expect(parameters).toBe(960);
  });
});

describe('arguments of Keras 3', () => {
  it.each<[string, Config, { kind: string; params: Config }]>([
    [
      'Dense',
      {
        units: 2,
        kernel_initializer: {
          module: 'keras.initializers',
          class_name: 'OrthogonalInitializer',
          config: { gain: 1, seed: null },
        },
      },
      { kind: 'Dense', params: { units: 2, kernelInitializer: { name: 'orthogonal', gain: 1 } } },
    ],
    ['PReLU', { shared_axes: null }, { kind: 'PReLU', params: {} }],
    ['Identity', {}, { kind: 'Activation', params: { activation: 'linear' } }],
    [
      'Normalization',
      { axis: [-1], mean: [1, 2, 3, 4], variance: 4 },
      { kind: 'Normalization', params: { mean: [1, 2, 3, 4], variance: 4 } },
    ],
    [
      'ReLU',
      { max_value: { class_name: '__numpy__', config: { value: 6, dtype: 'float32' } } },
      { kind: 'ReLU', params: { maxValue: 6 } },
    ],
  ])('of %s are read', (className, config, expected) => {
    expect(layerOf('3.8.0', className, config)).toEqual(expected);
  });

  it('a wrapper is frozen if the layer inside is', () => {
    const layer = { class_name: 'Dense', config: { name: 'inner', units: 3, trainable: false } };
    expect(layerOf('3.8.0', 'TimeDistributed', { layer, trainable: true })).toMatchObject({ frozen: true });
  });
});

describe('activations of Keras 3 that are formulas here', () => {
  const x = [-3, -1.2, -0.5, -0.3, 0, 0.2, 0.5, 0.7, 1.5, 4];

  // Values of keras.activations, Keras 3.15.1.
  it.each([
    ['hard_tanh', [-1, -1, -0.5, -0.3, 0, 0.2, 0.5, 0.7, 1, 1]],
    [
      'log_sigmoid',
      [
        -3.0485871, -1.4632825, -0.9740769, -0.8543552, -0.6931472, -0.5981389, -0.474077, -0.403186, -0.2014133,
        -0.0181499,
      ],
    ],
    [
      'tanh_shrink',
      [-2.0049453, -0.3663453, -0.0378829, -0.0086874, 0, 0.0026247, 0.0378829, 0.0956323, 0.5948517, 3.0006707],
    ],
    ['squareplus', [0.3027756, 0.5661904, 0.7807764, 0.8611875, 1, 1.1049876, 1.2807764, 1.409481, 2, 4.2360678]],
    ['hard_shrink', [-3, -1.2, 0, 0, 0, 0, 0, 0.7, 1.5, 4]],
    ['soft_shrink', [-2.5, -0.7, 0, 0, 0, 0, 0, 0.2, 1, 3.5]],
    ['sparse_plus', [0, 0, 0.0625, 0.1225, 0.25, 0.36, 0.5625, 0.7225, 1.5, 4]],
  ])('%s has the values of Keras', (activation, values) => {
    const text = configuration('3.15.1', 'Activation', { activation });
    const sketch = sketchOf(text);
    const { formula } = sketch[1]!.params['activation'] as { formula: string };
    const computed = x.map((each) => evaluate(parseFormula(formula, ['x']), new Map([['x', each]])));
    computed.forEach((value, index) => expect(value).toBeCloseTo(values[index]!, 5));
    const codes = analyze(sketchDocument(sketch), null).problems.map(({ code }) => code);
    expect(codes).toEqual(['graph/nothing-trainable']);
  });

  it('celu is ELU', () => {
    expect(layerOf('3.15.1', 'Activation', { activation: 'celu' }).params).toEqual({ activation: 'elu' });
  });
});

describe('arguments that compute and have no counterpart', () => {
  const lstm = (units: number, more: Config = {}) => ({ class_name: 'LSTM', config: { name: 'lstm', units, ...more } });

  it.each<[string, Config]>([
    ['LSTM', { units: 3, time_major: true }],
    ['LSTM', { units: 3, return_state: true }],
    ['LSTM', { units: 3, stateful: true }],
    ['LSTM', { units: 3, zero_output_for_mask: true }],
    ['GaussianDropout', { rate: 0.5, noise_shape: [null, 1, 4] }],
    ['BatchNormalization', { renorm: true, renorm_clipping: {}, renorm_momentum: 0.9 }],
    ['BatchNormalization', { virtual_batch_size: 4 }],
    ['Conv1D', { filters: 2, kernel_size: 3, data_format: 'channels_first' }],
    ['Conv2D', { filters: 2, kernel_size: 3, data_format: 'channels_first' }],
    ['LayerNormalization', { rms_scaling: true }],
    ['Dense', { units: 3, lora_rank: 2 }],
    ['Dense', { units: 3, dtype: 'int8' }],
    ['Dense', { units: 3, brightness: 2 }],
    ['Normalization', { axis: 1, mean: 0, variance: 1 }],
    ['Normalization', { axis: null }],
    ['Bidirectional', { layer: lstm(3), backward_layer: lstm(5, { go_backwards: true }) }],
    ['Bidirectional', { layer: lstm(3), backward_layer: lstm(3) }],
  ])('of %s are refused: %j', (className, config) => {
    expect(lossesOf('2.9.0', className, config)).toEqual(['refused keras/argument-unsupported']);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'named as properties of every object are unknown: %s',
    (name) => {
      for (const [version, config] of [
        ['1.2.2', { output_dim: 3 }],
        ['2.9.0', { units: 3 }],
        ['3.8.0', { units: 3 }],
      ] as const) {
        expect(lossesOf(version, name, {})).toEqual(['changed keras/unknown-layer']);
        expect(lossesOf(version, 'Dense', { ...config, [name]: 1 })).toEqual(['refused keras/argument-unsupported']);
        expect(lossesOf(version, 'Dense', { ...config, activation: name })).toEqual(['refused keras/argument-value']);
        expect(lossesOf(version, 'Dense', { ...config, kernel_initializer: name })).toEqual([
          'changed keras/argument-value',
        ]);
      }
    },
  );

  it.each<[string, Config, string]>([
    ['Dense', {}, 'keras/argument-missing'],
    ['Dense', { units: null }, 'keras/argument-value'],
    ['Dense', { units: 'many' }, 'keras/argument-value'],
    ['Dense', { units: [3, 4] }, 'keras/argument-value'],
    ['Dense', { units: 3, activation: 'unheard_of' }, 'keras/argument-value'],
    ['Dense', { units: 3, kernel_regularizer: { class_name: 'Mine', config: {} } }, 'keras/argument-value'],
    ['Dense', { units: 3, kernel_regularizer: { class_name: 'L2', config: { l2: {} } } }, 'keras/argument-value'],
    ['Dense', { units: 3, kernel_constraint: { class_name: 'MaxNorm', config: { norm: 2 } } }, 'keras/argument-value'],
    ['BatchNormalization', { axis: ['a'] }, 'keras/argument-value'],
    ['Rescaling', { scale: [1, 2, 3, 4], offset: 0 }, 'keras/argument-value'],
    ['TimeDistributed', { layer: { class_name: 'Sequential', config: { layers: [] } } }, 'keras/wrapped-layer'],
    ['TimeDistributed', { layer: { class_name: 'Dense', config: {} } }, 'keras/argument-missing'],
    [
      'Bidirectional',
      { layer: { class_name: 'LSTM', registered_name: 'mine>LSTM', config: { units: 3 } } },
      'keras/wrapped-layer',
    ],
  ])('of %s that cannot be read are refused: %j', (className, config, code) => {
    expect(lossesOf('2.9.0', className, config)).toEqual([`refused ${code}`]);
  });

  it('all are listed', () => {
    const config = { units: 'many', activation: 'unheard_of', lora_rank: 2 };
    expect(lossesOf('3.9.0', 'Dense', config)).toHaveLength(3);
  });

  it.each(['float16', 'float64', { class_name: 'Policy', config: { name: 'mixed_float16' } }])(
    'another type, %j, is a change',
    (dtype) => {
      expect(lossesOf('2.9.0', 'Dense', { units: 3, dtype })).toEqual(['changed keras/type']);
    },
  );

  it('an initializer that Lamina does not have is a change: only new weights start otherwise', () => {
    const config = { units: 3, kernel_initializer: { class_name: 'EfficientNetConvInitializer', config: {} } };
    expect(lossesOf('2.9.0', 'Dense', config)).toEqual(['changed keras/argument-value']);
  });

  it('a layer of another package is not the one of Keras with its name', () => {
    const text = configuration('3.9.0', 'Dense', { units: 3 }).replace(
      '"class_name":"Dense"',
      '"class_name":"Dense","registered_name":"mine>Dense"',
    );
    const { sketch, report } = readKeras(text);
    expect(report.losses).toMatchObject([{ severity: 'changed', code: 'keras/unknown-layer', layer: 'it' }]);
    expect(analyze(sketchDocument(sketch!), null).problems.map(({ code }) => code)).toContain('layer/unknown-kind');
  });

  it.each(['Formula', 'Output', 'BlockInput', 'RReLU'])(
    '%s, which only Lamina has, is an unknown layer',
    (className) => {
      expect(lossesOf('3.9.0', className, {})).toEqual(['changed keras/unknown-layer']);
    },
  );
});

it('the shape of an input with open sizes is that of the data set, as a change', () => {
  const { sketch, report } = readKeras(configuration('2.9.0', 'LSTM', { units: 3 }, [null, null, 5]));
  expect(sketch![0]).toMatchObject({ kind: 'Input', params: {} });
  expect(report.losses).toMatchObject([{ severity: 'changed', code: 'keras/open-shape', layer: 'in' }]);
});

describe('the noise shape of Dropout', () => {
  it.each(['Dropout', 'AlphaDropout'])('of %s is read', (className) => {
    const { params } = layerOf('3.15.1', className, { rate: 0.2, noise_shape: [null, 1, 4] });
    expect(params).toEqual({ rate: 0.2, noiseShape: [null, 1, 4] });
  });

  it.each([
    [[null, 1, 4], 0],
    [[null, null, 1], 0],
    [[1, 1, 4], 1],
    [[null, 1, 2], 1],
    [[null, 1], 1],
  ])('%j of an input of 6 × 4 has %i errors', (noiseShape, errors) => {
    const text = configuration('3.15.1', 'Dropout', { rate: 0.2, noise_shape: noiseShape });
    const { problems } = analyze(sketchDocument(sketchOf(text)), null);
    const own = problems.filter(({ message }) => message.includes('noise shape'));
    expect(own.filter(({ severity }) => severity === 'error')).toHaveLength(errors);
  });
});

describe('the axis of Normalization in Keras 2, whose files have few shapes', () => {
  const normalization = { axis: [3], mean: [1, 2], variance: [3, 4] };
  const layers = (between: object[], shape: unknown[]) =>
    JSON.stringify({
      class_name: 'Sequential',
      keras_version: '2.9.0',
      config: {
        name: 'model',
        layers: [
          { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: shape } },
          ...between,
          { class_name: 'Normalization', config: { name: 'it', ...normalization } },
        ],
      },
    });

  it('is the last one of images, also after other layers', () => {
    const rescaling = { class_name: 'Rescaling', config: { name: 'rescaling', scale: 0.5, offset: 0 } };
    const { losses } = readKeras(layers([rescaling], [null, 4, 4, 2])).report;
    expect(losses).toEqual([]);
  });

  it.each([
    ['of volumes it is another one', [], [null, 4, 4, 2, 2]],
    [
      'after a Reshape nothing says which it is',
      [{ class_name: 'Reshape', config: { name: 'r', target_shape: [4, 4, 2] } }],
      [null, 32],
    ],
  ])('%s: refused', (_, between, shape) => {
    const { losses } = readKeras(layers(between, shape)).report;
    expect(losses.map(({ code }) => code)).toEqual(['keras/argument-unsupported']);
  });
});
