import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { normalizationRange } from '../../src-main/trainer/training/normalization-range.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { sessionData } from '../support/session-data.ts';

const ROWS = 20;
const SHAPE = [6, 6, 1];
const document = sequentialDocument([
  { kind: 'Conv2D', params: { filters: 2, kernelSize: [1, 1] }, name: 'stem' },
  { kind: 'BatchNormalization', name: 'norm' },
  { kind: 'Flatten' },
  dense(2, 'softmax', { name: 'head' }),
]);
const model = compileOrThrow(document, classFeatures(SHAPE, 2), configurationWith({}));

/** As trained on pixels of 0 … 255: uniform, of a variance of 255² / 12. The second channel is twice the first. */
const trained: Readonly<Record<string, readonly number[]>> = {
  'stem/kernel': [1, 2],
  'stem/bias': [0, 0],
  'norm/gamma': [1, 1],
  'norm/beta': [0, 0],
  'norm/moving_mean': [127.5, 255],
  'norm/moving_variance': [255 ** 2 / 12, 255 ** 2 / 3],
};

function given(...without: string[]): Map<string, HostTensor> {
  const weights = model.weights.filter(({ name }) => name in trained && !without.includes(name));
  return new Map(
    weights.map(({ name, shape }) => [name, { dtype: 'float32', shape, data: Float32Array.from(trained[name]!) }]),
  );
}

/** Pixels of 0 … 1, rescaled. */
function pictures(scale: number, offset = 0) {
  const x = uniform([1, 2], 0, ROWS * 36).map((value) => scale * value + offset);
  const y = { dtype: 'int32', shape: [ROWS, 1], data: new Int32Array(ROWS) } as const;
  return sessionData({ train: { x: { dtype: 'float32', shape: [ROWS, ...SHAPE], data: x }, y } });
}

describe('the first normalization of trained layers', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadOnnxEngine('cpu');
  });
  const check = (scale: number, offset = 0, weights = given()) =>
    normalizationRange(model, weights, pictures(scale, offset), engine, 1);

  it('in the range of its training gives no warning', async () => {
    expect(await check(255)).toBeNull();
    expect(await check(200, 20)).toBeNull();
  });

  it.each([
    [1, 0, 'Rescaling of scale 255 '],
    [2, -1, 'Rescaling of scale 127.5 and offset 127.5 '],
    [7000, 0, 'change the scaling'],
  ])('of pixels × %d + %d is named with numbers and the remedy', async (scale, offset, remedy) => {
    const warning = await check(scale, offset);
    expect(warning).toContain("'norm'");
    expect(warning).toContain(remedy);
    expect(warning).toMatch(/20 training rows.* by [\d.]+ standard deviations.* are [\d.]+ times/);
  });

  it('is not compared after layers without trained weights, or without trained statistics', async () => {
    expect(await check(1, 0, given('stem/kernel'))).toBeNull();
    expect(await check(1, 0, given('norm/moving_mean'))).toBeNull();
  });
});
