import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';

type Layer = Record<string, unknown>;

const dense = (name: string, config: Layer = {}): Layer => ({
  class_name: 'Dense',
  config: { name, units: 2, ...config },
});

const each = (name: string, layers: readonly Layer[], config: Layer = {}): Layer => ({
  class_name: 'TimeDistributed',
  config: { name, layer: { class_name: 'Sequential', config: { name: `${name}_model`, layers } }, ...config },
});

function read(layers: readonly Layer[]) {
  const config = { name: 'model', layers };
  const { sketch, report } = readKeras(JSON.stringify({ class_name: 'Sequential', keras_version: '2.15.0', config }));
  return { layers: sketch ?? [], codes: report.losses.map(({ severity, code }) => `${severity} ${code}`) };
}

const input: Layer = { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, 4, 3] } };

describe('TimeDistributed around a model', () => {
  it('becomes the layers of the model, each in TimeDistributed', () => {
    const { layers, codes } = read([input, each('steps', [dense('a', { activation: 'relu' }), dense('b')])]);
    expect(codes).toEqual([]);
    expect(layers.map(({ kind, name }) => [kind, name])).toEqual([
      ['Input', 'x'],
      ['TimeDistributed', 'steps_a'],
      ['TimeDistributed', 'steps_b'],
      ['Output', expect.any(String)],
    ]);
    expect(layers[1]!.params['layer']).toMatchObject({ kind: 'Dense', params: { units: 2, activation: 'relu' } });
  });

  it('takes the shape of the input from the wrapper, not from the model inside', () => {
    const inside = [{ class_name: 'InputLayer', config: { name: 'i', batch_input_shape: [null, 3] } }, dense('a')];
    const { layers, codes } = read([each('steps', inside, { batch_input_shape: [null, 4, 3] })]);
    expect(codes).toEqual([]);
    expect(layers[0]).toMatchObject({ kind: 'Input', params: { shape: [4, 3] } });
  });

  it.each([
    [{ trainable: false }, {}, [true, true]],
    [{}, { trainable: false }, [false, true]],
  ])('freezes its layers with it, or one alone: %j, %j', (outer, second, frozen) => {
    const { layers } = read([input, each('steps', [dense('a'), dense('b', second)], outer)]);
    expect(layers.slice(1, 3).map((layer) => layer.frozen === true)).toEqual(frozen);
  });

  it('works inside TimeDistributed around a model again', () => {
    const inner = { class_name: 'Sequential', config: { name: 'inner', layers: [dense('a')] } };
    const { layers, codes } = read([input, each('steps', [inner, dense('b')])]);
    expect(codes).toEqual([]);
    expect(layers.map(({ name }) => name)).toEqual(['x', 'steps_inner_a', 'steps_b', expect.any(String)]);
  });

  it('is refused if a layer inside does not treat each step separately', () => {
    const normalization = { class_name: 'BatchNormalization', config: { name: 'bn' } };
    expect(read([input, each('steps', [dense('a'), normalization])]).codes).toEqual(['refused keras/wrapped-layer']);
  });
});
