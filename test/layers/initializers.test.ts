import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { fans, initialize, initializerArguments } from '../../src-shared/layers/weights/initializer.ts';
import type { Initializer, InitializerName } from '../../src-shared/layers/weights/initializer.ts';
import { namedExpectation } from '../../src-shared/layers/weights/named-arguments.ts';
import { classFeatures, sequentialDocument } from '../support/documents.ts';

const DENSE = [300, 200];
const KERNEL = [3, 5, 40, 60];

function moments(values: Float32Array): { mean: number; variance: number; largest: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
}

test('fans counts inputs and outputs of a unit', () => {
  expect(fans([])).toEqual({ fanIn: 1, fanOut: 1 });
  expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 });
  expect(fans(DENSE)).toEqual({ fanIn: 300, fanOut: 200 });
  expect(fans(KERNEL)).toEqual({ fanIn: 600, fanOut: 900 });
});

/** Variance by Keras's formula, and the limit of the values in standard deviations. */
const formulas: readonly [InitializerName, readonly number[], number, number][] = [
  ['glorotUniform', DENSE, 2 / 500, Math.sqrt(3)],
  ['glorotNormal', DENSE, 2 / 500, 2 / 0.87962566103423978],
  ['heUniform', DENSE, 2 / 300, Math.sqrt(3)],
  ['heNormal', DENSE, 2 / 300, 2 / 0.87962566103423978],
  ['glorotUniform', KERNEL, 2 / 1500, Math.sqrt(3)],
  ['heNormal', KERNEL, 2 / 600, 2 / 0.87962566103423978],
];

describe.each(formulas)('%s of %j', (name, shape, variance, limit) => {
  const values = initialize(name, shape, [1, 2]);

  test('has mean 0, the variance of its formula and values within its limit', () => {
    const found = moments(values);
    const deviation = Math.sqrt(variance);
    // Five standard errors of the mean; the variance of 36,000 values is within 3 %.
    expect(Math.abs(found.mean)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(found.variance / variance).toBeGreaterThan(0.97);
    expect(found.variance / variance).toBeLessThan(1.03);
    expect(found.largest).toBeLessThanOrEqual(limit * deviation * 1.000001);
    expect(found.largest).toBeGreaterThan(limit * deviation * 0.99);
  });

  test('depends only on its key', () => {
    expect(initialize(name, shape, [1, 2])).toEqual(values);
    expect(initialize(name, shape, [1, 3])).not.toEqual(values);
  });
});

/** Mean and variance of the distribution, and the largest distance from the mean in standard deviations. */
const distributions: readonly [Initializer, number, number, number | null][] = [
  ['lecunNormal', 0, 1 / 300, 2 / 0.87962566103423978],
  ['lecunUniform', 0, 1 / 300, Math.sqrt(3)],
  ['randomNormal', 0, 0.05 ** 2, null],
  [{ name: 'randomNormal', mean: 2, stddev: 0.5 }, 2, 0.25, null],
  ['randomUniform', 0, 0.1 ** 2 / 12, Math.sqrt(3)],
  [{ name: 'randomUniform', minval: 1, maxval: 3 }, 2, 4 / 12, Math.sqrt(3)],
  [{ name: 'truncatedNormal', mean: -1, stddev: 0.2 }, -1, (0.2 * 0.87962566103423978) ** 2, 2 / 0.87962566103423978],
  ['varianceScaling', 0, 1 / 300, 2 / 0.87962566103423978],
  [{ name: 'varianceScaling', scale: 3, mode: 'fanOut', distribution: 'uniform' }, 0, 3 / 200, Math.sqrt(3)],
  [{ name: 'varianceScaling', mode: 'fanAvg', distribution: 'untruncatedNormal' }, 0, 1 / 250, null],
];

test.each(distributions)('%j has its mean, variance and limit', (initializer, mean, variance, limit) => {
  const deviation = Math.sqrt(variance);
  const found = moments(initialize(initializer, DENSE, [1, 2]).map((value) => (value - mean) / deviation));
  expect(Math.abs(found.mean)).toBeLessThan(5 / Math.sqrt(60_000));
  expect(Math.abs(found.variance - 1)).toBeLessThan(0.03);
  if (limit === null) expect(found.largest).toBeGreaterThan(3.5);
  else expect(Math.abs(found.largest / limit - 1)).toBeLessThan(0.01);
});

test.each([
  [[7, 4], 1],
  [[4, 7], 2],
  [[3, 2, 5, 6], 0.5],
])('orthogonal %j with gain %d has orthogonal rows or columns', (shape, gain) => {
  const values = initialize({ name: 'orthogonal', gain }, shape, [1, 2]);
  const columns = shape.at(-1)!;
  const rows = values.length / columns;
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const entry = (vector: number, i: number): number =>
    rows >= columns ? values[i * columns + vector]! : values[vector * columns + i]!;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      let product = 0;
      for (let i = 0; i < length; i++) product += entry(a, i) * entry(b, i);
      expect(product).toBeCloseTo(a === b ? gain ** 2 : 0, 6);
    }
  }
});

test('constant and identity values', () => {
  expect([...initialize({ name: 'constant', value: 0.5 }, [3], [1, 2])]).toEqual([0.5, 0.5, 0.5]);
  expect([...initialize('constant', [2], [1, 2])]).toEqual([0, 0]);
  expect([...initialize({ name: 'identity', gain: 2 }, [2, 3], [1, 2])]).toEqual([2, 0, 0, 0, 2, 0]);
});

test('namedExpectation checks initializer arguments', () => {
  const expected = (value: JsonValue): string | null => namedExpectation(initializerArguments, value);
  expect(expected('heNormal')).toBeNull();
  expect(expected({ name: 'randomNormal', stddev: 0.02 })).toBeNull();
  expect(expected({ name: 'varianceScaling', mode: 'fanOut' })).toBeNull();
  const invalid = [
    { name: 'varianceScaling', mode: 'fanSide' },
    { name: 'randomNormal', stddev: -1 },
    { name: 'zeros', value: 1 },
    { name: 'toString' },
    7,
  ];
  expect(invalid.map(expected)).toMatchInlineSnapshot(`
    [
      "varianceScaling with mode one of fanIn, fanOut, fanAvg",
      "randomNormal with stddev from 0 to 1000000",
      "zeros with no arguments",
      "one of zeros, ones, constant, randomNormal, randomUniform, … (15 in all), or an object with one of them as name and its arguments",
      "one of zeros, ones, constant, randomNormal, randomUniform, … (15 in all), or an object with one of them as name and its arguments",
    ]
  `);
});

test('an initializer that cannot fill a weight is a problem of its layer', () => {
  const problems = (params: Record<string, JsonValue>) => {
    const document = sequentialDocument([{ kind: 'Dense', name: 'fc', params }]);
    return analyze(document, classFeatures([4], 3)).problems;
  };
  const [rank] = problems({ biasInitializer: 'identity' });
  expect(rank).toMatchObject({ code: 'layer/shape', nodeId: 'fc' });
  expect(rank!.message).toMatchInlineSnapshot(
    `"Dense 'fc' cannot be built on its input. The initializer of bias needs a weight of rank 2; received [32]. Choose another initializer."`,
  );
  const [argument] = problems({ kernelInitializer: { name: 'randomNormal', mean: 'x' } });
  expect(argument).toMatchObject({ code: 'layer/bad-parameter', nodeId: 'fc', param: 'kernelInitializer' });
});

test('zeros and ones', () => {
  expect([...initialize('zeros', [2, 2], [1, 2])]).toEqual([0, 0, 0, 0]);
  expect([...initialize('ones', [3], [1, 2])]).toEqual([1, 1, 1]);
});
