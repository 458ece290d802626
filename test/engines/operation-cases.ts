import { scanCases } from '../support/scan-cases.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import type { Conv2dAttributes, DType, OpAttributes, OpName } from '../../src-shared/program/language/types.ts';
import { volumeConvolutions } from '../support/volume-convolutions.ts';

/** One operation with inputs. */
export interface OperationCase<Name extends OpName> {
  readonly title?: string;
  readonly attributes: OpAttributes[Name];
  readonly inputs: readonly Tensor[];
  /** Inputs whose first axis is declared as batch axis; default: none. */
  readonly batched?: readonly number[];
}

/** Numbers in [-2, 2] without repetition within a hundred. */
function values(count: number, seed = 0): number[] {
  return Array.from({ length: count }, (_, index) => ((((index + seed) * 37 + 11) % 101) - 50) / 25);
}
const size = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
const float = (shape: readonly number[], seed = 0): Tensor => tensorOf('float32', shape, values(size(shape), seed));
const positive = (shape: readonly number[], seed = 0): Tensor =>
  tensorOf(
    'float32',
    shape,
    values(size(shape), seed).map((value) => Math.abs(value) + 0.1),
  );
const of = (dtype: DType, shape: readonly number[], data: readonly number[]): Tensor => tensorOf(dtype, shape, data);
const scalar = (value: number): Tensor => of('float32', [], [value]);
const int = (shape: readonly number[], data: readonly number[]): Tensor => of('int32', shape, data);
const bool = (shape: readonly number[], data: readonly number[]): Tensor => of('bool', shape, data);
const none = {};

const unary = (inputs: Tensor = float([3, 4])) => [{ attributes: none, inputs: [inputs], batched: [0] }];
const binary = () => [
  { attributes: none, inputs: [float([3, 4]), positive([3, 4], 5)], batched: [0, 1] },
  { title: 'with a vector', attributes: none, inputs: [positive([3, 4]), float([4], 7)], batched: [0] },
  { title: 'with a column', attributes: none, inputs: [positive([3, 1]), float([3, 4], 7)] },
  {
    title: 'of four axes with a vector',
    attributes: none,
    inputs: [positive([2, 3, 2, 4]), float([4], 7)],
    batched: [0],
  },
  { title: 'with a scalar first', attributes: none, inputs: [scalar(1.5), float([2, 3], 3)] },
];
const comparison = () => [
  ...binary(),
  { title: 'of integers', attributes: none, inputs: [int([4], [1, 2, 3, 4]), int([4], [1, 3, 2, 4])], batched: [0, 1] },
];
const logic = () => [{ attributes: none, inputs: [bool([4], [0, 0, 1, 1]), bool([4], [0, 1, 0, 1])], batched: [0, 1] }];
const reductions = () => [
  { attributes: { axes: [0], keepDims: false }, inputs: [float([3, 4])], batched: [0] },
  { title: 'last axis, kept', attributes: { axes: [1], keepDims: true }, inputs: [float([3, 4])], batched: [0] },
  {
    title: 'all but the last of four',
    attributes: { axes: [0, 1, 2], keepDims: false },
    inputs: [float([2, 3, 2, 4])],
    batched: [0],
  },
  { title: 'two of three', attributes: { axes: [0, 2], keepDims: false }, inputs: [float([2, 3, 4])] },
];

const plain: Conv2dAttributes = { strides: [1, 1], padding: 'valid', dilations: [1, 1], groups: 1 };
interface ConvolutionShapes {
  readonly title: string;
  readonly attributes: Conv2dAttributes;
  readonly x: readonly number[];
  readonly kernel: readonly number[];
  readonly y: readonly number[];
}
const convolutions: readonly ConvolutionShapes[] = [
  { title: 'valid', attributes: plain, x: [2, 5, 6, 3], kernel: [3, 2, 3, 4], y: [2, 3, 5, 4] },
  {
    title: 'same, strides',
    attributes: { ...plain, padding: 'same', strides: [2, 2] },
    x: [2, 5, 6, 2],
    kernel: [3, 3, 2, 3],
    y: [2, 3, 3, 3],
  },
  {
    title: 'one channel, only horizontal strides, one column',
    attributes: { ...plain, strides: [1, 3] },
    x: [3, 4, 4, 1],
    kernel: [3, 3, 1, 2],
    y: [3, 2, 1, 2],
  },
  {
    title: 'one channel, only vertical strides, one row',
    attributes: { ...plain, strides: [3, 1] },
    x: [3, 4, 4, 1],
    kernel: [3, 3, 1, 2],
    y: [3, 1, 2, 2],
  },
  {
    title: 'same, even kernel',
    attributes: { ...plain, padding: 'same' },
    x: [1, 4, 5, 2],
    kernel: [2, 4, 2, 2],
    y: [1, 4, 5, 2],
  },
  {
    title: 'explicit padding',
    attributes: { ...plain, padding: [1, 0, 2, 1] },
    x: [1, 4, 4, 2],
    kernel: [3, 3, 2, 2],
    y: [1, 3, 5, 2],
  },
  {
    title: 'dilated',
    attributes: { ...plain, dilations: [2, 3] },
    x: [2, 7, 9, 2],
    kernel: [3, 2, 2, 3],
    y: [2, 3, 6, 3],
  },
  {
    title: 'dilated, same',
    attributes: { ...plain, padding: 'same', dilations: [2, 2] },
    x: [1, 6, 5, 1],
    kernel: [3, 3, 1, 2],
    y: [1, 6, 5, 2],
  },
  { title: 'groups', attributes: { ...plain, groups: 2 }, x: [2, 4, 4, 4], kernel: [2, 2, 2, 6], y: [2, 3, 3, 6] },
  {
    title: 'depthwise',
    attributes: { ...plain, groups: 3, padding: 'same' },
    x: [2, 4, 4, 3],
    kernel: [3, 3, 1, 3],
    y: [2, 4, 4, 3],
  },
  {
    title: 'depthwise, several filters per channel, stride',
    attributes: { ...plain, groups: 2, padding: 'same', strides: [2, 2] },
    x: [2, 5, 4, 2],
    kernel: [3, 2, 1, 6],
    y: [2, 3, 2, 6],
  },
  {
    title: 'depthwise, dilated, different strides, explicit padding',
    attributes: { ...plain, groups: 2, padding: [0, 0, 2, 1], strides: [1, 2], dilations: [2, 2] },
    x: [2, 5, 6, 2],
    kernel: [2, 2, 1, 4],
    y: [2, 3, 4, 4],
  },
  { title: 'pointwise', attributes: plain, x: [2, 3, 3, 4], kernel: [1, 1, 4, 5], y: [2, 3, 3, 5] },
];
const pools = [
  {
    title: 'valid',
    attributes: { poolSize: [2, 2], strides: [2, 2], padding: 'valid' },
    x: [2, 5, 4, 3],
    y: [2, 2, 2, 3],
  },
  {
    title: 'same, overlapping',
    attributes: { poolSize: [3, 2], strides: [2, 1], padding: 'same' },
    x: [2, 5, 4, 2],
    y: [2, 3, 4, 2],
  },
  {
    title: 'gaps between windows, with a remainder',
    attributes: { poolSize: [1, 2], strides: [2, 3], padding: 'valid' },
    x: [2, 6, 7, 2],
    y: [2, 3, 2, 2],
  },
] as const;
/** Values for which every window has its maximum twice. */
const tied = (shape: readonly number[]): Tensor =>
  of(
    'float32',
    shape,
    values(size(shape)).map((_, index) => index % 3),
  );

const labels = of('float32', [3, 4], [0.1, 0.2, 0.3, 0.4, 1, 0, 0, 0, 0, 0.5, 0.5, 0]);
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

const normalized: readonly (readonly number[])[] = [
  [6, 3],
  [2, 4, 3],
  [3, 3, 2, 4],
  [2, 2, 3, 2, 2],
];

/** At least one case for every operation; the type checks completeness. */
export const operationCases: { readonly [Name in OpName]: readonly OperationCase<Name>[] } = {
  constant: [
    { attributes: { dtype: 'float32', shape: [2, 2], values: [1, -2.5, 3, 0.1] }, inputs: [] },
    { title: 'filled', attributes: { dtype: 'int32', shape: [2, 3], values: [-7] }, inputs: [] },
    { title: 'bool', attributes: { dtype: 'bool', shape: [3], values: [1, 0, 1] }, inputs: [] },
  ],
  rowIndices: [
    { attributes: none, inputs: [float([3, 2])], batched: [0] },
    { title: 'of a vector', attributes: none, inputs: [int([4], [5, 6, 7, 8])], batched: [0] },
  ],
  dimSize: [
    { attributes: { axis: 0 }, inputs: [float([5, 2])], batched: [0] },
    { title: 'known', attributes: { axis: 1 }, inputs: [float([5, 2])], batched: [0] },
  ],
  randomUniform: [
    { attributes: { key: [0x1234_5678, 0xfedc_ba98] }, inputs: [float([7, 3]), int([], [41])], batched: [0] },
  ],
  negative: unary(),
  exp: unary(),
  log: unary(positive([3, 4])),
  log1p: unary(positive([3, 4])),
  sqrt: unary(positive([3, 4])),
  square: unary(),
  abs: unary(),
  sign: unary(),
  floor: unary(),
  sin: unary(),
  cos: unary(),
  relu: unary(),
  elu: unary(),
  selu: unary(),
  sigmoid: unary(),
  tanh: unary(),
  softplus: unary(),
  erf: unary(),
  logicalNot: unary(bool([2], [0, 1])),
  cast: [
    { title: 'float to int', attributes: { dtype: 'int32' }, inputs: [float([6])], batched: [0] },
    { title: 'int to float', attributes: { dtype: 'float32' }, inputs: [int([3], [-1, 0, 5])] },
    { title: 'float to bool', attributes: { dtype: 'bool' }, inputs: [of('float32', [3], [0, 0.5, -1])] },
    { title: 'bool to float', attributes: { dtype: 'float32' }, inputs: [bool([2], [0, 1])] },
    { title: 'to itself', attributes: { dtype: 'float32' }, inputs: [float([3])] },
  ],
  stopGradient: unary(),
  add: [
    ...binary(),
    { title: 'of integers', attributes: none, inputs: [int([2, 2], [1, 2, 3, 4]), int([2], [10, 20])] },
  ],
  subtract: binary(),
  multiply: binary(),
  divide: binary(),
  power: [{ attributes: none, inputs: [positive([3, 4]), float([4], 3)], batched: [0] }],
  maximum: binary(),
  minimum: binary(),
  equal: comparison(),
  greater: comparison(),
  greaterEqual: comparison(),
  less: comparison(),
  lessEqual: comparison(),
  logicalAnd: logic(),
  logicalOr: logic(),
  select: [
    { attributes: none, inputs: [bool([2, 2], [0, 1, 1, 0]), float([2, 2]), float([2, 2], 9)] },
    {
      title: 'broadcast',
      attributes: none,
      inputs: [bool([3, 1], [0, 1, 1]), float([3, 4]), scalar(0)],
      batched: [0, 1],
    },
  ],
  reluGradient: [{ attributes: none, inputs: [of('float32', [4], [0, 1, 0, 2]), float([4])] }],
  eluGradient: [{ attributes: none, inputs: [of('float32', [4], [0, 1, -0.5, 2]), float([4])] }],
  seluGradient: [{ attributes: none, inputs: [of('float32', [4], [0, 1, -0.5, -1.5]), float([4])] }],
  sigmoidGradient: [{ attributes: none, inputs: [positive([2, 3]), float([2, 3], 4)], batched: [0, 1] }],
  tanhGradient: [{ attributes: none, inputs: [float([2, 3]), float([2, 3], 4)], batched: [0, 1] }],
  matMul: [
    { attributes: { transposeA: false, transposeB: false }, inputs: [float([3, 4]), float([4, 2], 5)], batched: [0] },
    {
      title: 'a transposed',
      attributes: { transposeA: true, transposeB: false },
      inputs: [float([3, 4]), float([3, 2], 5)],
      batched: [0, 1],
    },
    {
      title: 'b transposed',
      attributes: { transposeA: false, transposeB: true },
      inputs: [float([3, 4]), float([2, 4], 5)],
      batched: [0],
    },
    {
      title: 'stacked',
      attributes: { transposeA: false, transposeB: true },
      inputs: [float([2, 3, 4]), float([2, 5, 4], 5)],
      batched: [0, 1],
    },
  ],
  reduceSum: reductions(),
  reduceMax: reductions(),
  reduceMin: reductions(),
  argMax: [
    { attributes: { axis: 1 }, inputs: [float([3, 4])], batched: [0] },
    { title: 'ties', attributes: { axis: 1 }, inputs: [of('float32', [2, 3], [1, 3, 3, 2, 2, 2])] },
  ],
  reshape: [
    { attributes: { shape: [null, 6] }, inputs: [float([2, 3, 2])], batched: [0] },
    { title: 'known', attributes: { shape: [3, 4] }, inputs: [float([2, 6])] },
  ],
  transpose: [{ attributes: { permutation: [2, 0, 1] }, inputs: [float([2, 3, 4])] }],
  broadcastLike: [
    { attributes: none, inputs: [float([1, 4]), float([3, 4])], batched: [1] },
    { title: 'of a scalar', attributes: none, inputs: [scalar(2), float([3, 4])], batched: [1] },
  ],
  slice: [{ attributes: { starts: [0, 1], sizes: [-1, 2] }, inputs: [float([3, 4])], batched: [0] }],
  pad: [{ attributes: { before: [0, 1], after: [0, 2], value: -1.5 }, inputs: [float([2, 3])], batched: [0] }],
  concat: [
    { attributes: { axis: 1 }, inputs: [float([2, 3]), float([2, 1], 4), float([2, 2], 8)], batched: [0, 1, 2] },
  ],
  split: [
    { title: 'evenly', attributes: { axis: 1, sizes: [2, 2] }, inputs: [float([3, 4])], batched: [0] },
    { title: 'unevenly', attributes: { axis: 2, sizes: [1, 3] }, inputs: [float([2, 2, 4])], batched: [0] },
  ],
  reverse: [{ attributes: { axis: 1 }, inputs: [float([2, 3, 2])], batched: [0] }],
  scan: scanCases(float, true, [4, 70]).map((example) => ({ ...example, batched: [0, 1, 2] })),
  gather: [
    { attributes: { axis: 0 }, inputs: [float([5, 3]), int([4], [4, 0, 2, 2])], batched: [1] },
    { title: 'of columns', attributes: { axis: 1 }, inputs: [float([3, 5]), int([2, 2], [4, 0, 1, 1])] },
  ],
  gatherGradient: [
    { attributes: none, inputs: [float([5, 3]), int([4], [4, 0, 2, 2]), float([4, 3], 6)], batched: [1, 2] },
    {
      title: 'of a table of indices',
      attributes: none,
      inputs: [float([4, 2]), int([2, 2], [3, 3, 0, 3]), float([2, 2, 2], 6)],
    },
  ],
  oneHot: [{ attributes: { depth: 4 }, inputs: [int([3], [0, 3, 1])], batched: [0] }],
  conv2d: convolutions.map(({ title, attributes, x, kernel }) => ({
    title,
    attributes,
    inputs: [float(x), float(kernel, 13)],
    batched: [0],
  })),
  conv2dInputGradient: convolutions.map(({ title, attributes, x, kernel, y }) => ({
    title,
    attributes: { ...attributes, inputSize: [x[1]!, x[2]!] as const },
    inputs: [float(kernel, 13), float(y, 29)],
    batched: [1],
  })),
  conv2dKernelGradient: convolutions.map(({ title, attributes, x, kernel, y }) => ({
    title,
    attributes,
    inputs: [float(x), float(kernel, 13), float(y, 29)],
    batched: [0, 2],
  })),
  conv3d: volumeConvolutions.map(({ title, attributes, x, kernel }) => ({
    title,
    attributes,
    inputs: [float(x), float(kernel, 13)],
    batched: [0],
  })),
  conv3dInputGradient: volumeConvolutions.map(({ title, attributes, x, kernel, y }) => ({
    title,
    attributes: { ...attributes, inputSize: [x[1]!, x[2]!, x[3]!] as const },
    inputs: [float(kernel, 13), float(y, 29)],
    batched: [1],
  })),
  conv3dKernelGradient: volumeConvolutions.map(({ title, attributes, x, kernel, y }) => ({
    title,
    attributes,
    inputs: [float(x), float(kernel, 13), float(y, 29)],
    batched: [0, 2],
  })),
  maxPool2d: pools.map(({ title, attributes, x }) => ({ title, attributes, inputs: [float(x)], batched: [0] })),
  maxPool2dGradient: pools.flatMap(({ title, attributes, x, y }) =>
    [float(x), tied(x)].map((images, index) => ({
      title: index === 0 ? title : `${title}, ties`,
      attributes,
      // The test fills in the pooled values, which maxPool2d computes from the images.
      inputs: [images, of('float32', y, new Array<number>(size(y)).fill(0)), float(y, 17)],
      batched: [0, 1, 2],
    })),
  ),
  averagePool2d: pools.map(({ title, attributes, x }) => ({ title, attributes, inputs: [float(x)], batched: [0] })),
  averagePool2dGradient: pools.map(({ title, attributes, x, y }) => ({
    title,
    attributes,
    inputs: [float(x), float(y, 17)],
    batched: [0, 1],
  })),
  batchNormalization: normalized.map((shape) => ({
    title: `of ${shape.length} axes`,
    attributes: { epsilon: 1e-3 },
    inputs: [float(shape), float([shape.at(-1)!], 3), float([shape.at(-1)!], 9)],
    batched: [0],
  })),
  batchNormalizationGradient: normalized.map((shape) => {
    const channel = (seed: number): Tensor => float([shape.at(-1)!], seed);
    const variance = tensorOf(
      'float32',
      [shape.at(-1)!],
      values(shape.at(-1)!, 21).map((value) => Math.abs(value) + 1),
    );
    return {
      title: `of ${shape.length} axes`,
      attributes: { epsilon: 1e-3 },
      inputs: [float(shape), channel(3), channel(9), variance, float(shape, 31)],
      batched: [0, 4],
    };
  }),
  softmax: [...unary(), ...unary(float([2, 3, 4]))],
  logSoftmax: [...unary(), ...unary(float([2, 3, 4]))],
  softmaxCrossEntropy: [{ attributes: none, inputs: [float([3, 4]), labels], batched: [0, 1] }],
  sparseSoftmaxCrossEntropy: [{ attributes: none, inputs: [float([3, 4]), int([3], [3, 0, 1])], batched: [0, 1] }],
  applyGradientDescent: [{ attributes: none, inputs: [float([3, 2]), scalar(0.1), float([3, 2], 5)] }],
  applyMomentum: [false, true].map((nesterov) => ({
    title: nesterov ? 'nesterov' : 'plain',
    attributes: { nesterov },
    inputs: [float([3, 2]), float([3, 2], 40), scalar(0.1), scalar(0.9), float([3, 2], 5)],
  })),
  applyAdam: [
    {
      attributes: adam,
      inputs: [
        float([3, 2]),
        float([3, 2], 40),
        positive([3, 2], 60),
        scalar(0.01),
        scalar(0.9 ** 3),
        scalar(0.999 ** 3),
        float([3, 2], 5),
      ],
    },
  ],
};
