import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { isEnd } from '../../src-shared/document/schema/ends.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { readKerasCode } from '../../src-shared/interchange/keras/code-reader/read-code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import type { KerasModel } from '../../src-shared/interchange/keras/keras-model.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures } from '../support/documents.ts';
import { inferenceFixtures, kerasDocument, sharedFixtures, sketchDocument } from '../support/keras-fixtures.ts';
import { begun, templateCases, templateOf } from '../support/template-cases.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

const exampleDocuments = readdirSync(EXAMPLES, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.lamina.json'))
  .map((name) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8');
    return { name, document: parseModelDocument(JSON.parse(text), name).document };
  })
  .filter(({ document }) => !document.nodes.every(isEnd));

const sketchOf = (code: string) => {
  const { sketch, report } = readKerasCode(code);
  expect(report.losses.filter(({ severity }) => severity !== 'note')).toEqual([]);
  return sketch!;
};

/** Code and severity of each loss, with the line that its message names. */
const lossesOf = (code: string) =>
  readKerasCode(code).report.losses.map(({ severity, code: id, message }) => {
    return `${severity} ${id} ${/^Line (\d+)/.exec(message)?.[1] ?? ''}`.trim();
  });

/** Kinds and parameters of a chain. */
const layersOf = (code: string) => sketchOf(code).map(({ kind, params }) => [kind, params]);

describe('code that Lamina writes comes back as the same model', () => {
  /** Layers in the order of their names: the reader puts Inputs first. */
  function configurationOf(model: KerasModel): unknown {
    return JSON.parse(kerasJson(model).text, (key, value: unknown) =>
      key === 'layers' && Array.isArray(value)
        ? (value as { config: { name: string } }[]).toSorted((a, b) => a.config.name.localeCompare(b.config.name, 'en'))
        : value,
    );
  }

  /** The configuration of the model that the code gives equals that of the model that was written. */
  function expectSame(document: ModelDocument, features: Parameters<typeof analyze>[1]): void {
    const written = toKeras(document, analyze(document, features));
    const code = kerasCode(written);
    if (code.includes('lambda')) {
      const line = code.split('\n').findIndex((each) => each.includes('lambda')) + 1;
      expect(lossesOf(code)).toContain(`refused keras/code ${line}`);
      return;
    }
    const read = { ...sketchDocument(sketchOf(code)), name: document.name };
    const again = toKeras(read, analyze(read, null));
    expect(configurationOf(again)).toEqual(configurationOf(written));
  }

  it.each(exampleDocuments)('$name', ({ document }) => {
    const columns = document.nodes.some(({ kind }) => kind.startsWith('Conv')) ? [28, 28, 1] : [4];
    const nodes = document.nodes.map((node) => {
      const { columns: own } = node.params;
      return Array.isArray(own) ? { ...node, params: { shape: [own.length] } } : node;
    });
    expectSame({ ...document, nodes }, classFeatures(columns, 3));
  });

  const ofTemplates = templateCases.flatMap(({ data, features, suited }) =>
    suited.map((id) => ({ name: `${id} for ${data}`, document: begun(templateOf(id), features), features })),
  );
  it.each(ofTemplates)('$name', ({ document, features }) => expectSame(document, features));

  it.each([...sharedFixtures(), ...inferenceFixtures()])('$name', ({ fixture }) => {
    const document = kerasDocument(fixture.model);
    const nodes = document.nodes.map((node) => {
      const { columns } = node.params;
      if (node.kind !== 'Input') return node;
      return { ...node, params: { shape: Array.isArray(columns) ? [columns.length] : fixture.inputShape } };
    });
    expectSame({ ...document, nodes }, null);
  });
});

describe('code of a Keras model', () => {
  it('Sequential with layers in a list: imports with aliases, constants, arithmetic, arguments by position', () => {
    const code = `
import tensorflow as tf
from tensorflow import keras as K
from keras.layers import Dense as D, Dropout
from keras import regularizers

classes = 10  # digits
size = 28 * 28
(x_train, y_train), _ = K.datasets.mnist.load_data()

model = K.Sequential([
    K.Input((size,), name="pixels"),
    K.layers.Rescaling(1. / 255),
    D(300, "relu", kernel_initializer='he_normal', kernel_regularizer=regularizers.l2(1e-3)),
    tf.keras.layers.Dropout(rate=0.2),
    D(classes, activation=tf.nn.softmax),
])
model.compile(optimizer=K.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
model.fit(x_train, y_train, epochs=5)
`;
    expect(layersOf(code)).toEqual([
      ['Input', { shape: [784] }],
      ['Rescaling', {}],
      [
        'Dense',
        {
          units: 300,
          activation: 'relu',
          kernelInitializer: 'heNormal',
          kernelRegularizer: { name: 'l2', l2: 0.001 },
        },
      ],
      ['Dropout', { rate: 0.2 }],
      ['Dense', { units: 10, activation: 'softmax' }],
      ['Output', {}],
    ]);
  });

  it('Sequential by add, with the input shape of the first layer', () => {
    const code = `
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Conv2D, Flatten, Dense
m = Sequential()
m.add(Conv2D(8, (3, 3), input_shape=(28, 28, 1)))
m.add(Flatten()); m.add(Dense(2))
`;
    expect(layersOf(code)).toEqual([
      ['Input', { shape: [28, 28, 1] }],
      ['Conv2D', { filters: 8 }],
      ['Flatten', {}],
      ['Dense', { units: 2 }],
      ['Output', {}],
    ]);
  });

  it('functional calls: several inputs, shared layers, a nested model, arguments of calls, freezing', () => {
    const code = `
import keras
from keras import layers
a, b = keras.Input((4,), name="a"), keras.Input(shape=(4,), name="b")
inner = keras.Sequential([layers.Dense(3), layers.BatchNormalization()], name="inner")
shared = layers.Dense(4, name="shared")
left, right = shared(a), shared(b)
x = layers.concatenate([inner(left), inner(right, training=False)], axis=-1)
x = layers.Dropout(0.4, name="drop")(x, training=False)
out = layers.Dense(1, name="out")(x)
model = keras.Model([a, b], out)
model.get_layer("shared").trainable = False
`;
    const sketch = sketchOf(code);
    expect(
      sketch.map(({ name, kind, from, weightsOf, frozen, training }) => ({
        name,
        kind,
        from,
        weightsOf,
        frozen,
        training,
      })),
    ).toMatchObject([
      { name: 'a', kind: 'Input' },
      { name: 'b', kind: 'Input' },
      { name: 'shared', kind: 'Dense', from: [0], frozen: true },
      { name: 'shared_1', kind: 'Dense', from: [1], weightsOf: 2 },
      { name: 'inner', kind: 'Block', from: [2], training: undefined },
      { name: 'inner_1', kind: 'Block', from: [3], weightsOf: 4, training: false },
      { name: 'concatenate', kind: 'Concatenate', from: [4, 5] },
      { name: 'drop', kind: 'Dropout', training: false },
      { name: 'out', kind: 'Dense' },
      { kind: 'Output' },
    ]);
  });

  it('a part of a program without its imports', () => {
    const code = 'model = keras.Sequential([\n    Input((3,)),\n    layers.Dense(2),\n])\n';
    expect(layersOf(code).map(([kind]) => kind)).toEqual(['Input', 'Dense', 'Output']);
  });

  it('an encoder that is a part of the model is not the model; the one named model is', () => {
    const code = `
import keras
x = keras.Input((8,))
code = keras.layers.Dense(2)(x)
encoder = keras.Model(x, code)
model = keras.Model(x, keras.layers.Dense(8)(code))
other = keras.Model(x, code)
`;
    expect(layersOf(code).map(([kind]) => kind)).toEqual(['Input', 'Dense', 'Dense', 'Output']);
  });
});

describe('what is not read is refused with its line', () => {
  const head = 'import keras\nfrom keras import layers\nx = keras.Input((4,))\n';
  const end = '\nmodel = keras.Model(x, layers.Dense(1)(y))\n';

  it.each([
    ['a loop', 'y = x\nfor i in range(3):\n    y = layers.Dense(3)(y)', ['refused keras/code 5']],
    ['an f-string', 'n = 2\ny = layers.Dense(3, name=f"d{n}")(x)', ['refused keras/code 5']],
    ['a function of the code', 'def f(x):\n    return x\ny = f(x)', ['refused keras/code 6']],
    ['an unknown name', 'y = layers.Dense(units)(x)', ['refused keras/code 4']],
    ['a lambda', 'y = layers.Lambda(lambda v: v)(x)', ['refused keras/code 4']],
    ['an operation on tensors', 'y = x + x', ['refused keras/code 4']],
    ['arguments with a star', 'y = layers.Dense(*sizes)(x)', ['refused keras/code 4']],
    ['text that is not Python', 'y = layers.Dense(3(x)', ['refused keras/code 4']],
    ['a condition', 'y = x\nif True:\n    y = layers.Dense(3)(x)', ['refused keras/code 5']],
    [
      'an argument that Keras does not have',
      'y = layers.Dense(3, size=2)(x)',
      ['refused keras/argument-unsupported 4'],
    ],
    ['a model that is downloaded', 'y = keras.applications.VGG16()(x)', ['refused keras/code 4']],
  ])('%s', (_, lines, losses) => {
    const found = lossesOf(`${head}${lines}${end}`);
    expect(found.slice(0, losses.length)).toEqual(losses);
    expect(readKerasCode(`${head}${lines}${end}`).sketch).toBeNull();
  });

  it('each fault is reported once, with its own line; what follows from it is not', () => {
    const code = `${head}y = layers.Dense(n)(x)\nz = layers.Dense(3)(y)\nw = layers.Dense(m)(x)\nmodel = keras.Model(x, z)\n`;
    expect(lossesOf(code)).toEqual(['refused keras/code 4', 'refused keras/code 6']);
  });

  it('code without a model', () => {
    expect(lossesOf('import keras\nx = 3\n')).toEqual(['refused keras/code-without-model']);
  });

  it('damaged code never throws (seed 7)', () => {
    const code = `${head}y = layers.Dense(3, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3))([x, {"a": (1,)}])${end}`;
    const dice = new Dice(7, 'code');
    for (let mutant = 0; mutant < 200; mutant++) {
      const at = dice.below(code.length);
      const inserted = dice.pick(['', '(', ')', '"', ',', '=', '.', '*', '\n', '[', 'x', 'lambda ', '__proto__', '1.']);
      const text = code.slice(0, at) + inserted + code.slice(at + dice.below(4));
      expect(() => readKerasCode(text), text).not.toThrow();
    }
    const deep = `${head}y = ${'('.repeat(5_000)}x${')'.repeat(5_000)}${end}`;
    expect(readKerasCode(deep).sketch).toBeNull();
  });

  it('what the model does not need is not an error', () => {
    const code = `"""A model."""\nimport os\n${head}path = os.path.join("a", f"b")\nprint(f"{path}")\ny = layers.Dense(2)(x)${end}model.summary()\n`;
    expect(lossesOf(code)).toEqual([]);
  });
});
