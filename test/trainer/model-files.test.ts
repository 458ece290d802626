import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { readNpz, writeNpz } from '../../src-main/interchange/npz/npz.ts';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import { predictTensors } from '../../src-main/trainer/jobs/predict-tensors.ts';
import { readArtifact } from '../../src-main/runs/artifacts.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import { Dice } from '../support/dice.ts';
import { compareWithOnnxRuntime } from '../support/onnx-comparison.ts';
import { onnxIntegers, onnxNode, onnxWeights, writeOnnxGraph } from '../support/onnx-graphs.ts';
import type { OnnxPredict } from '../support/onnx-comparison.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Model files of other authors, in ../shared/data. `make_real_model_fixtures.py` computed the predictions with Keras. */
const DATA = join(import.meta.dirname, '../../../shared/data');

interface Expected {
  readonly inputShape: number[];
  /** Value i of the inputs is ((i · 7919) mod 256) / 255 · range. */
  readonly range: number;
  readonly parameters: number;
  readonly outputShape: number[];
  readonly predictions: number[];
}

/** Inputs of a fixture. */
interface Inputs {
  readonly inputs: Readonly<Record<string, { readonly shape: number[] }>>;
}

const fixture = join(import.meta.dirname, '../fixtures/real-model-files.json');
const files = Object.entries(JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, Expected>);

describe('model files of other authors', () => {
  test.for(files)('%s predicts as in Keras', async ([name, expected], { skip }) => {
    const path = join(DATA, name);
    skip(!existsSync(path), 'not in ../shared/data');
    const folder = temporaryFolder();
    const artifacts = join(folder, 'artifacts');
    const { document, report } = await importModel(
      { path, artifacts, onto: null },
      { signal: new AbortController().signal, onProgress: () => {} },
    );
    expect(report).toMatchObject({ parameters: expected.parameters, fileParameters: expected.parameters });
    const data = Float32Array.from(
      { length: elementCount(expected.inputShape) },
      (_, i) => (((i * 7919) % 256) / 255) * expected.range,
    );
    const [input, output] = [join(folder, 'x.npz'), join(folder, 'y.npz')];
    await writeNpz(input, new Map([['arr_0', { shape: expected.inputShape, data }]]));
    const weights = { folder: artifacts, sha256: document.weights!.artifact };
    const params = { model: document, featureSpec: null, seed: 0, weights, engine: null, input, output };
    await predictTensors(params, async () => {});
    const [found] = (await readNpz(output)).values();
    expect(found!.shape).toEqual(expected.outputShape);
    expect(relativeDifference([...found!.data], expected.predictions, 0)).toBeLessThan(1e-5);
  });
});

/** Predictions of a trainer. @param engine Null: the one that is chosen for prediction. */
const predictOn =
  (engine: EngineName | null): OnnxPredict =>
  async ({ document }, artifacts, inputs) => {
    const folder = temporaryFolder();
    const [input, output] = [join(folder, 'x.npz'), join(folder, 'y.npz')];
    await writeNpz(input, inputs);
    const weights = { folder: artifacts, sha256: document.weights!.artifact };
    await predictTensors(
      { model: document, featureSpec: null, seed: 0, weights, engine, input, output },
      async () => {},
    );
    return [...(await readNpz(output)).values()].map(({ data }) => data);
  };

describe('ONNX files of other authors', () => {
  test.for([
    ['models/onnx-keras2onnx-and-pytorch-dense/keras_model.onnx', 109_386],
    ['models/onnx-keras2onnx-and-pytorch-dense/torch_model.onnx', 109_386],
    ['pretrained/efficientnet-lite0.onnx', 4_631_000],
  ] as const)('%s predicts as in ONNX Runtime', async ([name, parameters], { skip }) => {
    const path = join(DATA, name);
    skip(!existsSync(path), 'not in ../shared/data');
    const predict = predictOn(null);
    const { difference, report } = await compareWithOnnxRuntime(path, { rows: 2, predict });
    expect(report).toMatchObject({ format: 'onnx', parameters, fileParameters: parameters });
    expect(difference).toBeLessThan(1e-5);
  });
});

test.each(['tensorflow', 'onnx'] as const)(
  'an ONNX file as operations predicts as in ONNX Runtime on %s',
  async (engine) => {
    const dice = new Dice(1, 'operations on engines');
    const weights = (name: string, ...shape: number[]) => onnxWeights(dice, name, shape);
    const nodes = [
      onnxNode('Conv', ['x', 'k', 'b'], ['a'], { pads: [2, 1, 0, 3], dilations: [2, 1], strides: [1, 2] }),
      onnxNode('InstanceNormalization', ['a', 'g', 'h'], ['c']),
      onnxNode('MaxPool', ['c'], ['m'], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] }),
      onnxNode('AveragePool', ['m'], ['v'], { kernel_shape: [2, 2], pads: [1, 0, 0, 1] }),
      onnxNode('ConvTranspose', ['v', 't'], ['u'], { pads: [1, 0, 0, 1], strides: [2, 1], output_padding: [1, 0] }),
      onnxNode('Shape', ['u'], ['batch'], { end: 1 }),
      onnxNode('Concat', ['batch', 'rest'], ['target'], { axis: 0 }),
      onnxNode('Expand', ['o', 'target'], ['p']),
      onnxNode('Reshape', ['u', 'rows'], ['r']),
      onnxNode('Concat', ['p', 'r'], ['q'], { axis: 1 }),
      onnxNode('Einsum', ['q', 'w'], ['e'], { equation: 'nij,kj->nik' }),
      onnxNode('Softmax', ['e'], ['y'], { axis: 1 }),
    ];
    const initializers = [
      ...[weights('k', 4, 3, 3, 2), weights('b', 4), weights('g', 4), weights('h', 4), weights('t', 4, 5, 3, 2)],
      ...[weights('o', 1, 1, 72), weights('w', 3, 72), onnxIntegers('rest', [1, 72]), onnxIntegers('rows', [0, 5, -1])],
    ];
    const path = writeOnnxGraph('both', [3, 10, 12], nodes, initializers);
    const { difference, report } = await compareWithOnnxRuntime(path, { predict: predictOn(engine) });
    expect(report.operations).toBeGreaterThan(1);
    expect(difference).toBeLessThan(1e-5);
  },
);

test('the checkpoint of a SavedModel goes onto layers of the same names; TensorFlow computed the sums', async ({
  skip,
}) => {
  const folder = join(DATA, 'models/keras-3.3-savedmodel-int8-tflite-mnist-mlp');
  skip(!existsSync(folder), 'not in ../shared/data');
  const artifacts = join(temporaryFolder(), 'artifacts');
  const context = { signal: new AbortController().signal, onProgress: () => {} };
  const whole = await importModel({ path: join(folder, 'mnist_model.keras'), artifacts, onto: null }, context);
  const { weights: _, ...onto } = whole.document;
  const path = join(folder, 'savedmodel/variables/variables.index');
  const put = await importModel({ path, artifacts, onto }, context);
  expect(new Set(put.report.matches?.map(({ by }) => by))).toEqual(new Set(['name']));
  const { tensors } = await readArtifact(artifacts, put.document.weights!.artifact);
  const sums = [...tensors.values()].map(({ data }) => [...data].reduce((sum, value) => sum + value, 0));
  const expected = [145.16605042852098, 0.06587132101412863, 74.89495360474393, 2.033632075879723, -82.89026665556594];
  expect(sums).toHaveLength(6);
  expected.forEach((sum, index) => expect(sums[index]).toBeCloseTo(sum, 9));
});

test.for(['savedmodel', 'savedmodel/saved_model.pb'])(
  'the graph of %s predicts as in TensorFlow',
  async (name, { skip }) => {
    const path = join(DATA, 'models/keras-3.3-savedmodel-int8-tflite-mnist-mlp', name);
    skip(!existsSync(path), 'not in ../shared/data');
    const artifacts = join(temporaryFolder(), 'artifacts');
    const context = { signal: new AbortController().signal, onProgress: () => {} };
    const opened = await importModel({ path, artifacts, onto: null }, context);
    expect(opened.report).toMatchObject({ format: 'savedmodel', parameters: 55_050, fileParameters: 55_050 });
    const data = Float32Array.from({ length: 2 * 784 }, (_, i) => ((i * 7919) % 256) / 255);
    const [input] = opened.document.nodes;
    const [found] = await predictOn(null)(opened, artifacts, new Map([[input!.name, { shape: [2, 784], data }]]));
    // The probabilities of the classes 2, 3 and 8, as TensorFlow computed them.
    const expected = [0.9805560708, 0.0007081980584, 0.01873573475, 0.9817909002, 0.009046095423, 0.00916291959];
    const classes = [2, 3, 8, 12, 13, 18].map((index) => found![index]!);
    expect(relativeDifference(classes, expected, 0)).toBeLessThan(1e-5);
  },
);

test('an index without a row in the Embedding is refused: engines would read another row, or zeros', async () => {
  const folder = temporaryFolder();
  const fixtures = join(import.meta.dirname, '../fixtures/model-files');
  const unpacked = (name: string): Buffer => gunzipSync(readFileSync(join(fixtures, `${name}.gz`)));
  writeFileSync(join(folder, 'words.keras'), unpacked('words.keras3.keras'));
  const artifacts = join(folder, 'artifacts');
  const { document } = await importModel(
    { path: join(folder, 'words.keras'), artifacts, onto: null },
    { signal: new AbortController().signal, onProgress: () => {} },
  );
  const { inputs } = (JSON.parse(unpacked('words.json').toString()) as Record<string, Inputs>)['keras3']!;
  const weights = { folder: artifacts, sha256: document.weights!.artifact };
  const [input, output] = [join(folder, 'x.npz'), join(folder, 'y.npz')];
  const params = { model: document, featureSpec: null, seed: 0, weights, engine: null, input, output };
  for (const index of [-1, 1e6, NaN]) {
    const arrays = Object.entries(inputs).map(([name, { shape }]) => {
      return [name, { shape, data: new Float32Array(elementCount(shape)).fill(index) }] as const;
    });
    await writeNpz(input, new Map(arrays));
    await expect(predictTensors(params, async () => {})).rejects.toMatchObject({ code: 'predict/bad-tensor' });
  }
});

test('a TensorFlow Lite model of 8-bit integers predicts within one step of its interpreter', async ({ skip }) => {
  const path = join(DATA, 'models/keras-3.3-savedmodel-int8-tflite-mnist-mlp/model_quant.tflite');
  skip(!existsSync(path), 'not in ../shared/data');
  const artifacts = join(temporaryFolder(), 'artifacts');
  const context = { signal: new AbortController().signal, onProgress: () => {} };
  const opened = await importModel({ path, artifacts, onto: null }, context);
  expect(opened.report).toMatchObject({ format: 'tflite', parameters: 55_050, fileParameters: 55_050 });
  const data = Float32Array.from({ length: 2 * 784 }, (_, i) => ((i * 7919) % 256) / 255);
  const [input] = opened.document.nodes;
  const [found] = await predictOn(null)(opened, artifacts, new Map([[input!.name, { shape: [2, 784], data }]]));
  // What LiteRT computed; a step is 1/256, and −128 is 0.
  const rows = [
    [-128, -128, 126, -128, -128, -128, -128, -128, -126, -128],
    [-128, -128, 127, -128, -128, -128, -128, -128, -127, -128],
  ];
  const errors = rows.flat().map((whole, index) => Math.abs(found![index]! * 256 - 128 - whole));
  expect(Math.max(...errors)).toBeLessThan(1.001);
});
