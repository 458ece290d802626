import { describe, expect, test } from 'vitest';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { emitMasked } from '../../src-shared/layers/definition/masks.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { deriveKey } from '../../src-shared/program/random/philox.ts';

const HEIGHT = 4;
const WIDTH = 5;

/** Equal images with the values 0 … 19, as the layer outputs them, one list each. */
function augmented(kind: string, params: ParameterValues, images: number, step: number | null): number[][] {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, HEIGHT, WIDTH, 1]);
  const definition = layerCatalog.get(kind)!;
  const { output } = emitMasked(definition, {
    builder: b,
    params: resolveParameters(definition, params).values,
    training: step !== null,
    frozen: false,
    inputs: [x],
    inputShapes: [b.shapeOf(x)],
    masks: [null],
    weight: () => x,
    penalize: () => undefined,
    updateWeight: () => undefined,
    randomKey: (purpose) => deriveKey(7, kind, purpose),
    step: b.input('step', 'int32', []),
  });
  b.output('output', output);
  const size = HEIGHT * WIDTH;
  const values = Array.from({ length: images * size }, (_, i) => i % size);
  const feeds = new Map([
    ['x', tensorOf('float32', [images, HEIGHT, WIDTH, 1], values)],
    ['step', tensorOf('int32', [], [step ?? 0])],
  ]);
  const { data } = interpret(b.build(), feeds).outputs.get('output')!;
  const each = data.length / images;
  return Array.from({ length: images }, (_, i) => [...data.subarray(i * each, (i + 1) * each)]);
}

const picture = Array.from({ length: HEIGHT * WIDTH }, (_, i) => i);

const RANDOM: Readonly<Record<string, ParameterValues>> = {
  RandomFlip: {},
  RandomContrast: { factor: [0.5, 0.5] },
  RandomBrightness: { factor: 0.05 },
  RandomTranslation: { heightFactor: 0.4, widthFactor: 0.4 },
  RandomZoom: { heightFactor: 0.4 },
  RandomRotation: { factor: 0.3 },
};

describe('random image layers', () => {
  test.each(Object.entries(RANDOM))('%s passes images on when predicting', (kind, params) => {
    expect(augmented(kind, params, 2, null)).toEqual([picture, picture]);
  });

  test.each(Object.entries(RANDOM))('%s draws for each image and step, and repeats itself', (kind, params) => {
    const first = augmented(kind, params, 12, 3);
    expect(new Set(first.map((image) => image.join())).size).toBeGreaterThan(1);
    expect(augmented(kind, params, 12, 3)).toEqual(first);
    expect(augmented(kind, params, 12, 4)).not.toEqual(first);
  });

  test('RandomFlip mirrors half of the images, in both directions together', () => {
    const images = augmented('RandomFlip', {}, 400, 1);
    const flipped = images.filter((image) => image[0] !== 0);
    expect(flipped.every((image) => image.join() === [...picture].reverse().join())).toBe(true);
    expect(Math.abs(flipped.length / 400 - 0.5)).toBeLessThan(0.06);
  });

  test('RandomContrast draws factors from 1 - a to 1 + b', () => {
    const factors = augmented('RandomContrast', { factor: [0.3, 0.5], valueRange: [-100, 100] }, 400, 1).map(
      (image) => (image[19]! - image[0]!) / 19,
    );
    expectUniform(factors, 0.7, 1.5);
    const raised = augmented('RandomContrast', { factor: 0.3, valueRange: [-100, 100] }, 400, 1);
    expectUniform(
      raised.map((image) => (image[19]! - image[0]!) / 19),
      1,
      1.3,
    );
  });

  test('RandomBrightness draws parts of the pixel range, and clips', () => {
    const added = augmented('RandomBrightness', { factor: [-0.1, 0.3], valueRange: [-100, 100] }, 400, 1);
    expectUniform(
      added.map((image) => image[0]!),
      -20,
      60,
    );
    const clipped = augmented('RandomBrightness', { factor: 1, valueRange: [0, 19] }, 50, 1).flat();
    expect([Math.min(...clipped), Math.max(...clipped)]).toEqual([0, 19]);
  });

  test('RandomCrop takes every position, the same for a batch', () => {
    const params = { height: 3, width: 3 };
    const corners = Array.from({ length: 60 }, (_, step) => {
      const images = augmented('RandomCrop', params, 3, step);
      expect(images[1]).toEqual(images[0]);
      return images[0]![0]!;
    });
    expect([...new Set(corners)].sort((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7]);
    // Smallest distortion-free crop of the centre when predicting: 4 × 4 of 4 × 5 pixels, resized.
    expect(augmented('RandomCrop', params, 1, null)[0]).toHaveLength(9);
  });

  test('zoom and translation stay within their limits', () => {
    const middle = augmented('RandomTranslation', { heightFactor: 0, widthFactor: [0.2, 0.4] }, 300, 2).map(
      (image) => 4 - image[4]!,
    );
    expectUniform(middle, 1, 2);
  });
});

/** @param values Uniform numbers from `low` to `high`, at least 300. */
function expectUniform(values: readonly number[], low: number, high: number): void {
  const width = high - low;
  expect(Math.min(...values)).toBeGreaterThanOrEqual(low - 1e-6 * width);
  expect(Math.max(...values)).toBeLessThanOrEqual(high + 1e-6 * width);
  expect(Math.min(...values)).toBeLessThan(low + 0.05 * width);
  expect(Math.max(...values)).toBeGreaterThan(high - 0.05 * width);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean - (low + high) / 2) / width).toBeLessThan(0.06);
}

describe('reading random image layers of Keras', () => {
  const read = (version: string, config: Record<string, unknown>) =>
    readKeras(
      JSON.stringify({
        class_name: 'Sequential',
        keras_version: version,
        config: {
          layers: [
            { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, 4, 5, 1] } },
            { class_name: 'RandomContrast', config: { name: 'it', ...config } },
          ],
        },
      }),
    ).sketch?.find(({ kind }) => kind === 'RandomContrast')?.params;

  test('one number is both limits of RandomContrast in Keras 2, and the upper one in Keras 3', () => {
    expect(read('2.15.0', { factor: 0.3 })).toMatchObject({ factor: [0.3, 0.3] });
    expect(read('3.15.1', { factor: 0.3 })).toMatchObject({ factor: 0.3 });
    expect(read('3.15.1', { factor: [0, 0.3], value_range: [0, 1] })).toEqual({ factor: [0, 0.3], valueRange: [0, 1] });
  });
});
