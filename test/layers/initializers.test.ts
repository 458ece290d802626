import { describe, expect, test } from 'vitest';
import { fans, initialize } from '../../src-shared/layers/initializers.ts';
import type { InitializerName } from '../../src-shared/layers/initializer.ts';

const DENSE = [300, 200];
const KERNEL = [3, 5, 40, 60];

function moments(values: Float32Array): { mean: number; variance: number; largest: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
}

test('fans count inputs and outputs of a unit', () => {
  expect(fans([])).toEqual({ fanIn: 1, fanOut: 1 });
  expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 });
  expect(fans(DENSE)).toEqual({ fanIn: 300, fanOut: 200 });
  expect(fans(KERNEL)).toEqual({ fanIn: 600, fanOut: 900 });
});

/** Variance by Keras's formula, and the limit of the values in units of the standard deviation. */
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

  test('has mean 0, the variance of its formula and no value beyond its limit', () => {
    const found = moments(values);
    const deviation = Math.sqrt(variance);
    // Five standard errors of the mean; the variance of 36,000 values is within 3 %.
    expect(Math.abs(found.mean)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(found.variance / variance).toBeGreaterThan(0.97);
    expect(found.variance / variance).toBeLessThan(1.03);
    expect(found.largest).toBeLessThanOrEqual(limit * deviation * 1.000001);
    expect(found.largest).toBeGreaterThan(limit * deviation * 0.99);
  });

  test('depends on its key alone', () => {
    expect(initialize(name, shape, [1, 2])).toEqual(values);
    expect(initialize(name, shape, [1, 3])).not.toEqual(values);
  });
});

test('zeros and ones', () => {
  expect([...initialize('zeros', [2, 2], [1, 2])]).toEqual([0, 0, 0, 0]);
  expect([...initialize('ones', [3], [1, 2])]).toEqual([1, 1, 1]);
});
