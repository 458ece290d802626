import { Dice } from './dice.ts';
import { b, f, i, ints, placeholder, s, texts, type } from './graph-files.ts';
import type { GraphConstantValue, TestGraph, TestNode } from './graph-files.ts';

/** Graphs of TensorFlow, one for each operation that is converted. */

const dice = new Dice(1, 'graph models');

export const floats = (...shape: number[]): GraphConstantValue => ({
  shape,
  dtype: 'float32',
  values: Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => dice.unit() - 0.4),
});
export const positive = (...shape: number[]): GraphConstantValue => {
  const { values, ...rest } = floats(...shape);
  return { ...rest, values: values.map((value) => value + 0.9) };
};
export const numbers = (...values: number[]): GraphConstantValue => ({
  shape: [values.length],
  dtype: 'int32',
  values,
});
export const integer = (value: number): GraphConstantValue => ({ shape: [], dtype: 'int32', values: [value] });
export const scalar = (value: number): GraphConstantValue => ({ shape: [], dtype: 'float32', values: [value] });

/** A graph with one input x, and the node 'y' as its output. */
export const graphOf = (
  shape: readonly number[],
  nodes: readonly TestNode[],
  constants: TestGraph['constants'] = {},
): TestGraph => ({ nodes: [placeholder('x', [-1, ...shape]), ...nodes], constants, outputs: { y: 'y' } });

export const y = (op: string, input: readonly string[], attr: TestNode['attr'] = {}): TestNode => ({
  name: 'y',
  op,
  input,
  attr: { T: type('DT_FLOAT'), ...attr },
});
export const node = (name: string, op: string, input: readonly string[], attr: TestNode['attr'] = {}): TestNode => ({
  ...y(op, input, attr),
  name,
});

const image = { data_format: s('NHWC'), dilations: ints(1, 1, 1, 1), explicit_paddings: { list: {} } };
export const same = { ...image, strides: ints(1, 1, 1, 1), padding: s('SAME') };
const valid2 = { ...image, strides: ints(1, 2, 2, 1), padding: s('VALID') };
export const kernel = { k: floats(3, 3, 4, 6) };
export const batchNorm = { gamma: positive(4), beta: floats(4), mean: floats(4), variance: positive(4) };
export const masks = (begin = 0, end = 0, shrink = 0, added = 0, ellipsis = 0): TestNode['attr'] => ({
  begin_mask: i(begin),
  end_mask: i(end),
  shrink_axis_mask: i(shrink),
  new_axis_mask: i(added),
  ellipsis_mask: i(ellipsis),
});

export const cases: Readonly<Record<string, TestGraph>> = {
  'Conv2D, same': graphOf([6, 7, 4], [y('Conv2D', ['x', 'k'], same)], kernel),
  'Conv2D, valid, strides 2': graphOf([6, 7, 4], [y('Conv2D', ['x', 'k'], valid2)], kernel),
  'Conv2D, explicit padding': graphOf(
    [6, 7, 4],
    [y('Conv2D', ['x', 'k'], { ...valid2, padding: s('EXPLICIT'), explicit_paddings: ints(0, 0, 1, 2, 0, 1, 0, 0) })],
    kernel,
  ),
  'Conv2D, dilated': graphOf([8, 8, 4], [y('Conv2D', ['x', 'k'], { ...same, dilations: ints(1, 2, 2, 1) })], kernel),
  DepthwiseConv2dNative: graphOf([6, 6, 4], [y('DepthwiseConv2dNative', ['x', 'd'], same)], { d: floats(3, 3, 4, 2) }),
  ...Object.fromEntries(
    ['Relu', 'Relu6', 'Elu', 'LeakyRelu'].map((activation) => [
      `_FusedConv2D with BiasAdd and ${activation}`,
      graphOf(
        [5, 5, 4],
        [
          y('_FusedConv2D', ['x', 'k', 'bias'], {
            ...same,
            fused_ops: texts('BiasAdd', activation),
            leakyrelu_alpha: f(0.3),
            num_args: i(1),
          }),
        ],
        { ...kernel, bias: floats(6) },
      ),
    ]),
  ),
  '_FusedConv2D with BiasAdd and Prelu': graphOf(
    [5, 5, 4],
    [y('_FusedConv2D', ['x', 'k', 'bias', 'alpha'], { ...same, fused_ops: texts('BiasAdd', 'Prelu'), num_args: i(2) })],
    { ...kernel, bias: floats(6), alpha: floats(6) },
  ),
  FusedDepthwiseConv2dNative: graphOf(
    [5, 5, 4],
    [
      y('FusedDepthwiseConv2dNative', ['x', 'd', 'bias'], {
        ...same,
        fused_ops: texts('BiasAdd', 'Relu6'),
        num_args: i(1),
      }),
    ],
    { d: floats(3, 3, 4, 1), bias: floats(4) },
  ),
  _FusedMatMul: graphOf(
    [4],
    [
      y('_FusedMatMul', ['x', 'w', 'bias'], {
        fused_ops: texts('BiasAdd', 'Relu'),
        num_args: i(1),
        transpose_a: b(false),
        transpose_b: b(true),
      }),
    ],
    { w: floats(5, 4), bias: floats(5) },
  ),
  Conv2DBackpropInput: graphOf(
    [3, 3, 4],
    [
      node('shape', 'Shape', ['x'], { out_type: type('DT_INT32') }),
      node('batch', 'StridedSlice', ['shape', 'zero', 'one', 'one'], masks(0, 0, 1)),
      node('size', 'Pack', ['batch', 'six', 'six', 'five'], { axis: i(0), N: i(4) }),
      y('Conv2DBackpropInput', ['size', 'k', 'x'], { ...same, strides: ints(1, 2, 2, 1) }),
    ],
    { k: floats(3, 3, 5, 4), zero: numbers(0), one: numbers(1), six: integer(6), five: integer(5) },
  ),
  'MaxPool, same': graphOf([5, 5, 2], [y('MaxPool', ['x'], { ...same, ksize: ints(1, 3, 3, 1) })]),
  'AvgPool, same': graphOf([5, 5, 2], [y('AvgPool', ['x'], { ...same, ksize: ints(1, 3, 3, 1) })]),
  FusedBatchNormV3: graphOf(
    [3, 3, 4],
    [
      y('FusedBatchNormV3', ['x', 'gamma', 'beta', 'mean', 'variance'], {
        epsilon: f(0.001),
        is_training: b(false),
        data_format: s('NHWC'),
      }),
    ],
    batchNorm,
  ),
  BiasAdd: graphOf([4], [y('BiasAdd', ['x', 'bias'])], { bias: floats(4) }),
  ...Object.fromEntries(
    ['Add', 'AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'SquaredDifference'].map((op) => [
      op,
      graphOf([4], [y(op, ['x', 'c'])], { c: floats(4) }),
    ]),
  ),
  ClipByValue: graphOf([5], [y('ClipByValue', ['x', 'low', 'high'])], { low: scalar(-0.25), high: scalar(0.5) }),
  RealDiv: graphOf([4], [y('RealDiv', ['x', 'c'])], { c: positive(4) }),
  'Sub from a number': graphOf([4], [y('Sub', ['one', 'x'])], { one: scalar(1) }),
  AddN: graphOf([4], [node('a', 'Relu', ['x']), y('AddN', ['x', 'a', 'x'], { N: i(3) })]),
  ...Object.fromEntries(
    [
      'Neg',
      'Sign',
      'Abs',
      'Square',
      'Exp',
      'Relu',
      'Relu6',
      'Elu',
      'Selu',
      'Sigmoid',
      'Tanh',
      'Softplus',
      'Softmax',
      'LogSoftmax',
      'Sin',
      'Cos',
      'Erf',
      'Floor',
    ].map((op) => [op, graphOf([5], [y(op, [op === 'LogSoftmax' || op === 'Softmax' ? 'x' : 'x'])])]),
  ),
  ...Object.fromEntries(
    ['Sqrt', 'Rsqrt', 'Log', 'Log1p', 'Reciprocal'].map((op) => [
      op,
      graphOf([5], [node('a', 'Exp', ['x']), y(op, ['a'])]),
    ]),
  ),
  Pow: graphOf([5], [node('a', 'Exp', ['x']), y('Pow', ['a', 'c'])], { c: scalar(1.5) }),
  LeakyRelu: graphOf([5], [y('LeakyRelu', ['x'], { alpha: f(0.1) })]),
  Prelu: graphOf([5], [y('Prelu', ['x', 'alpha'])], { alpha: floats(5) }),
  'Select of a comparison': graphOf(
    [5],
    [node('c', 'Greater', ['x', 'zero']), node('n', 'Neg', ['x']), y('SelectV2', ['c', 'x', 'n'])],
    { zero: scalar(0) },
  ),
  MatMul: graphOf([4], [y('MatMul', ['x', 'w'], { transpose_a: b(false), transpose_b: b(false) })], {
    w: floats(4, 3),
  }),
  BatchMatMulV2: graphOf([3, 4], [y('BatchMatMulV2', ['x', 'x'], { adj_x: b(false), adj_y: b(true) })]),
  ...Object.fromEntries(
    ['Mean', 'Sum', 'Max', 'Min'].flatMap((op) => [
      [op, graphOf([3, 4, 5], [y(op, ['x', 'axes'], { keep_dims: b(false) })], { axes: numbers(1, 2) })],
      [
        `${op}, negative axis, kept`,
        graphOf([3, 4, 5], [y(op, ['x', 'axes'], { keep_dims: b(true) })], { axes: numbers(-1) }),
      ],
    ]),
  ),
  'Reshape with the batch size of Shape': graphOf(
    [3, 4],
    [
      node('shape', 'Shape', ['x'], { out_type: type('DT_INT32') }),
      node('batch', 'StridedSlice', ['shape', 'zero', 'one', 'one'], masks(0, 0, 1)),
      node('target', 'Pack', ['batch', 'twelve'], { axis: i(0), N: i(2) }),
      y('Reshape', ['x', 'target']),
    ],
    { zero: numbers(0), one: numbers(1), twelve: integer(12) },
  ),
  'Reshape with sizes that are computed': graphOf(
    [3, 4, 2],
    [
      node('shape', 'Shape', ['x'], { out_type: type('DT_INT32') }),
      node('rest', 'StridedSlice', ['shape', 'one', 'four', 'one'], masks()),
      node('size', 'Prod', ['rest', 'axis'], { keep_dims: b(false) }),
      node('list', 'ExpandDims', ['size', 'axis0']),
      node('target', 'ConcatV2', ['minus', 'list', 'axis0'], { N: i(2) }),
      y('Reshape', ['x', 'target']),
    ],
    { one: numbers(1), four: numbers(4), axis: numbers(0), axis0: integer(0), minus: numbers(-1) },
  ),
  'rows of all examples, and back': graphOf(
    [3, 4],
    [
      node('rows', 'Reshape', ['x', 'flat']),
      node('product', 'MatMul', ['rows', 'w'], { transpose_a: b(false), transpose_b: b(false) }),
      y('Reshape', ['product', 'back']),
    ],
    { flat: numbers(-1, 4), w: floats(4, 5), back: numbers(-1, 3, 5) },
  ),
  'Squeeze and ExpandDims': graphOf(
    [1, 4, 1],
    [node('a', 'Squeeze', ['x'], { squeeze_dims: ints(1) }), y('ExpandDims', ['a', 'axis'])],
    { axis: integer(-2) },
  ),
  Transpose: graphOf([2, 3, 4], [y('Transpose', ['x', 'perm'])], { perm: numbers(0, 3, 1, 2) }),
  ConcatV2: graphOf([2, 3], [node('a', 'Neg', ['x']), y('ConcatV2', ['x', 'a', 'axis'], { N: i(2) })], {
    axis: integer(-1),
  }),
  Pack: graphOf([2], [node('a', 'Neg', ['x']), y('Pack', ['x', 'a'], { N: i(2), axis: i(1) })]),
  Unpack: graphOf([2, 3], [node('u', 'Unpack', ['x'], { num: i(2), axis: i(1) }), y('Sub', ['u', 'u:1'])]),
  Split: graphOf([6], [node('u', 'Split', ['axis', 'x'], { num_split: i(2) }), y('Sub', ['u', 'u:1'])], {
    axis: integer(1),
  }),
  SplitV: graphOf([6], [node('u', 'SplitV', ['x', 'sizes', 'axis'], { num_split: i(3) }), y('Sub', ['u:2', 'u:1'])], {
    axis: integer(1),
    sizes: numbers(2, 2, 2),
  }),
  Pad: graphOf([3, 2], [y('Pad', ['x', 'margins'])], {
    margins: { shape: [3, 2], dtype: 'int32', values: [0, 0, 1, 2, 0, 1] },
  }),
  PadV2: graphOf([3, 2], [y('PadV2', ['x', 'margins', 'value'])], {
    margins: { shape: [3, 2], dtype: 'int32', values: [0, 0, 1, 2, 0, 1] },
    value: scalar(1.5),
  }),
  ...Object.fromEntries(
    ['REFLECT', 'SYMMETRIC'].map((mode) => [
      `MirrorPad, ${mode}`,
      graphOf([4, 3], [y('MirrorPad', ['x', 'margins'], { mode: s(mode.toLowerCase()) })], {
        margins: { shape: [3, 2], dtype: 'int32', values: [0, 0, 2, 1, 0, 2] },
      }),
    ]),
  ),
  Slice: graphOf([4, 5], [y('Slice', ['x', 'begin', 'size'])], { begin: numbers(0, 1, 2), size: numbers(-1, 2, 3) }),
  StridedSlice: graphOf([4, 5], [y('StridedSlice', ['x', 'begin', 'end', 'steps'], masks(1, 5, 2))], {
    begin: numbers(0, 1, 2),
    end: numbers(0, 2, 0),
    steps: numbers(1, 1, 1),
  }),
  'StridedSlice, ellipsis and negative': graphOf(
    [4, 5],
    [y('StridedSlice', ['x', 'begin', 'end', 'steps'], masks(0, 0, 0, 0, 1))],
    { begin: numbers(0, -3), end: numbers(0, -1), steps: numbers(1, 1) },
  ),
  Tile: graphOf([2, 3], [y('Tile', ['x', 'times'])], { times: numbers(1, 3, 2) }),
  'Einsum with a kernel': graphOf([3, 4], [y('Einsum', ['x', 'w'], { equation: s('abc,cde->abde'), N: i(2) })], {
    w: floats(4, 2, 5),
  }),
  'Einsum of examples': graphOf(
    [3, 2, 4],
    [node('n', 'Neg', ['x']), y('Einsum', ['x', 'n'], { equation: s('aecd,abcd->acbe'), N: i(2) })],
  ),
  ResizeNearestNeighbor: graphOf(
    [2, 3, 2],
    [y('ResizeNearestNeighbor', ['x', 'size'], { align_corners: b(false), half_pixel_centers: b(true) })],
    { size: numbers(4, 9) },
  ),
  ResizeBilinear: graphOf(
    [2, 3, 2],
    [y('ResizeBilinear', ['x', 'size'], { align_corners: b(false), half_pixel_centers: b(true) })],
    { size: numbers(4, 9) },
  ),
};

/** Two blocks with a residual connection each, and two outputs. */
export const scoped: TestGraph = {
  nodes: [
    placeholder('x', [-1, 4]),
    placeholder('other', [-1, 4]),
    ...['a', 'b'].flatMap((block, index) => [
      node(`net/${block}/MatMul`, 'MatMul', [index === 0 ? 'x' : 'net/a/add', `w${index}`], {
        transpose_a: b(false),
        transpose_b: b(false),
      }),
      node(`net/${block}/Relu`, 'Relu', [`net/${block}/MatMul`]),
      node(`net/${block}/add`, 'AddV2', [index === 0 ? 'x' : 'net/a/add', `net/${block}/Relu`]),
    ]),
    node('net/join/concat', 'ConcatV2', ['net/b/add', 'other', 'axis'], { N: i(2) }),
    node('net/join/Softmax', 'Softmax', ['net/join/concat']),
  ],
  constants: { w0: floats(4, 4), w1: floats(4, 4), axis: integer(1) },
  outputs: { features: 'net/a/add', probabilities: 'net/join/Softmax' },
};
