import { describe, expect, test } from 'vitest';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { emitMasked } from '../../src-shared/layers/definition/masks.ts';
import { monteCarloParameter } from '../../src-shared/layers/kinds/regularization/noise.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';

/** Output of a layer for a constant input, in a training step or as one draw of a prediction. */
function trained(
  kind: string,
  params: Record<string, number | boolean>,
  shape: readonly number[],
  value: number,
  step = 3,
  training = true,
): Float64Array {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, ...shape.slice(1)]);
  const { output } = emitMasked(layerCatalog.get(kind)!, {
    builder: b,
    params,
    training,
    frozen: false,
    inputs: [x],
    inputShapes: [b.shapeOf(x)],
    masks: [null],
    weight: () => x,
    penalize: () => undefined,
    updateWeight: () => undefined,
    randomKey: (purpose) => [purpose.length, 7],
    step: b.input('step', 'int32', []),
  });
  b.output('output', output);
  const feeds = new Map([
    ['x', tensorOf('float32', shape, new Array<number>(sizeOf(shape)).fill(value))],
    ['step', tensorOf('int32', [], [step])],
  ]);
  return interpret(b.build(), feeds).outputs.get('output')!.data;
}

function moments(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

const LARGE = [200, 100];

describe('noise when predicting', () => {
  const options = { rate: 0.4, stddev: 0.2 };
  const kinds = [...layerCatalog.values()].filter(({ parameters }) => parameters.includes(monteCarloParameter));
  const shapes: Record<string, number[]> = { SpatialDropout2D: [2, 3, 3, 8], SpatialDropout3D: [2, 2, 2, 2, 8] };
  const of = (kind: string, monteCarlo: boolean, step: number, training: boolean) =>
    trained(kind, { ...options, monteCarlo }, shapes[kind] ?? [4, 5, 8], 2, step, training);

  test.each(kinds.map(({ kind }) => kind))('%s makes noise in predictions only as a Monte Carlo layer', (kind) => {
    expect(of(kind, false, 5, false).every((value) => value === 2)).toBe(true);
    expect(of(kind, true, 5, false)).toEqual(of(kind, false, 5, true));
    expect(of(kind, true, 5, false)).not.toEqual(of(kind, true, 6, false));
  });

  test('all regularizing noise layers have the Monte Carlo option', () => {
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(
      ['AlphaDropout', 'Dropout', 'GaussianDropout', 'GaussianNoise'].concat([
        'SpatialDropout1D',
        'SpatialDropout2D',
        'SpatialDropout3D',
      ]),
    );
  });
});

describe('noise while training', () => {
  test('GaussianNoise adds normal numbers', () => {
    const values = trained('GaussianNoise', { stddev: 0.3 }, LARGE, 2);
    const { mean, variance } = moments(values);
    expect(mean).toBeCloseTo(2, 1);
    expect(variance / 0.09).toBeCloseTo(1, 1);
    const within = (deviations: number): number =>
      values.filter((value) => Math.abs(value - 2) < deviations * 0.3).length / values.length;
    // For a normal distribution: 68.3 % and 95.4 %.
    expect(Math.abs(within(1) - 0.683)).toBeLessThan(0.015);
    expect(Math.abs(within(2) - 0.954)).toBeLessThan(0.01);
  });

  test('GaussianDropout multiplies by normal numbers around 1', () => {
    const { mean, variance } = moments(trained('GaussianDropout', { rate: 0.2 }, LARGE, 2));
    expect(Math.abs(mean - 2)).toBeLessThan(0.05);
    expect(variance / (4 * 0.25)).toBeCloseTo(1, 1);
  });

  test('AlphaDropout outputs two values, with mean 0 for an input of 0', () => {
    const values = trained('AlphaDropout', { rate: 0.3 }, LARGE, 0);
    const levels = [...new Set(Array.from(values, (value) => value.toFixed(6)))];
    expect(levels).toHaveLength(2);
    const { mean } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(0.03);
  });

  test('spatial dropout drops whole channels', () => {
    const [rows, height, width, channels] = [50, 3, 2, 40];
    const values = trained('SpatialDropout2D', { rate: 0.25 }, [rows, height, width, channels], 3);
    let dropped = 0;
    for (let row = 0; row < rows; row++) {
      for (let channel = 0; channel < channels; channel++) {
        const pixels = Array.from(
          { length: height * width },
          (_, pixel) => values[(row * height * width + pixel) * channels + channel]!,
        );
        expect(new Set(pixels).size).toBe(1);
        if (pixels[0] === 0) dropped++;
        else expect(pixels[0]).toBeCloseTo(4, 5);
      }
    }
    expect(dropped / (rows * channels)).toBeCloseTo(0.25, 1);
  });

  test('RReLU draws slopes between its limits', () => {
    const values = trained('RReLU', { lower: 0.1, upper: 0.3 }, LARGE, -1);
    expect(Math.min(...values)).toBeGreaterThan(-0.3 - 1e-6);
    expect(Math.max(...values)).toBeLessThan(-0.1 + 1e-6);
    expect(moments(values).mean).toBeCloseTo(-0.2, 2);
  });

  test.each(['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'RReLU'])('%s differs between steps', (kind) => {
    const params = { stddev: 1, rate: 0.5, lower: 0.1, upper: 0.3 };
    expect(trained(kind, params, [4, 5], -1, 1)).not.toEqual(trained(kind, params, [4, 5], -1, 2));
    expect(trained(kind, params, [4, 5], -1, 1)).toEqual(trained(kind, params, [4, 5], -1, 1));
  });
});
