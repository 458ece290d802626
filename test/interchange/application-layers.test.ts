import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';

/** Layers of `keras.applications`; `model-files.test.ts` compares a model with all of them. */

type Config = Record<string, unknown>;

function tensor(from: string): object {
  return { class_name: '__keras_tensor__', config: { shape: [null, 4, 4, 2], keras_history: [from, 0, 0] } };
}

/** A model of two inputs and one layer of Keras 3. */
function reading(className: string, config: Config, module: string | null, inputs: readonly string[] = ['a']) {
  const input = (name: string) => ({
    class_name: 'InputLayer',
    name,
    config: { name, batch_shape: [null, 4, 4, 2] },
    inbound_nodes: [],
  });
  const tensors = inputs.map(tensor);
  const layer = {
    ...(module === null ? {} : { module }),
    class_name: className,
    name: 'it',
    config: { name: 'it', trainable: true, dtype: 'float32', ...config },
    inbound_nodes: [{ args: inputs.length > 1 ? [tensors] : tensors, kwargs: {} }],
  };
  const model = {
    layers: [...inputs.map(input), layer],
    input_layers: inputs.map((name) => [name, 0, 0]),
    output_layers: [['it', 0, 0]],
  };
  const { sketch, report } = readKeras(
    JSON.stringify({ class_name: 'Functional', keras_version: '3.15.1', config: { name: 'm', ...model } }),
  );
  const made = sketch?.find(({ name }) => name === 'it');
  return { kind: made?.kind, params: made?.params, codes: report.losses.map(({ code }) => code) };
}

const CONVNEXT = 'keras.src.applications.convnext';

describe.each([CONVNEXT, 'tf_keras.src.applications.convnext', null])('in the module %s', (module) => {
  it('LayerScale is a factor for each channel', () => {
    expect(reading('LayerScale', { init_values: 0.1, projection_dim: 2 }, module)).toEqual({
      kind: 'DepthwiseConv2D',
      params: {
        kernelSize: 1,
        useBias: false,
        depthwiseInitializer: { name: 'constant', value: 0.1 },
      },
      codes: [],
    });
  });

  it('StochasticDepth drops whole examples', () => {
    expect(reading('StochasticDepth', { drop_path_rate: 0.2 }, module)).toEqual({
      kind: 'Dropout',
      params: { rate: 0.2, noiseShape: [null, 1, 1, 1] },
      codes: [],
    });
  });

  it('CustomScaleLayer is a formula', () => {
    const inception = module?.replace('convnext', 'inception_resnet_v2') ?? null;
    expect(reading('CustomScaleLayer', { scale: -0.5 }, inception, ['a', 'b'])).toMatchObject({
      kind: 'Formula',
      params: { formula: 'a + b * (-0.5)' },
      codes: [],
    });
  });
});

describe('another class of such a name is not taken for it', () => {
  it.each<[string, string, Config, string | null]>([
    ['from another module', 'LayerScale', { init_values: 0.1, projection_dim: 2 }, 'my_layers'],
    ['with other arguments', 'LayerScale', { init_values: 0.1, projection_dim: 2, power: 2 }, null],
    ['with other arguments', 'StochasticDepth', { rate: 0.2 }, null],
    ['without its argument', 'CustomScaleLayer', {}, null],
  ])('%s: %s', (_, className, config, module) => {
    expect(reading(className, config, module).codes).toEqual(['keras/unknown-layer']);
  });
});
