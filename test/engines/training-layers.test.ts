import { describe, expect, test } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { toHost } from './prepared-operations.ts';
import { sessionData } from '../support/session-data.ts';
import { evaluate, predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Layers that differ between training and prediction: noise and moving statistics. */

const ROWS = 10;
const STEPS = 6;
const folder = findTensorFlow()?.folder ?? null;
const normalization = (name: string, frozen = false, params = {}): LayerLine => ({
  kind: 'BatchNormalization',
  params: { momentum: 0.8, ...params },
  name,
  frozen,
});

const documents: Record<string, ModelDocument> = {
  noise: sequentialDocument([
    { kind: 'GaussianNoise', params: { stddev: 0.2, monteCarlo: true } },
    dense(8),
    { kind: 'RReLU' },
    { kind: 'GaussianDropout', params: { rate: 0.1 } },
    dense(8, 'selu'),
    { kind: 'AlphaDropout', params: { rate: 0.1, monteCarlo: true } },
    dense(3, 'softmax'),
  ]),
  'batch normalization': sequentialDocument([
    { kind: 'Reshape', params: { targetShape: [2, 2, 3] } },
    { kind: 'Conv2D', params: { filters: 4, kernelSize: 2, useBias: false }, name: 'conv' },
    normalization('trained'),
    { kind: 'Activation' },
    normalization('kept', true),
    { kind: 'Activation', params: { activation: 'tanh' } },
    normalization('following', true, { statisticsWhenFrozen: 'batch' }),
    { kind: 'SpatialDropout2D', params: { rate: 0.2, monteCarlo: true } },
    { kind: 'GlobalAveragePooling2D' },
    dense(3, 'softmax'),
  ]),
  volumes: sequentialDocument([
    { kind: 'Reshape', params: { targetShape: [2, 3, 2, 1] } },
    { kind: 'Conv3D', params: { filters: 4, kernelSize: 2, padding: 'same', activation: 'relu' } },
    { kind: 'BatchNormalization' },
    { kind: 'ZeroPadding3D', params: { padding: [0, 1, 1, 0, 0, 0] } },
    { kind: 'SpatialDropout3D', params: { rate: 0.2 } },
    { kind: 'MaxPooling3D', params: { poolSize: [2, 2, 1], strides: 1 } },
    { kind: 'Conv3DTranspose', params: { filters: 2, kernelSize: 2, strides: [1, 2, 1], activation: 'tanh' } },
    { kind: 'Cropping3D', params: { cropping: [0, 1, 0] } },
    { kind: 'GlobalAveragePooling3D' },
    dense(3, 'softmax'),
  ]),
};

const optimizer = { kind: 'sgd', learningRate: 0.05, momentum: 0, nesterov: false } as const;

function compile(document: ModelDocument) {
  const result = compileModel(document, classFeatures([12], 3), configurationWith({ seed: 4, optimizer }));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  const { model } = result;
  const x = tensorOf(
    'float32',
    [ROWS, 12],
    uniform([3, 3], 0, ROWS * 12).map((value) => 4 * value - 2),
  );
  const y = tensorOf(
    'int32',
    [ROWS, 1],
    Array.from({ length: ROWS }, (_, row) => row % 3),
  );
  const session = new ReferenceSession(model, initialWeights(model, 4), x, y);
  return { model, x, y, session, first: new Map(session.state) };
}

const rows = Int32Array.from({ length: ROWS }, (_, row) => row);

async function expectReference(engine: Engine, document: ModelDocument): Promise<void> {
  const { model, x, y, session: reference, first } = compile(document);
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1, STEPS] });
  try {
    await session.writeState(new Map([...first].map(([name, tensor]): [string, HostTensor] => [name, toHost(tensor)])));
    await session.loadData(
      sessionData({
        train: {
          x: { dtype: 'float32', shape: x.shape, data: Float32Array.from(x.data) },
          y: { dtype: 'int32', shape: y.shape, data: Int32Array.from(y.data) },
        },
      }),
    );
    const indices = Int32Array.from({ length: ROWS * STEPS }, (_, index) => index % ROWS);
    const learningRates = new Float32Array(STEPS).fill(optimizer.learningRate);
    const request = { split: 'train', indices, steps: STEPS, learningRates } as const;
    const reports = await trainSteps(session, request);
    for (let step = 0; step < STEPS; step++) {
      const expected = reference.run(model.programs.train, rows, optimizer.learningRate)[0]!;
      expect(relativeDifference([reports[step * model.reportLength]!], [expected]), `step ${step}`).toBeLessThan(1e-5);
    }
    const after = await session.readState([...first.keys()]);
    for (const [name, { data }] of reference.state) {
      expect(relativeDifference(after.get(name)!.data as Float32Array, data), name).toBeLessThan(2e-5);
    }
    for (const draw of [0, 7]) {
      const evaluation = reference.run(model.programs.evaluate, rows, 0, null, draw);
      expect(relativeDifference(await evaluate(session, 'train', rows, draw), evaluation)).toBeLessThan(1e-5);
      const [prediction] = await predict(session, { x: toHost(x) }, draw);
      const expected = reference.run(model.programs.predict, rows, 0, null, draw);
      expect(relativeDifference(prediction!.data as Float32Array, expected)).toBeLessThan(1e-5);
    }
  } finally {
    await session.dispose();
  }
}

describe.each(Object.entries(documents))('training with %s equals the reference', (_, document) => {
  test('onnx', async () => {
    await expectReference(await loadOnnxEngine('cpu'), document);
  });

  test.skipIf(folder === null)('tensorflow', async () => {
    await expectReference(await loadTensorFlowEngine(folder!, 1), document);
  });
});

test('draws of Monte Carlo layers are deterministic and differ from each other', () => {
  const { model, session } = compile(documents['noise']!);
  const drawn = (draw: number) => session.run(model.programs.predict, rows, 0, null, draw);
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
  const plain = compile(documents['volumes']!).model;
  expect(plain.programs.predict.inputs.map(({ name }) => name)).toEqual(['x']);
});

test('a wrapped layer can be a Monte Carlo layer', () => {
  const wrapped = (monteCarlo: boolean) => ({ kind: 'Dropout', params: { rate: 0.5, monteCarlo } });
  const inputs = (monteCarlo: boolean) =>
    compile(
      sequentialDocument([
        { kind: 'Reshape', params: { targetShape: [3, 4] } },
        { kind: 'TimeDistributed', params: { layer: wrapped(monteCarlo) } },
        { kind: 'Flatten' },
        dense(3, 'softmax'),
      ]),
    ).model.programs.predict.inputs.map(({ name }) => name);
  expect(inputs(true)).toEqual(['x', 'draw']);
  expect(inputs(false)).toEqual(['x']);
});

test('moving statistics change in training, and in a frozen layer only on request', () => {
  const { model, session, first } = compile(documents['batch normalization']!);
  session.run(model.programs.train, rows, optimizer.learningRate);
  const changed = (name: string): boolean => session.state.get(name)!.data !== first.get(name)!.data;
  expect(model.weights.filter(({ trainable }) => trainable).map(({ name }) => name)).not.toContain(
    'trained/moving_mean',
  );
  expect(changed('trained/moving_mean')).toBe(true);
  expect(changed('trained/moving_variance')).toBe(true);
  const kept = model.programs.train.state.filter(({ name }) => name.startsWith('kept/'));
  expect(kept).toHaveLength(4);
  expect(kept.filter(({ update }) => update !== undefined)).toEqual([]);
  expect(changed('following/moving_mean')).toBe(true);
  expect(changed('following/moving_variance')).toBe(true);
  const weights = model.programs.train.state.filter(({ name }) => /^following\/(gamma|beta)$/.test(name));
  expect(weights.map(({ update }) => update)).toEqual([undefined, undefined]);
  for (const program of [model.programs.evaluate, model.programs.predict]) {
    expect(program.state.filter(({ update }) => update !== undefined)).toEqual([]);
  }
});
