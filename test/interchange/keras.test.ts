import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { kerasDocument, readFixture, sketchOf } from '../support/keras-fixtures.ts';
import { replaceModel } from '../../src-shared/starting-points/sketch.ts';
import type { Sketch } from '../../src-shared/starting-points/sketch.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/keras-json/${name}.json`, import.meta.url), 'utf8');

function documentOf(sketch: Sketch): ModelDocument {
  let id = 0;
  const empty: ModelDocument = {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name: 'model',
    nodes: [],
    edges: [],
    blocks: [],
  };
  return applyChange(empty, replaceModel(empty, sketch, 'Open', () => `id${id++}`).change);
}

describe.each(['sequential', 'functional', 'siamese'])('Keras %s configuration', (name) => {
  const parameters = { sequential: 50852, functional: 78, siamese: 63 }[name];

  it.each(['2', '3'])('of version %s opens with all layers and parameters', (version) => {
    const analysis = analyze(documentOf(sketchOf(fixture(`${name}-${version}`))), null);
    expect(analysis.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(analysis.parameters).toBe(parameters);
  });
});

it.each(['sequential', 'functional'])('Keras %s configuration round-trips through Keras JSON', (name) => {
  const sketch = sketchOf(fixture(`${name}-3`));
  const document = documentOf(sketch);
  const analysis = analyze(document, null);
  const written = kerasJson(toKeras(document, analysis));
  const again = sketchOf(written.text);
  const byName = (layers: Sketch) =>
    layers.map(({ from, ...layer }) => ({ ...layer, from: from.map((place) => layers[place]!.name) }));
  expect(byName(again)).toEqual(expect.arrayContaining(byName(sketch)));
  expect(again).toHaveLength(sketch.length);
});

describe('a model whose layers have several inputs', () => {
  const names = ['separate', 'shared', 'attention', 'twice'];
  /** Names of each layer's inputs with their ports. */
  const inputsIn = ({ nodes, edges }: ModelDocument) => {
    const nameOf = new Map(nodes.map(({ id, name }) => [id, name]));
    return nodes.map(({ id, name, kind, params }) => {
      const incoming = edges.filter(({ target }) => target === id);
      const inputs = incoming.map(({ source, targetPort }) => `${targetPort ?? ''} ${nameOf.get(source)}`);
      return { name, kind, params, inputs: kind === 'Concatenate' ? inputs : inputs.toSorted() };
    });
  };
  const jsonOf = (document: ModelDocument) => kerasJson(toKeras(document, analyze(document, null)));

  it.each(names)('ports-%s exports the calls that Keras wrote', (name) => {
    const { model } = readFixture<{ model: KerasConfiguration }>(`keras/ports-${name}.json`);
    const { text, notes } = jsonOf(kerasDocument(model));
    expect(notes).toEqual([]);
    const calls = ({ config }: KerasConfiguration) =>
      new Map(
        config.layers.map(({ name: layer, inbound_nodes: nodes }) => [layer, nodes.map(({ args }) => tensors(args))]),
      );
    expect(calls(JSON.parse(text) as KerasConfiguration)).toEqual(calls(model));
    expect(inputsIn(kerasDocument(JSON.parse(text)))).toEqual(inputsIn(kerasDocument(model)));
  });

  it.each(['positions-2', 'key-2', 'names-2', 'positions-3', 'key-3', 'names-3', 'all-names-3'])(
    'attention called as %s reads query, value and key',
    (variant) => {
      const document = kerasDocument(readFixture(`keras-json/attention-${variant}.json`));
      const expected = ['key z', 'query x', 'value y'];
      expect(inputsIn(document).find(({ name }) => name === 'attention')!.inputs).toEqual(expected);
      expect(analyze(document, null).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  );

  it('refuses a tensor argument that the layer does not have', () => {
    const text = fixture('attention-key-3').replace('"key":{"class_name"', '"attention_mask":{"class_name"');
    expect(text).toContain('attention_mask');
    const { sketch, report } = readKeras(text);
    expect(sketch).toBeNull();
    expect(report.losses).toMatchObject([{ severity: 'refused', code: 'keras/call-argument', layer: 'attention' }]);
    expect(report.losses[0]!.message).toContain('attention_mask');
  });

  it('writes code that names what each input reads', () => {
    const code = (name: string) => {
      const document = kerasDocument(readFixture<{ model: unknown }>(`keras/ports-${name}.json`).model);
      return kerasCode(toKeras(document, analyze(document, null)));
    };
    expect(code('separate')).toContain('layers.MultiHeadAttention(2, 3, value_dim=4, name="attention")(x, y, z)');
    expect(code('shared')).toContain('name="attention")(y, y, z)');
    expect(code('attention')).toContain('layers.Attention()([x, narrow, z])');
    expect(code('twice')).toContain('layers.Add(name="double")([a, a])');
    expect(code('twice')).toContain('layers.Subtract(name="difference")([b, a])');
  });
});

interface KerasConfiguration {
  readonly config: {
    readonly layers: readonly {
      readonly name: string;
      readonly inbound_nodes: readonly { readonly args: unknown }[];
    }[];
  };
}

/** A call's arguments with each tensor as the name of its layer. */
function tensors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tensors);
  return (value as { config: { keras_history: readonly unknown[] } }).config.keras_history[0];
}

describe('reading Keras JSON', () => {
  it('keeps frozen state, initializers, regularizers, constraints and padding', () => {
    const sketch = sketchOf(fixture('sequential-3'));
    const layer = (name: string) => sketch.find((candidate) => candidate.name === name);
    expect(layer('zero_padding2d')?.params).toEqual({ padding: [1, 2, 0, 1] });
    expect(sketch.find(({ kind }) => kind === 'Conv2D')?.params).toMatchObject({ kernelInitializer: 'heNormal' });
    expect(sketch.filter(({ kind }) => kind === 'Dense').map(({ params, frozen }) => [params, frozen])).toMatchObject([
      [
        { units: 30, kernelRegularizer: { name: 'l1l2', l1: 0.1, l2: 0.2 }, biasConstraint: { name: 'maxNorm' } },
        undefined,
      ],
      [{ units: 10, activation: 'softmax' }, true],
    ]);
  });

  it('keeps an unknown layer, as a change to accept', () => {
    const text = fixture('sequential-3').replace('"class_name": "Dropout"', '"class_name": "MyDropout"');
    const { sketch, report } = readKeras(text);
    expect(sketch!.map(({ kind }) => kind)).toContain('MyDropout');
    expect(report.losses).toMatchObject([{ severity: 'changed', code: 'keras/unknown-layer', layer: 'dropout' }]);
  });

  it('rejects text that is not a configuration of a model', () => {
    const texts = ['{', '[]', '{"class_name":"Dense","config":{}}'];
    const messages = texts.map((text) => {
      try {
        return readKeras(text);
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "Expected a Keras model configuration, as model.to_json() writes it; received Expected property name or '}' in JSON at position 1 (line 1 column 2). Export the model again.",
        "Expected a Keras model configuration, as model.to_json() writes it; received JSON without a 'class_name'. Export the model again.",
        "Expected a Keras model configuration, as model.to_json() writes it; received a 'Dense'. Export the model again.",
      ]
    `);
  });

  it('rejects lists and objects nested 3,000 deep', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const config = `${open.repeat(3_000)}1${close.repeat(3_000)}`;
      expect(() => readKeras(`{"class_name":"Functional","config":${config}}`)).toThrow('deep');
    }
  });

  it.each([
    ['{"class_name":"Sequential","config":null}', ['keras/no-outputs']],
    [
      '{"class_name":"Functional","config":{"layers":[{"class_name":"Dense","config":{"units":"x"},"inbound_nodes":[[["gone",0,0]]]},3,null],"output_layers":[["dense",0,0]]}}',
      ['keras/missing-layer', 'keras/missing-output', 'keras/no-outputs'],
    ],
  ])('refuses %s', (text, codes) => {
    const { sketch, report } = readKeras(text);
    expect(sketch).toBeNull();
    expect(report.losses.map(({ code }) => code)).toEqual(codes);
  });

  it('opens a Sequential of early Keras 2, a list of layers', () => {
    const text =
      '{"class_name":"Sequential","config":[{"class_name":"Dense","config":{"units":3,"batch_input_shape":[null,4]}}]}';
    expect(analyze(documentOf(sketchOf(text)), null).parameters).toBe(15);
  });
});

describe('Keras code', () => {
  it('lists the problems of the model in a comment', () => {
    const sketch = sketchOf(fixture('sequential-3'));
    const document = documentOf(sketch);
    const lines = kerasCode(toKeras(document, analyze(document, null)), ['a.', 'b\nc.', 'd.', 'e.', 'f.']).split('\n');
    expect(lines.slice(3, 8)).toMatchInlineSnapshot(`
      [
        "# The model has errors, so this code does not run yet:",
        "# - a.",
        "# - b c.",
        "# - d.",
        "# - and 2 more",
      ]
    `);
  });

  it('uses Sequential for a chain', () => {
    const sketch = sketchOf(fixture('sequential-3'));
    const document = documentOf(sketch);
    expect(kerasCode(toKeras(document, analyze(document, null)))).toMatchInlineSnapshot(`
      "import keras
      from keras import layers

      model = keras.Sequential(
          [
              keras.Input(shape=(28, 28, 1), name="input_layer"),
              layers.ZeroPadding2D(padding=((1, 2), (0, 1))),
              layers.Conv2D(8, (3, 3), activation="relu", padding="same", kernel_initializer="he_normal"),
              layers.BatchNormalization(momentum=0.9),
              layers.MaxPooling2D(strides=(2, 2)),
              layers.Flatten(),
              layers.Dense(
                  30,
                  activation="elu",
                  kernel_regularizer=keras.regularizers.L1L2(l1=0.1, l2=0.2),
                  bias_constraint=keras.constraints.MaxNorm(max_value=3, axis=0),
              ),
              layers.Dropout(0.3),
              layers.Dense(10, activation="softmax", trainable=False),
          ],
          name="model",
      )
      "
    `);
  });

  it('uses the functional API for a graph', () => {
    const sketch = sketchOf(fixture('functional-3'));
    const document = documentOf(sketch);
    expect(kerasCode(toKeras(document, analyze(document, null)))).toMatchInlineSnapshot(`
      "import keras
      from keras import layers

      wide = keras.Input(shape=(8,), name="wide")
      series = keras.Input(shape=(5, 4), name="series")
      inner_dense_2 = layers.Dense(5, activation="silu", name="inner_dense_2")(wide)
      inner_dense_3 = layers.Dense(4, name="inner_dense_3")(inner_dense_2)
      global_max_pooling1d = layers.GlobalMaxPooling1D()(series)
      concatenate = layers.Concatenate(axis=1)([inner_dense_3, global_max_pooling1d])
      main = layers.Dense(
          1,
          kernel_initializer=keras.initializers.VarianceScaling(scale=2, mode="fan_out", distribution="truncated_normal"),
          name="main",
      )(concatenate)
      subtract = layers.Subtract()([inner_dense_3, global_max_pooling1d])

      model = keras.Model(inputs=[wide, series], outputs=[main, subtract], name="model")
      "
    `);
  });
});
