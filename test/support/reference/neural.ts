import type { Conv2dAttributes, OpAttributes, Pair, Pool2dAttributes } from '../../../src-shared/program/types.ts';
import { at, build, stridesOf } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** First padding and output size of one spatial axis, as TensorFlow computes them. */
function geometry(
  size: number,
  window: number,
  stride: number,
  padding: 'same' | 'valid' | Pair,
): { before: number; output: number } {
  if (padding === 'same') {
    const output = Math.ceil(size / stride);
    const total = Math.max((output - 1) * stride + window - size, 0);
    return { before: Math.floor(total / 2), output };
  }
  const [before, after] = padding === 'valid' ? [0, 0] : padding;
  return { before, output: Math.floor((size + before + after - window) / stride) + 1 };
}

function convolutionGeometry(x: Tensor, kernel: Tensor, { padding, strides, dilations }: Conv2dAttributes) {
  const axis = (i: 0 | 1) => {
    const sides = typeof padding === 'string' ? padding : ([padding[2 * i]!, padding[2 * i + 1]!] as const);
    return geometry(x.shape[1 + i]!, (kernel.shape[i]! - 1) * dilations[i] + 1, strides[i], sides);
  };
  return [axis(0), axis(1)] as const;
}

/** Calls back with the flat positions of each product of a convolution: input, kernel, output. */
function eachProduct(
  x: Tensor,
  kernel: Tensor,
  attributes: Conv2dAttributes,
  visit: (x: number, kernel: number, output: number) => void,
): number[] {
  const [rows, columns] = convolutionGeometry(x, kernel, attributes);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kernelHeight, kernelWidth, groupChannels, filters] = kernel.shape as [number, number, number, number];
  const shape = [batch, rows.output, columns.output, filters];
  const [xs, ks, ys] = [stridesOf(x.shape), stridesOf(kernel.shape), stridesOf(shape)];
  const { strides, dilations, groups } = attributes;
  if (groupChannels * groups !== channels) throw new Error('Groups do not fit the channels.');
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < rows.output; i++)
      for (let j = 0; j < columns.output; j++)
        for (let f = 0; f < filters; f++)
          for (let a = 0; a < kernelHeight; a++)
            for (let b = 0; b < kernelWidth; b++) {
              const row = i * strides[0] - rows.before + a * dilations[0];
              const column = j * strides[1] - columns.before + b * dilations[1];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              for (let c = 0; c < groupChannels; c++) {
                const channel = Math.floor((f * groups) / filters) * groupChannels + c;
                visit(
                  n * xs[0]! + row * xs[1]! + column * xs[2]! + channel,
                  a * ks[0]! + b * ks[1]! + c * ks[2]! + f,
                  n * ys[0]! + i * ys[1]! + j * ys[2]! + f,
                );
              }
            }
  return shape;
}

export function conv2d(x: Tensor, kernel: Tensor, attributes: Conv2dAttributes): Tensor {
  const shape = eachProduct(x, kernel, attributes, () => {});
  const result = build('float32', shape, () => 0);
  eachProduct(x, kernel, attributes, (i, k, o) => (result.data[o]! += x.data[i]! * kernel.data[k]!));
  return result;
}

export function conv2dInputGradient(
  kernel: Tensor,
  gradient: Tensor,
  attributes: OpAttributes['conv2dInputGradient'],
): Tensor {
  const shape = [gradient.shape[0]!, ...attributes.inputSize, kernel.shape[2]! * attributes.groups];
  const result = build('float32', shape, () => 0);
  eachProduct(result, kernel, attributes, (i, k, o) => (result.data[i]! += gradient.data[o]! * kernel.data[k]!));
  return result;
}

export function conv2dKernelGradient(x: Tensor, like: Tensor, gradient: Tensor, attributes: Conv2dAttributes): Tensor {
  const result = build('float32', like.shape, () => 0);
  eachProduct(x, like, attributes, (i, k, o) => (result.data[k]! += gradient.data[o]! * x.data[i]!));
  return result;
}

/** Pooled shape and, for each pooled element, the flat positions that its window reads. */
function windows(x: Tensor, { poolSize, strides, padding }: Pool2dAttributes): { shape: number[]; seen: number[][] } {
  const rows = geometry(x.shape[1]!, poolSize[0], strides[0], padding);
  const columns = geometry(x.shape[2]!, poolSize[1], strides[1], padding);
  const shape = [x.shape[0]!, rows.output, columns.output, x.shape[3]!];
  const xs = stridesOf(x.shape);
  const seen: number[][] = [];
  build('float32', shape, ([n, i, j, c]) => {
    const positions: number[] = [];
    for (let a = 0; a < poolSize[0]; a++)
      for (let b = 0; b < poolSize[1]; b++) {
        const row = i! * strides[0] - rows.before + a;
        const column = j! * strides[1] - columns.before + b;
        if (row < 0 || row >= x.shape[1]! || column < 0 || column >= x.shape[2]!) continue;
        positions.push(n! * xs[0]! + row * xs[1]! + column * xs[2]! + c!);
      }
    seen.push(positions);
    return 0;
  });
  return { shape, seen };
}

/** Pooled shape and, for each pooled element, the flat position of its first maximum. */
function maxima(x: Tensor, attributes: Pool2dAttributes): { shape: number[]; positions: number[] } {
  const { shape, seen } = windows(x, attributes);
  const first = (best: number, position: number): number => (x.data[position]! > x.data[best]! ? position : best);
  return { shape, positions: seen.map((positions) => positions.reduce(first)) };
}

export function maxPool2d(x: Tensor, attributes: Pool2dAttributes): Tensor {
  const { shape, positions } = maxima(x, attributes);
  return { dtype: 'float32', shape, data: Float64Array.from(positions, (position) => x.data[position]!) };
}

export function maxPool2dGradient(x: Tensor, gradient: Tensor, attributes: Pool2dAttributes): Tensor {
  const result = build('float32', x.shape, () => 0);
  maxima(x, attributes).positions.forEach((position, o) => (result.data[position]! += gradient.data[o]!));
  return result;
}

export function averagePool2d(x: Tensor, attributes: Pool2dAttributes): Tensor {
  const { shape, seen } = windows(x, attributes);
  const mean = (positions: number[]): number =>
    positions.reduce((sum, position) => sum + x.data[position]!, 0) / positions.length;
  return { dtype: 'float32', shape, data: Float64Array.from(seen, mean) };
}

export function averagePool2dGradient(like: Tensor, gradient: Tensor, attributes: Pool2dAttributes): Tensor {
  const result = build('float32', like.shape, () => 0);
  windows(like, attributes).seen.forEach((positions, o) => {
    for (const position of positions) result.data[position]! += gradient.data[o]! / positions.length;
  });
  return result;
}

export function logSoftmax(x: Tensor): Tensor {
  const size = x.shape.at(-1)!;
  const data = new Float64Array(x.data.length);
  for (let start = 0; start < data.length; start += size) {
    const row = x.data.subarray(start, start + size);
    const largest = Math.max(...row);
    const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0)) + largest;
    row.forEach((value, i) => (data[start + i] = value - total));
  }
  return { ...x, data };
}

/** Loss of each row and its gradient, for labels [M, classes]. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor[] {
  const logs = logSoftmax(logits);
  const classes = logits.shape[1]!;
  const loss = build('float32', [logits.shape[0]!], ([row]) => {
    let sum = 0;
    for (let c = 0; c < classes; c++) sum -= at(labels, [row!, c]) * at(logs, [row!, c]);
    return sum;
  });
  const slope = build('float32', logits.shape, (index) => Math.exp(at(logs, index)) - at(labels, index));
  return [loss, slope];
}
