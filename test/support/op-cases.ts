import { permutation } from '../../src-shared/program/random/permutation.ts';
import { deriveKey, uniform } from '../../src-shared/program/random/philox.ts';
import type {
  Conv2dAttributes,
  NoAttributes,
  OpAttributes,
  OpName,
  Padding2d,
  Pair,
} from '../../src-shared/program/language/types.ts';
import { logSoftmax, maxPool2d } from '../../src-shared/program/interpret/neural.ts';
import { map } from '../../src-shared/program/interpret/elementwise.ts';
import { scanCases } from './scan-cases.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { volumeConvolutions } from './volume-convolutions.ts';

/** One call of an operation, on small tensors away from kinks and ties. */
export interface OpCase<Attributes = OpAttributes[OpName]> {
  readonly attributes: Attributes;
  readonly inputs: readonly Tensor[];
  /** Inputs and output have the batch axis first; shapes are then checked with `null` there too. */
  readonly batch?: boolean;
}

let drawn = 0;

/** Uniform float32 values; every call draws new ones. */
function random(shape: readonly number[], low = -1, high = 1): Tensor {
  const values = uniform(deriveKey(7, 'op-cases', String(drawn++)), 0, sizeOf(shape));
  return tensorOf(
    'float32',
    shape,
    values.map((value) => low + (high - low) * value),
  );
}

/** Values between -2 and 2 in random order, none equal, none zero, far enough apart for finite differences. */
function distinct(shape: readonly number[]): Tensor {
  const count = sizeOf(shape);
  const order = permutation(7, `distinct ${drawn++}`, 0, count);
  return tensorOf(
    'float32',
    shape,
    Float32Array.from(order, (rank) => ((rank + 0.5) / count) * 4 - 2 + 0.3 / count),
  );
}

const ints = (shape: readonly number[], values: readonly number[]): Tensor => tensorOf('int32', shape, values);
const bools = (shape: readonly number[], values: readonly number[]): Tensor => tensorOf('bool', shape, values);
const scalar = (value: number): Tensor => tensorOf('float32', [], [Math.fround(value)]);

const unary = (x: Tensor): OpCase<NoAttributes>[] => [{ attributes: {}, inputs: [x], batch: true }];

/** Equal shapes, and every kind of broadcasting. */
const binary = (make: (shape: readonly number[]) => Tensor): OpCase<NoAttributes>[] => [
  { attributes: {}, inputs: [make([2, 3]), make([2, 3])], batch: true },
  { attributes: {}, inputs: [make([2, 3]), make([3])] },
  { attributes: {}, inputs: [make([1]), make([2, 3])] },
  { attributes: {}, inputs: [make([2, 1, 3]), make([4, 1])] },
  { attributes: {}, inputs: [make([]), make([2, 2])] },
];

/** Pairs with equal and unequal elements. */
const comparison: OpCase<NoAttributes>[] = [
  { attributes: {}, inputs: [ints([5], [1, 2, 3, 2, 0]), ints([5], [2, 2, 1, 2, 0])] },
  { attributes: {}, inputs: [distinct([2, 3]), distinct([3])] },
];
const logical: OpCase<NoAttributes>[] = [
  { attributes: {}, inputs: [bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1])] },
];

const convolution = (
  padding: Padding2d,
  strides: Pair = [1, 1],
  dilations: Pair = [1, 1],
  groups = 1,
): Conv2dAttributes => ({ padding, strides, dilations, groups });

const convolutions: readonly { attributes: Conv2dAttributes; x: number[]; kernel: number[]; output: number[] }[] = [
  { attributes: convolution('valid'), x: [2, 5, 4, 2], kernel: [3, 2, 2, 3], output: [2, 3, 3, 3] },
  { attributes: convolution('same'), x: [2, 5, 4, 2], kernel: [3, 2, 2, 3], output: [2, 5, 4, 3] },
  { attributes: convolution('same', [2, 2]), x: [1, 5, 6, 1], kernel: [3, 3, 1, 2], output: [1, 3, 3, 2] },
  { attributes: convolution('valid', [2, 1]), x: [1, 6, 4, 2], kernel: [3, 2, 2, 2], output: [1, 2, 3, 2] },
  { attributes: convolution('valid', [1, 1], [2, 2]), x: [1, 6, 6, 1], kernel: [3, 2, 1, 2], output: [1, 2, 4, 2] },
  { attributes: convolution('same', [1, 1], [1, 1], 2), x: [1, 3, 3, 2], kernel: [2, 2, 1, 4], output: [1, 3, 3, 4] },
  { attributes: convolution('same', [2, 2], [1, 2], 2), x: [1, 4, 5, 2], kernel: [2, 2, 1, 2], output: [1, 2, 3, 2] },
];

const pools: readonly { attributes: OpAttributes['maxPool2d']; x: number[]; output: number[] }[] = [
  { attributes: { poolSize: [2, 2], strides: [2, 2], padding: 'valid' }, x: [2, 5, 4, 3], output: [2, 2, 2, 3] },
  { attributes: { poolSize: [3, 2], strides: [2, 2], padding: 'same' }, x: [1, 5, 5, 2], output: [1, 3, 3, 2] },
  { attributes: { poolSize: [2, 1], strides: [3, 2], padding: 'valid' }, x: [1, 6, 4, 2], output: [1, 2, 2, 2] },
  { attributes: { poolSize: [3, 3], strides: [1, 1], padding: 'same' }, x: [1, 4, 4, 1], output: [1, 4, 4, 1] },
];

const labels = map(logSoftmax(random([4, 3])), Math.exp);

/** Cases for every operation; the type checks completeness. */
export const opCases: { readonly [Name in OpName]: readonly OpCase<OpAttributes[Name]>[] } = {
  constant: [
    { attributes: { dtype: 'float32', shape: [2, 2], values: [1, -2.5, 3, 0] }, inputs: [] },
    { attributes: { dtype: 'int32', shape: [3], values: [7] }, inputs: [] },
    { attributes: { dtype: 'bool', shape: [3], values: [0, 1, 1] }, inputs: [] },
  ],
  rowIndices: [{ attributes: {}, inputs: [random([5, 2])], batch: true }],
  dimSize: [{ attributes: { axis: 0 }, inputs: [random([5, 2])], batch: true }],
  randomUniform: [
    { attributes: { key: [12345, 67890] }, inputs: [random([5, 3]), ints([], [0])], batch: false },
    { attributes: { key: [0xffffffff, 0x80000000] }, inputs: [random([6]), ints([], [41])], batch: false },
  ],
  negative: unary(random([2, 3])),
  exp: unary(random([2, 3])),
  log: unary(random([2, 3], 0.5, 3)),
  log1p: unary(random([2, 3], -0.5, 3)),
  sqrt: unary(random([2, 3], 0.5, 3)),
  square: unary(random([2, 3])),
  abs: unary(distinct([2, 3])),
  sign: unary(distinct([2, 3])),
  floor: unary(distinct([2, 3])),
  relu: unary(distinct([2, 3])),
  elu: unary(distinct([2, 3])),
  selu: unary(distinct([2, 3])),
  sigmoid: unary(random([2, 3], -3, 3)),
  tanh: unary(random([2, 3], -2, 2)),
  softplus: unary(random([2, 3], -3, 3)),
  erf: unary(random([2, 3], -1.5, 1.5)),
  sin: unary(random([2, 3], -5, 5)),
  cos: unary(random([2, 3], -5, 5)),
  logicalNot: unary(bools([3], [0, 1, 1])),
  cast: [
    { attributes: { dtype: 'float32' }, inputs: [ints([3], [-1, 0, 5])] },
    { attributes: { dtype: 'float32' }, inputs: [bools([3], [0, 1, 1])] },
    { attributes: { dtype: 'int32' }, inputs: [tensorOf('float32', [4], [-1.5, 0, 0.75, 2])] },
    { attributes: { dtype: 'bool' }, inputs: [ints([3], [0, 1, -3])] },
  ],
  stopGradient: unary(random([2, 3])),
  add: binary((shape) => random(shape)),
  subtract: binary((shape) => random(shape)),
  multiply: binary((shape) => random(shape)),
  divide: binary((shape) => random(shape, 0.5, 2)),
  power: binary((shape) => random(shape, 0.5, 2)),
  maximum: [
    { attributes: {}, inputs: [distinct([2, 3]), random([2, 3])], batch: true },
    { attributes: {}, inputs: [distinct([2, 3]), scalar(0.1)] },
  ],
  minimum: [
    { attributes: {}, inputs: [distinct([2, 3]), random([2, 3])], batch: true },
    { attributes: {}, inputs: [distinct([2, 3]), scalar(0.1)] },
  ],
  equal: comparison,
  greater: comparison,
  greaterEqual: comparison,
  less: comparison,
  lessEqual: comparison,
  logicalAnd: logical,
  logicalOr: logical,
  select: [
    { attributes: {}, inputs: [bools([2, 2], [0, 1, 1, 0]), random([2, 2]), random([2, 2])], batch: true },
    { attributes: {}, inputs: [bools([2, 1], [0, 1]), random([2]), scalar(0.25)] },
  ],
  reluGradient: [{ attributes: {}, inputs: [tensorOf('float32', [4], [0, 1.5, 0, 0.25]), random([4])], batch: true }],
  eluGradient: [
    { attributes: {}, inputs: [tensorOf('float32', [4], [-0.5, 1.5, 2, -0.25]), random([4])], batch: true },
  ],
  seluGradient: [
    { attributes: {}, inputs: [tensorOf('float32', [4], [-0.5, 1.5, 2, -1.25]), random([4])], batch: true },
  ],
  sigmoidGradient: [{ attributes: {}, inputs: [random([2, 3], 0.1, 0.9), random([2, 3])], batch: true }],
  tanhGradient: [{ attributes: {}, inputs: [random([2, 3], -0.9, 0.9), random([2, 3])], batch: true }],
  matMul: [
    { attributes: { transposeA: false, transposeB: false }, inputs: [random([2, 3]), random([3, 4])] },
    { attributes: { transposeA: true, transposeB: false }, inputs: [random([3, 2]), random([3, 4])] },
    { attributes: { transposeA: false, transposeB: true }, inputs: [random([2, 3]), random([4, 3])] },
    { attributes: { transposeA: true, transposeB: true }, inputs: [random([3, 2]), random([4, 3])] },
    { attributes: { transposeA: false, transposeB: false }, inputs: [random([2, 2, 3]), random([2, 3, 2])] },
    { attributes: { transposeA: true, transposeB: true }, inputs: [random([2, 3, 2]), random([2, 4, 3])] },
  ],
  reduceSum: [
    { attributes: { axes: [0], keepDims: false }, inputs: [random([3, 2])] },
    { attributes: { axes: [1, 2], keepDims: true }, inputs: [random([2, 3, 2])], batch: true },
    { attributes: { axes: [1], keepDims: false }, inputs: [random([2, 3, 2])], batch: true },
    { attributes: { axes: [0, 1], keepDims: false }, inputs: [random([2, 3])] },
  ],
  reduceMax: [
    { attributes: { axes: [1], keepDims: false }, inputs: [distinct([3, 4])], batch: true },
    { attributes: { axes: [0, 1], keepDims: true }, inputs: [distinct([3, 4])] },
  ],
  reduceMin: [
    { attributes: { axes: [1], keepDims: false }, inputs: [distinct([3, 4])], batch: true },
    { attributes: { axes: [0, 1], keepDims: true }, inputs: [distinct([3, 4])] },
  ],
  argMax: [
    { attributes: { axis: 1 }, inputs: [distinct([3, 4])], batch: true },
    { attributes: { axis: 0 }, inputs: [tensorOf('float32', [3, 2], [1, 5, 1, 2, 0, 5])] },
  ],
  reshape: [{ attributes: { shape: [3, 4] }, inputs: [random([2, 6])] }],
  transpose: [
    { attributes: { permutation: [1, 0] }, inputs: [random([2, 3])] },
    { attributes: { permutation: [2, 0, 1] }, inputs: [random([2, 3, 4])] },
  ],
  broadcastLike: [
    { attributes: {}, inputs: [random([3]), random([2, 3])] },
    { attributes: {}, inputs: [random([2, 1]), random([2, 3])] },
    { attributes: {}, inputs: [scalar(2), random([2, 3])] },
  ],
  slice: [
    { attributes: { starts: [0, 1], sizes: [-1, 2] }, inputs: [random([2, 4])], batch: true },
    { attributes: { starts: [1, 0, 2], sizes: [2, 1, -1] }, inputs: [random([3, 2, 4])] },
  ],
  pad: [
    { attributes: { before: [0, 1], after: [0, 2], value: 0 }, inputs: [random([2, 3])], batch: true },
    { attributes: { before: [1, 0], after: [0, 1], value: 1.5 }, inputs: [random([2, 2])] },
  ],
  concat: [
    { attributes: { axis: 1 }, inputs: [random([2, 2]), random([2, 3])], batch: true },
    { attributes: { axis: 0 }, inputs: [random([1]), random([2]), random([3])] },
  ],
  split: [
    { attributes: { axis: 1, sizes: [2, 1, 1] }, inputs: [random([2, 4])], batch: true },
    { attributes: { axis: 0, sizes: [2, 2] }, inputs: [random([4, 3])] },
  ],
  reverse: [{ attributes: { axis: 1 }, inputs: [random([2, 3, 2])], batch: true }],
  scan: scanCases((shape) => random(shape), false),
  gather: [
    { attributes: { axis: 0 }, inputs: [random([4, 2]), ints([3], [2, 0, 2])] },
    { attributes: { axis: 1 }, inputs: [random([2, 4, 3]), ints([2, 2], [1, 3, 3, 0])] },
    { attributes: { axis: 2 }, inputs: [random([2, 2, 3]), ints([2], [2, 2])] },
  ],
  gatherGradient: [{ attributes: {}, inputs: [random([4, 2]), ints([3], [2, 0, 2]), random([3, 2])] }],
  oneHot: [{ attributes: { depth: 4 }, inputs: [ints([3], [2, 0, 3])] }],
  conv2d: convolutions.map(({ attributes, x, kernel }) => ({
    attributes,
    inputs: [random(x), random(kernel)],
  })),
  conv2dInputGradient: convolutions.map(({ attributes, x, kernel, output }) => ({
    attributes: { ...attributes, inputSize: [x[1]!, x[2]!] as const },
    inputs: [random(kernel), random(output)],
  })),
  conv2dKernelGradient: convolutions.map(({ attributes, x, kernel, output }) => ({
    attributes,
    inputs: [random(x), random(kernel), random(output)],
  })),
  conv3d: volumeConvolutions.map(({ attributes, x, kernel }) => ({
    attributes,
    inputs: [random(x), random(kernel)],
  })),
  conv3dInputGradient: volumeConvolutions.map(({ attributes, x, kernel, y }) => ({
    attributes: { ...attributes, inputSize: [x[1]!, x[2]!, x[3]!] as const },
    inputs: [random(kernel), random(y)],
  })),
  conv3dKernelGradient: volumeConvolutions.map(({ attributes, x, kernel, y }) => ({
    attributes,
    inputs: [random(x), random(kernel), random(y)],
  })),
  maxPool2d: pools.map(({ attributes, x }) => ({ attributes, inputs: [distinct(x)], batch: true })),
  maxPool2dGradient: pools.map(({ attributes, x, output }) => {
    const images = distinct(x);
    return { attributes, inputs: [images, maxPool2d(images, attributes), random(output)], batch: true };
  }),
  averagePool2d: pools.map(({ attributes, x }) => ({ attributes, inputs: [random(x)], batch: true })),
  averagePool2dGradient: pools.map(({ attributes, x, output }) => ({
    attributes,
    inputs: [random(x), random(output)],
    batch: true,
  })),
  batchNormalization: [
    { attributes: { epsilon: 0.01 }, inputs: [random([5, 3], -2, 2), random([3]), random([3])] },
    { attributes: { epsilon: 0.01 }, inputs: [random([2, 2, 3, 2], -2, 2), random([2]), random([2])] },
  ],
  batchNormalizationGradient: [
    {
      attributes: { epsilon: 0.01 },
      inputs: [random([2, 3, 2]), random([2]), random([2]), random([2], 0.5, 1), random([2, 3, 2])],
    },
  ],
  softmax: [
    { attributes: {}, inputs: [random([3, 4], -2, 2)], batch: true },
    { attributes: {}, inputs: [random([2, 2, 3], -2, 2)], batch: true },
  ],
  logSoftmax: [{ attributes: {}, inputs: [random([3, 4], -2, 2)], batch: true }],
  softmaxCrossEntropy: [{ attributes: {}, inputs: [random([4, 3], -2, 2), labels], batch: true }],
  sparseSoftmaxCrossEntropy: [
    { attributes: {}, inputs: [random([4, 3], -2, 2), ints([4], [0, 2, 1, 2])], batch: true },
  ],
  applyGradientDescent: [{ attributes: {}, inputs: [random([2, 3]), scalar(0.1), random([2, 3])] }],
  applyMomentum: [false, true].map((nesterov) => ({
    attributes: { nesterov },
    inputs: [random([2, 3]), random([2, 3]), scalar(0.1), scalar(0.9), random([2, 3])],
  })),
  applyAdam: [
    {
      attributes: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      inputs: [
        random([2, 3]),
        random([2, 3]),
        random([2, 3], 0.1, 1),
        scalar(0.01),
        scalar(0.9 ** 3),
        scalar(0.999 ** 3),
        random([2, 3]),
      ],
    },
  ],
};
