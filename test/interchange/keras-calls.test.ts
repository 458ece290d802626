import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { sketchOf } from '../support/keras-fixtures.ts';

type Layer = Readonly<Record<string, unknown>>;

const input = (name: string, shape: unknown[] = [null, 6, 4]): Layer => ({
  class_name: 'InputLayer',
  name,
  config: { name, batch_input_shape: shape },
  inbound_nodes: [],
});

const layer = (className: string, name: string, config: Layer, calls: unknown): Layer => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: calls,
});

/** A Functional model of Keras 2, or of the version. Its inputs are the InputLayers in order. */
function functional(layers: readonly Layer[], outputs: unknown, version = '2.9.0'): string {
  const inputs = layers.filter((each) => each['class_name'] === 'InputLayer').map((each) => [each['name'], 0, 0]);
  const config = { name: 'model', layers, input_layers: inputs, output_layers: outputs };
  return JSON.stringify({ class_name: 'Functional', keras_version: version, config });
}

const codesOf = (text: string): string[] =>
  readKeras(text).report.losses.map(({ severity, code }) => `${severity} ${code}`);

/** The names that each layer reads, with ports. */
function inputsIn(text: string): Record<string, string[]> {
  const sketch = sketchOf(text);
  return Object.fromEntries(
    sketch.map(({ name, from, ports }) => [
      name,
      from.map((index, at) => [ports?.[at], sketch[index]!.name].filter((each) => each !== undefined).join(' ')),
    ]),
  );
}

/** A tensor as Keras 3 writes it. */
const tensor = (name: string, shape: unknown[], call = 0, output = 0): Layer => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [name, call, output] },
});

describe('a call with keyword arguments', () => {
  const attention = { num_heads: 2, key_dim: 3 };

  it.each(['constructor', '__proto__'])('%s is refused', (name) => {
    const text = functional(
      [input('x'), layer('Dense', 'it', { units: 3 }, [[['x', 0, 0, { [name]: 1 }]]])],
      [['it', 0, 0]],
    );
    expect(codesOf(text)).toEqual(['refused keras/call-argument']);
  });

  it('of Keras 2 reads the value from a keyword', () => {
    const text = functional(
      [
        input('rq'),
        input('v'),
        layer('MultiHeadAttention', 'mha', attention, [[['rq', 0, 0, { value: ['v', 0, 0], use_causal_mask: true }]]]),
      ],
      [['mha', 0, 0]],
    );
    expect(inputsIn(text)['mha']).toEqual(['query rq', 'value v']);
    expect(sketchOf(text).find(({ name }) => name === 'mha')!.params).toMatchObject({ useCausalMask: true });
  });

  it.each<[string, Layer]>([
    [
      'initial_state',
      {
        initial_state: [
          ['h', 0, 0],
          ['c', 0, 0],
        ],
      },
    ],
    ['mask', { mask: ['h', 0, 0] }],
    ['an unknown one', { brightness: 2 }],
  ])('%s is refused', (_, keywords) => {
    const text = functional(
      [
        input('x'),
        input('h', [null, 3]),
        input('c', [null, 3]),
        layer('LSTM', 'lstm', { units: 3 }, [[['x', 0, 0, keywords]]]),
      ],
      [['lstm', 0, 0]],
    );
    expect(readKeras(text).report.losses).toMatchObject([{ severity: 'refused', layer: 'lstm' }]);
  });

  it('initial states among the inputs are refused', () => {
    const call = [
      [
        ['x', 0, 0, {}],
        ['h', 0, 0, {}],
        ['c', 0, 0, {}],
      ],
    ];
    const text = functional(
      [input('x'), input('h', [null, 3]), input('c', [null, 3]), layer('LSTM', 'lstm', { units: 3 }, call)],
      [['lstm', 0, 0]],
    );
    expect(codesOf(text)).toEqual(['refused keras/inputs']);
  });

  it.each([
    ['Dropout', { rate: 0.25 }, true, { params: { rate: 0.25, monteCarlo: true } }, []],
    ['Dropout', { rate: 0.25 }, false, { params: { rate: 0.25 }, training: false }, []],
    ['GaussianNoise', { stddev: 0.5 }, false, { params: { stddev: 0.5 }, training: false }, []],
    ['LSTM', { units: 3, dropout: 0.5 }, false, { params: { units: 3, dropout: 0.5 }, training: false }, []],
    ['LSTM', { units: 3, dropout: 0.5 }, true, undefined, ['refused keras/mode']],
    ['LSTM', { units: 3 }, true, { params: { units: 3 } }, []],
    ['LSTM', { units: 3 }, false, { params: { units: 3 } }, []],
    ['Dense', { units: 3 }, true, { params: { units: 3 } }, []],
    ['BatchNormalization', {}, true, undefined, ['refused keras/mode']],
    ['BatchNormalization', {}, false, { params: {}, training: false }, []],
    ['BatchNormalization', { trainable: false }, false, { params: {}, frozen: true, training: false }, []],
  ])('%s %j of Keras 2 called with training = %j', (className, config, training, read, codes) => {
    const text = functional(
      [input('x'), layer(className, 'it', config, [[['x', 0, 0, { training }]]])],
      [['it', 0, 0]],
    );
    const { sketch, report } = readKeras(text);
    expect(report.losses.map(({ severity, code }) => `${severity} ${code}`)).toEqual(codes);
    const found = sketch?.find(({ name }) => name === 'it');
    expect(found && { params: found.params, frozen: found.frozen, training: found.training }).toEqual(read);
  });

  it('each call of a layer of Keras 2 has its own mode', () => {
    const calls = [[['x', 0, 0, { training: false }]], [['it', 0, 0, {}]]];
    const text = functional([input('x'), layer('BatchNormalization', 'it', {}, calls)], [['it', 1, 0]]);
    expect(sketchOf(text).map(({ name, training }) => [name, training])).toEqual([
      ['x', undefined],
      ['it', false],
      ['it_1', undefined],
      ['output', undefined],
    ]);
  });

  it('`training` of Keras 3 says nothing: the mode of the model replaces it', () => {
    const node = { args: [tensor('x', [null, 6, 4])], kwargs: { training: false, mask: null } };
    const text = functional([input('x'), layer('Dropout', 'it', { rate: 0.25 }, [node])], [['it', 0, 0]], '3.15.1');
    const { params, training } = sketchOf(text).find(({ name }) => name === 'it')!;
    expect([params, training]).toEqual([{ rate: 0.25 }, undefined]);
  });
});

describe('node and tensor indices', () => {
  it('a layer called twice reads the input of each call', () => {
    const text = functional(
      [
        input('a', [null, 4]),
        input('b', [null, 4]),
        layer('Dense', 'it', { units: 4 }, [[['a', 0, 0, {}]], [['b', 0, 0, {}]]]),
        layer('Subtract', 'difference', {}, [
          [
            ['it', 1, 0, {}],
            ['it', 0, 0, {}],
          ],
        ]),
      ],
      [['difference', 0, 0]],
    );
    expect(inputsIn(text)).toMatchObject({ it: ['a'], it_1: ['b'], difference: ['a it_1', 'b it'] });
  });

  it.each([
    ['the second output of a layer with one', ['it', 0, 1, {}]],
    ['the third call of a layer called once', ['it', 2, 0, {}]],
    ['an index that is not a number', ['it', 'first', 0, {}]],
  ])('%s is refused', (_, source) => {
    const text = functional(
      [
        input('x', [null, 4]),
        layer('Dense', 'it', { units: 4 }, [[['x', 0, 0, {}]]]),
        layer('ReLU', 'relu', {}, [[source]]),
      ],
      [['relu', 0, 0]],
    );
    expect(codesOf(text)).toContain('refused keras/missing-layer');
  });

  it('a nested model of Keras 3 is counted from 1 in the outputs of the model', () => {
    const nested = {
      ...layer('Functional', 'tower', {}, [
        { args: [tensor('a', [null, 4])], kwargs: {} },
        { args: [tensor('b', [null, 4])], kwargs: {} },
      ]),
      config: {
        name: 'tower',
        layers: [
          input('x', [null, 4]),
          layer('Dense', 'dense', { units: 4 }, [{ args: [tensor('x', [null, 4])], kwargs: {} }]),
        ],
        input_layers: ['x', 0, 0],
        output_layers: ['dense', 0, 0],
      },
    };
    const relu = layer('ReLU', 'relu', {}, [{ args: [tensor('tower', [null, 4], 1)], kwargs: {} }]);
    const text = functional(
      [input('a', [null, 4]), input('b', [null, 4]), nested, relu],
      [
        ['tower', 1, 0],
        ['relu', 0, 0],
      ],
      '3.15.1',
    );
    expect(inputsIn(text)).toMatchObject({ tower: ['a'], tower_1: ['b'], relu: ['tower_1'], tower_output: ['tower'] });
  });
});

it('two layers of one name are refused', () => {
  const twice = [
    layer('Dense', 'it', { units: 4 }, [[['x', 0, 0, {}]]]),
    layer('Dense', 'it', { units: 4 }, [[['x', 0, 0, {}]]]),
  ];
  const text = functional([input('x', [null, 4]), ...twice], [['it', 0, 0]]);
  expect(codesOf(text)).toContain('refused keras/duplicate-name');
});

describe('Merge of Keras 1', () => {
  const merged = (config: Layer) =>
    functional(
      [
        input('a', [null, 4]),
        input('b', [null, 4]),
        layer('Merge', 'it', { mode_type: 'raw', ...config }, [
          [
            ['a', 0, 0],
            ['b', 0, 0],
          ],
        ]),
      ],
      [['it', 0, 0]],
      '1.2.1',
    );

  it.each([
    [{ mode: 'concat', concat_axis: 1, dot_axes: -1, output_shape: null, arguments: {} }, 'Concatenate', { axis: 1 }],
    [{ mode: 'sum', concat_axis: -1, dot_axes: -1 }, 'Add', {}],
    [{ mode: 'mul', concat_axis: -1, dot_axes: -1 }, 'Multiply', {}],
  ])('%j is a layer', (config, kind, params) => {
    expect(sketchOf(merged(config)).find(({ name }) => name === 'it')).toMatchObject({ kind, params, from: [0, 1] });
  });

  it.each(['cos', 'dot', 'my_function'])('of mode %s is an unknown layer', (mode) => {
    expect(codesOf(merged({ mode }))).toEqual(['changed keras/unknown-layer']);
  });
});

describe('constants', () => {
  const lambda = (name: string, call: unknown): Layer =>
    layer('TFOpLambda', name, { function: 'math.multiply' }, [[call]]);

  it('of Keras 2 become a formula', () => {
    const text = functional(
      [
        input('x', [null, 4]),
        lambda('scaled', ['x', 0, 0, { y: 0.5, name: null }]),
        layer('TFOpLambda', 'shifted', { function: 'math.subtract' }, [
          [['_CONSTANT_VALUE', -1, -2, { y: ['scaled', 0, 0], name: null }]],
        ]),
      ],
      [['shifted', 0, 0]],
    );
    const formulas = sketchOf(text).flatMap(({ kind, params }) => (kind === 'Formula' ? [params['formula']] : []));
    expect(formulas).toEqual(['a * 0.5', '(-2) - a']);
  });

  it.each([
    ['a list', ['x', 0, 0, { y: [1, 2, 3, 4] }]],
    ['a tensor of another rank', ['x', 0, 0, { y: ['z', 0, 0] }]],
    ['a tensor of unknown rank', ['x', 0, 0, { y: ['flat', 0, 0] }]],
  ])('%s keeps the operation as an unknown layer', (_, call) => {
    const flat = layer('Flatten', 'flat', {}, [[['z', 0, 0, {}]]]);
    const layers = [input('x', [null, 8]), input('z', [null, 2, 4]), flat, lambda('it', call)];
    const text = functional(layers, [['it', 0, 0]]);
    expect(codesOf(text)).toEqual(['changed keras/unknown-layer']);
    expect(readKeras(text).sketch!.map(({ name }) => name)).toContain('it');
  });

  it('a tensor whose rank follows from the layers before it is an input', () => {
    const dense = layer('Dense', 'dense', { units: 4 }, [[['z', 0, 0, {}]]]);
    const layers = [
      input('x', [null, 4]),
      input('z', [null, 8]),
      dense,
      lambda('it', ['x', 0, 0, { y: ['dense', 0, 0] }]),
    ];
    expect(codesOf(functional(layers, [['it', 0, 0]]))).toEqual([]);
  });

  it('an operation of Keras 3 with the name of a layer is not that layer', () => {
    const call = { args: [tensor('x', [null, 4]), [1, 2, 3, 4]], kwargs: {} };
    const add = { ...layer('Add', 'add', {}, [call]), module: 'keras.src.ops.numpy' };
    const text = functional([input('x', [null, 4]), add], [['add', 0, 0]], '3.15.1');
    expect(codesOf(text)).toEqual(['changed keras/unknown-layer']);
  });

  it('in place of an input of a layer is refused', () => {
    const text = functional(
      [
        input('x', [null, 4]),
        layer('Add', 'add', {}, [
          [
            ['x', 0, 0, {}],
            ['_CONSTANT_VALUE', -1, 2, {}],
          ],
        ]),
      ],
      [['add', 0, 0]],
    );
    expect(codesOf(text)).toContain('refused keras/call-argument');
  });
});

describe('masks of Keras 3', () => {
  const shape = [null, 6];
  const embedding = layer('Embedding', 'words', { input_dim: 9, output_dim: 4, mask_zero: true }, [
    { args: [tensor('x', shape)], kwargs: {} },
  ]);
  const mask = (value: number) => ({
    ...layer('NotEqual', 'not_equal', {}, [{ args: [tensor('x', shape), value], kwargs: {} }]),
    module: 'keras.src.ops.numpy',
  });
  const lstm = (name: string) =>
    layer('LSTM', 'lstm', { units: 3 }, [
      { args: [tensor('words', [null, 6, 4])], kwargs: { mask: tensor(name, shape) } },
    ]);
  const model = (...layers: Layer[]) =>
    functional([input('x', shape), embedding, ...layers], [['lstm', 0, 0]], '3.15.1');

  it('that a layer makes by itself are left out', () => {
    const { sketch, report } = readKeras(model(mask(0), lstm('not_equal')));
    expect(sketch!.map(({ kind }) => kind)).toEqual(['Input', 'Embedding', 'LSTM', 'Output']);
    expect(report.losses).toEqual([]);
    expect(report.layers.find(({ path }) => path === 'not_equal')!.places).toEqual([]);
  });

  it('are read from HDF5 too, which has no modules', () => {
    const { module: _, ...operation } = mask(0);
    const { report } = readKeras(model(operation, lstm('not_equal')));
    expect(report.losses).toEqual([]);
  });

  it('of the query are those of an attention', () => {
    const values = [null, 6, 4];
    const converted = {
      ...layer('ConvertToTensor', 'converted', {}, [{ args: [tensor('not_equal', shape)], kwargs: {} }]),
      module: 'keras.src.ops.core',
    };
    const attention = (query: string, value: string) =>
      layer('Attention', 'attention', {}, [{ args: [[tensor(query, values), tensor(value, values)]], kwargs: {} }]);
    const reads = layer('LSTM', 'lstm', { units: 3 }, [
      { args: [tensor('attention', values)], kwargs: { mask: tensor('converted', shape) } },
    ]);
    const plain = layer('Embedding', 'plain', { input_dim: 9, output_dim: 4 }, [
      { args: [tensor('x', shape)], kwargs: {} },
    ]);
    expect(codesOf(model(mask(0), converted, plain, attention('words', 'plain'), reads))).toEqual([]);
    expect(codesOf(model(mask(0), converted, plain, attention('plain', 'words'), reads))).toEqual([
      'refused keras/mask',
    ]);
  });

  it('of another value are refused', () => {
    expect(codesOf(model(mask(1), lstm('not_equal')))).toEqual(['refused keras/mask']);
  });

  it('that end at an operation are refused', () => {
    const scaled = {
      ...layer('Multiply', 'scaled', {}, [{ args: [tensor('words', [null, 6, 4]), 2], kwargs: {} }]),
      module: 'keras.src.ops.numpy',
    };
    const reads = layer('LSTM', 'lstm', { units: 3 }, [{ args: [tensor('scaled', [null, 6, 4])], kwargs: {} }]);
    expect(codesOf(model(scaled, reads))).toEqual(['refused keras/mask']);
  });

  it('used as data are refused', () => {
    const dense = layer('Dense', 'lstm', { units: 3 }, [{ args: [tensor('not_equal', shape)], kwargs: {} }]);
    expect(codesOf(model(mask(0), dense))).toContain('refused keras/mask');
  });
});

describe('forms of a configuration', () => {
  const layers = [
    { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 4] } },
    { class_name: 'Dense', config: { name: 'it', units: 3, activation: 'hard_sigmoid' } },
  ];
  const model = { class_name: 'Sequential', config: { name: 'model', layers } };
  const kinds = ['Input', 'Dense', 'Output'];

  it.each<[string, string]>([
    ['to_json', JSON.stringify(model)],
    ['get_config', JSON.stringify(model.config)],
    ['get_config of Keras 1', JSON.stringify(layers)],
    ['JSON in a string', JSON.stringify(JSON.stringify(model))],
    ['model_config', JSON.stringify({ keras_version: '2.4.0', model_config: model })],
    ['model_config in a string', JSON.stringify({ keras_version: '2.4.0', model_config: JSON.stringify(model) })],
    [
      'modelTopology',
      JSON.stringify({
        format: 'layers-model',
        modelTopology: { keras_version: '2.4.0', model_config: model },
        weightsManifest: [],
      }),
    ],
    [
      'modelTopology without model_config',
      JSON.stringify({ modelTopology: { ...model, keras_version: 'tfjs-layers 4.22.0' } }),
    ],
    [
      'NaN and Infinity',
      JSON.stringify({ ...model, a: [1, 2], b: 'NaN' }).replace('[1,2]', '[NaN,-Infinity,Infinity]'),
    ],
  ])('%s is read', (_, text) => {
    expect(sketchOf(text).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('the version in the file decides about functions', () => {
    const activationOf = (version: string | null) => {
      const { sketch } = readKeras(JSON.stringify(model), { kerasVersion: version });
      return sketch![1]!.params['activation'];
    };
    expect(activationOf('3.1.0')).toBe('hardSigmoid');
    expect(activationOf('2.15.0')).toEqual({ formula: 'clip(0.2 * x + 0.5, 0, 1)' });
    expect(activationOf(null)).toEqual({ formula: 'clip(0.2 * x + 0.5, 0, 1)' });
  });
});

it('reports each layer with its places in the sketch, those of nested models included', () => {
  const nested = {
    ...layer('Sequential', 'tower', {}, [[['a', 0, 0, {}]], [['b', 0, 0, {}]]]),
    config: {
      name: 'tower',
      layers: [{ class_name: 'Dense', config: { name: 'dense', units: 4, batch_input_shape: [null, 4] } }],
    },
  };
  const text = functional(
    [
      input('a', [null, 4]),
      input('b', [null, 4]),
      nested,
      layer('Add', 'add', {}, [
        [
          ['tower', 1, 0, {}],
          ['tower', 2, 0, {}],
        ],
      ]),
    ],
    [['add', 0, 0]],
  );
  const { sketch, report } = readKeras(text);
  expect(sketch!.map(({ name }) => name)).toEqual(['a', 'b', 'tower', 'tower_1', 'add', 'output']);
  expect(report.layers.map(({ path, positions, places }) => [path, positions, places])).toEqual([
    ['a', [0], [[0]]],
    ['b', [1], [[1]]],
    ['tower/dense', [2, 0], [[2, 1]]],
    ['add', [3], [[4]]],
  ]);
  expect(sketch![2]!.inside![1]).toMatchObject({ name: 'dense', kind: 'Dense' });
});
