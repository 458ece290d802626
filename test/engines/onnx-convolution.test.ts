import { describe, expect, it } from 'vitest';
import type { Conv2dAttributes, Padding2d, Pair, Pool2dAttributes } from '../../src-shared/program/language/types.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { float, runOperation } from './onnx-harness.ts';

/** Output size and leading padding of one axis, as TensorFlow computes them. */
function place(size: number, window: number, stride: number, padding: Padding2d, axis: 0 | 1): [number, number] {
  if (padding === 'valid') return [Math.floor((size - window) / stride) + 1, 0];
  if (padding === 'same') {
    const output = Math.ceil(size / stride);
    return [output, Math.floor(Math.max((output - 1) * stride + window - size, 0) / 2)];
  }
  const [before, after] = [padding[axis * 2]!, padding[axis * 2 + 1]!];
  return [Math.floor((size + before + after - window) / stride) + 1, before];
}

interface Convolution extends Conv2dAttributes {
  readonly input: readonly [number, number, number, number];
  readonly kernel: readonly [number, number, number, number];
}

/** Calls `visit` for each product of the convolution, with flat indices into input, kernel and output. */
function eachProduct(
  { input, kernel, strides, padding, dilations, groups }: Convolution,
  visit: (x: number, w: number, y: number) => void,
): readonly number[] {
  const [n, h, w, c] = input;
  const [kh, kw, groupChannels, filters] = kernel;
  const [oh, top] = place(h, (kh - 1) * dilations[0] + 1, strides[0], padding, 0);
  const [ow, left] = place(w, (kw - 1) * dilations[1] + 1, strides[1], padding, 1);
  for (let b = 0; b < n; b++)
    for (let y = 0; y < oh; y++)
      for (let x = 0; x < ow; x++)
        for (let f = 0; f < filters; f++)
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++) {
              const row = y * strides[0] - top + i * dilations[0];
              const column = x * strides[1] - left + j * dilations[1];
              if (row < 0 || row >= h || column < 0 || column >= w) continue;
              for (let k = 0; k < groupChannels; k++) {
                const channel = Math.floor(f / (filters / groups)) * groupChannels + k;
                visit(
                  ((b * h + row) * w + column) * c + channel,
                  ((i * kw + j) * groupChannels + k) * filters + f,
                  ((b * oh + y) * ow + x) * filters + f,
                );
              }
            }
  return [n, oh, ow, filters];
}

const product = (shape: readonly number[]): number => shape.reduce((total, extent) => total * extent, 1);
const random = (shape: readonly number[], seed: number): Float32Array =>
  uniform([seed, 9], 0, product(shape)).map((value) => value - 0.5);

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((value, index) => {
    expect(Math.abs(actual[index]! - value), `element ${index}`).toBeLessThan(1e-5 * largest);
  });
}

const convolution = (
  input: Convolution['input'],
  kernel: Convolution['kernel'],
  strides: Pair,
  padding: Padding2d,
  dilations: Pair = [1, 1],
  groups = 1,
): Convolution => ({ input, kernel, strides, padding, dilations, groups });

const convolutions: Record<string, Convolution> = {
  'valid 3 by 3': convolution([2, 6, 5, 3], [3, 3, 3, 4], [1, 1], 'valid'),
  'same 3 by 3': convolution([2, 6, 5, 3], [3, 3, 3, 4], [1, 1], 'same'),
  'same, even kernel: the odd pixel comes after': convolution([1, 5, 4, 2], [2, 4, 2, 3], [1, 1], 'same'),
  'same, stride 2, even size': convolution([2, 6, 8, 2], [3, 3, 2, 3], [2, 2], 'same'),
  'same, stride 2, odd size': convolution([2, 7, 5, 2], [3, 3, 2, 3], [2, 2], 'same'),
  'same, stride 3 larger than the kernel': convolution([1, 8, 7, 2], [2, 1, 2, 2], [3, 3], 'same'),
  'valid, stride 2 that leaves pixels over': convolution([2, 6, 8, 2], [3, 3, 2, 3], [2, 2], 'valid'),
  'valid, stride 3 that leaves two pixels over': convolution([1, 9, 8, 1], [1, 3, 1, 2], [3, 3], 'valid'),
  'strides that differ': convolution([1, 7, 6, 2], [3, 2, 2, 2], [2, 1], 'same'),
  'dilation 2 valid': convolution([1, 8, 7, 2], [3, 3, 2, 2], [1, 1], 'valid', [2, 2]),
  'dilation 2 by 3 same': convolution([1, 9, 8, 2], [3, 2, 2, 2], [1, 1], 'same', [2, 3]),
  'dilation 2 with stride 2': convolution([1, 9, 8, 2], [2, 2, 2, 2], [2, 2], 'valid', [2, 2]),
  'two groups': convolution([2, 5, 5, 4], [3, 3, 2, 6], [1, 1], 'same', [1, 1], 2),
  'two groups, stride 2, pixels over': convolution([2, 6, 6, 4], [3, 3, 2, 4], [2, 2], 'valid', [1, 1], 2),
  'depthwise, dilated': convolution([1, 7, 7, 3], [3, 3, 1, 3], [1, 1], 'same', [2, 2], 3),
  'depthwise, dilated, pixels over': convolution([1, 8, 9, 2], [2, 2, 1, 4], [3, 3], 'valid', [2, 2], 2),
  'explicit padding': convolution([1, 5, 6, 2], [3, 3, 2, 2], [2, 2], [1, 0, 2, 1]),
  'padding larger than the kernel': convolution([1, 4, 4, 1], [2, 2, 1, 2], [1, 1], [2, 3, 3, 2]),
  'one by one': convolution([2, 3, 4, 3], [1, 1, 3, 2], [1, 1], 'valid'),
  'one by one, stride 2': convolution([2, 4, 5, 3], [1, 1, 3, 2], [2, 2], 'same'),
  'kernel as large as the image': convolution([2, 4, 3, 2], [4, 3, 2, 3], [1, 1], 'valid'),
  'kernel of more positions than are written out': convolution([1, 9, 9, 1], [8, 8, 1, 2], [1, 1], 'same'),
};

describe('ONNX convolutions', () => {
  for (const [name, example] of Object.entries(convolutions)) {
    const { input, kernel, strides, padding, dilations, groups } = example;
    const attributes: Conv2dAttributes = { strides, padding, dilations, groups };
    const x = random(input, 1);
    const w = random(kernel, 2);

    it(`${name}: forward and both gradients`, async () => {
      const expected = new Float64Array(product(input) * 64);
      const outputShape = eachProduct(example, (i, j, k) => (expected[k]! += x[i]! * w[j]!));
      const dy = random(outputShape, 3);
      const dx = new Float64Array(x.length);
      const dw = new Float64Array(w.length);
      eachProduct(example, (i, j, k) => {
        dx[i]! += w[j]! * dy[k]!;
        dw[j]! += x[i]! * dy[k]!;
      });
      const image = float(input, Array.from(x));
      const weights = float(kernel, Array.from(w));
      const gradient = float(outputShape, Array.from(dy));

      const [y] = await runOperation('conv2d', attributes, [image, weights], [0]);
      expect(y!.shape).toEqual(outputShape);
      expectClose(y!.data, Array.from(expected.subarray(0, product(outputShape))));
      const [inputGradient] = await runOperation(
        'conv2dInputGradient',
        { ...attributes, inputSize: [input[1]!, input[2]!] },
        [weights, gradient],
        [1],
      );
      expect(inputGradient!.shape).toEqual(input);
      expectClose(inputGradient!.data, Array.from(dx));
      const [kernelGradient] = await runOperation(
        'conv2dKernelGradient',
        attributes,
        [image, weights, gradient],
        [0, 2],
      );
      expect(kernelGradient!.shape).toEqual(kernel);
      expectClose(kernelGradient!.data, Array.from(dw));
    });
  }
});

interface Pooling extends Pool2dAttributes {
  readonly input: readonly [number, number, number, number];
}

/** Pooled values and the flat index of each window's first maximum. */
function pool({ input, poolSize, strides, padding }: Pooling, x: readonly number[]) {
  const [n, h, w, c] = input;
  const [oh, top] = place(h, poolSize[0], strides[0], padding, 0);
  const [ow, left] = place(w, poolSize[1], strides[1], padding, 1);
  const values: number[] = [];
  const winners: number[] = [];
  for (let b = 0; b < n; b++)
    for (let y = 0; y < oh; y++)
      for (let z = 0; z < ow; z++)
        for (let channel = 0; channel < c; channel++) {
          let best = -Infinity;
          let winner = -1;
          for (
            let row = Math.max(0, y * strides[0] - top);
            row < Math.min(h, y * strides[0] - top + poolSize[0]);
            row++
          )
            for (
              let column = Math.max(0, z * strides[1] - left);
              column < Math.min(w, z * strides[1] - left + poolSize[1]);
              column++
            ) {
              const index = ((b * h + row) * w + column) * c + channel;
              if (x[index]! > best) [best, winner] = [x[index]!, index];
            }
          values.push(best);
          winners.push(winner);
        }
  return { values, winners, shape: [n, oh, ow, c] };
}

const poolings: Record<string, Pooling> = {
  'windows side by side': { input: [2, 4, 6, 2], poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
  'pixels over': { input: [2, 5, 7, 2], poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
  'same with pixels missing': { input: [2, 5, 7, 2], poolSize: [2, 2], strides: [2, 2], padding: 'same' },
  'overlapping windows': { input: [2, 5, 6, 3], poolSize: [3, 3], strides: [2, 2], padding: 'valid' },
  'overlapping windows, same': { input: [1, 6, 6, 2], poolSize: [3, 2], strides: [1, 1], padding: 'same' },
  'windows apart': { input: [1, 8, 9, 1], poolSize: [2, 2], strides: [3, 4], padding: 'valid' },
  'the whole image': { input: [2, 3, 3, 2], poolSize: [3, 3], strides: [3, 3], padding: 'valid' },
};

describe('ONNX maximum pooling', () => {
  const contents: Record<string, (value: number) => number> = {
    'distinct values': (value) => value,
    'ties, as after relu': (value) => Math.max(0, Math.round(value * 4)),
    'all zeros': () => 0,
    'negative values': (value) => value - 2,
  };
  for (const [name, example] of Object.entries(poolings)) {
    for (const [content, make] of Object.entries(contents)) {
      it(`${name}, ${content}`, async () => {
        const { input, poolSize, strides, padding } = example;
        const attributes: Pool2dAttributes = { poolSize, strides, padding };
        const x = Array.from(random(input, 4), (value) => Math.fround(make(value)));
        const { values, winners, shape } = pool(example, x);
        const dy = Array.from(random(shape, 5));
        const dx = Array<number>(x.length).fill(0);
        winners.forEach((winner, index) => (dx[winner]! += dy[index]!));

        const image = float(input, x);
        const [pooled] = await runOperation('maxPool2d', attributes, [image], [0]);
        expect(pooled!.shape).toEqual(shape);
        expect(Array.from(pooled!.data)).toEqual(values);
        const inputs = [image, float(shape, values), float(shape, dy)];
        const [gradient] = await runOperation('maxPool2dGradient', attributes, inputs, [0, 1, 2]);
        expect(gradient!.shape).toEqual(input);
        expectClose(gradient!.data, dx);
      });
    }
  }
});
