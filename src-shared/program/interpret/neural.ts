import type { ConvolutionAttributes, Pair, Pool2dAttributes } from '../language/types.ts';
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

/** Every index below `shape`, in row-major order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) {
    yield [];
    return;
  }
  for (let first = 0; first < shape[0]!; first++) for (const rest of indices(shape.slice(1))) yield [first, ...rest];
}

/** Flat position of an index. */
const flat = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);

/** The products of a convolution, as flat positions in input, kernel and output, and the output's shape. */
interface Products {
  readonly shape: number[];
  readonly positions: readonly (readonly [x: number, kernel: number, output: number])[];
}

/** Cache of products, by the attributes of an operation and the shapes of its inputs: a program is often run many times. */
const knownProducts = new WeakMap<ConvolutionAttributes, Map<string, Products>>();

/** For a convolution over two or three axes. */
function productsOf(xShape: readonly number[], kernelShape: readonly number[], conv: ConvolutionAttributes): Products {
  const byShapes = knownProducts.get(conv) ?? new Map<string, Products>();
  knownProducts.set(conv, byShapes);
  const key = `${xShape.join()} ${kernelShape.join()}`;
  const known = byShapes.get(key);
  if (known !== undefined) return known;
  const { padding, strides, dilations, groups } = conv;
  const window = kernelShape.slice(0, -2);
  const [groupChannels, filters] = kernelShape.slice(-2) as [number, number];
  const size = xShape.slice(1, -1);
  const axes = window.map((extent, i) => {
    const sides = typeof padding === 'string' ? padding : ([padding[2 * i]!, padding[2 * i + 1]!] as const);
    return geometry(size[i]!, (extent - 1) * dilations[i]! + 1, strides[i]!, sides);
  });
  const shape = [xShape[0]!, ...axes.map(({ output }) => output), filters];
  const [xs, ks, ys] = [stridesOf(xShape), stridesOf(kernelShape), stridesOf(shape)];
  if (groupChannels * groups !== xShape.at(-1)!) throw new Error('Groups do not fit the channels.');
  const positions: [number, number, number][] = [];
  for (const output of indices(shape))
    for (const position of indices(window)) {
      const [n, ...place] = output;
      const f = place.pop()!;
      const seen = place.map((i, axis) => i * strides[axis]! - axes[axis]!.before + position[axis]! * dilations[axis]!);
      if (seen.some((i, axis) => i < 0 || i >= size[axis]!)) continue;
      for (let c = 0; c < groupChannels; c++) {
        const channel = Math.floor((f * groups) / filters) * groupChannels + c;
        positions.push([flat([n!, ...seen, channel], xs), flat([...position, c, f], ks), flat(output, ys)]);
      }
    }
  const products = { shape, positions };
  byShapes.set(key, products);
  return products;
}

export function convolution(x: Tensor, kernel: Tensor, attributes: ConvolutionAttributes): Tensor {
  const { shape, positions } = productsOf(x.shape, kernel.shape, attributes);
  const result = build('float32', shape, () => 0);
  for (const [i, k, o] of positions) result.data[o]! += x.data[i]! * kernel.data[k]!;
  return result;
}

export function inputGradient(
  kernel: Tensor,
  gradient: Tensor,
  attributes: ConvolutionAttributes & { readonly inputSize: readonly number[] },
): Tensor {
  const shape = [gradient.shape[0]!, ...attributes.inputSize, kernel.shape.at(-2)! * attributes.groups];
  const result = build('float32', shape, () => 0);
  const { positions } = productsOf(shape, kernel.shape, attributes);
  for (const [i, k, o] of positions) result.data[i]! += gradient.data[o]! * kernel.data[k]!;
  return result;
}

export function kernelGradient(x: Tensor, like: Tensor, gradient: Tensor, attributes: ConvolutionAttributes): Tensor {
  const result = build('float32', like.shape, () => 0);
  const { positions } = productsOf(x.shape, like.shape, attributes);
  for (const [i, k, o] of positions) result.data[k]! += gradient.data[o]! * x.data[i]!;
  return result;
}

/** Pooled shape and, for each pooled element, the flat positions of its window. */
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
    const largest = row.reduce((max, value) => Math.max(max, value), -Infinity);
    const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    row.forEach((value, i) => (data[start + i] = value - largest - total));
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
