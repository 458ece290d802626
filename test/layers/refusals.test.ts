import { expect, test } from 'vitest';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import type { Shape } from '../../src-shared/program/language/types.ts';

/** Kind, parameters, input shapes, and part of the message. */
const refusals: readonly [string, ParameterValues, Shape[], string][] = [
  ['Conv1D', {}, [[null, 4]], 'sequences of steps × features'],
  ['Conv1D', { kernelSize: 3, dilationRate: 2 }, [[null, 4, 1]], 'at least as long as its kernel, 5'],
  ['Conv1D', { strides: 2, dilationRate: 3 }, [[null, 9, 1]], 'received strides 2 and dilation rate 3'],
  ['Conv1D', { groups: 2 }, [[null, 9, 3]], 'groups that divide its 3 channels and 32 filters'],
  ['Conv2D', { strides: 2, dilationRate: [1, 2] }, [[null, 9, 9, 3]], 'received strides 2 × 2 and dilation rate 1 × 2'],
  ['Conv2D', {}, [[null, 2, 9, 3]], 'at least as large as its kernel, 3 × 3'],
  ['Conv2DTranspose', {}, [[null, 9]], 'images'],
  ['Conv2DTranspose', { strides: 2, dilationRate: 2 }, [[null, 9, 9, 3]], 'strides or a dilation rate of 1'],
  ['Conv2DTranspose', { strides: 2, outputPadding: 2 }, [[null, 9, 9, 3]], 'below its strides, 2 × 2; received 2 × 2'],
  [
    'Conv2DTranspose',
    { kernelSize: 2, strides: 2, padding: 'same', outputPadding: 0 },
    [[null, 9, 9, 3]],
    'an output padding of 1 or more where its kernel is even',
  ],
  ['Conv3D', {}, [[null, 9, 9, 3]], 'volumes of depth × height × width × channels'],
  ['Conv3D', {}, [[null, 2, 9, 9, 3]], 'volumes at least as large as its kernel, 3 × 3 × 3'],
  [
    'Conv3D',
    { strides: [1, 1, 2], dilationRate: [1, 2, 1] },
    [[null, 9, 9, 9, 3]],
    'received strides 1 × 1 × 2 and dilation rate 1 × 2 × 1',
  ],
  ['Conv3D', { groups: 2 }, [[null, 9, 9, 9, 3]], 'groups that divide its 3 channels and 32 filters'],
  [
    'Conv3DTranspose',
    { strides: [1, 2, 2], outputPadding: 1 },
    [[null, 9, 9, 9, 3]],
    'below its strides, 1 × 2 × 2; received 1 × 1 × 1',
  ],
  ['DepthwiseConv2D', {}, [[null, 9, 3]], 'images'],
  ['DepthwiseConv2D', { dilationRate: 2 }, [[null, 4, 9, 3]], 'at least as large as its kernel, 5 × 5'],
  ['SeparableConv1D', {}, [[null, 2, 3]], 'at least as long as its kernel, 3'],
  ['SeparableConv2D', {}, [[null, 9, 3]], 'images'],
  ['MaxPooling1D', {}, [[null, 9, 9, 3]], 'sequences'],
  ['AveragePooling1D', { poolSize: 3 }, [[null, 2, 3]], 'at least as long as its pool size, 3'],
  ['MaxPooling2D', {}, [[null, 9]], 'images'],
  ['AveragePooling2D', { poolSize: 3 }, [[null, 2, 4, 3]], 'at least as large as its pool size, 3 × 3'],
  ['MaxPooling3D', {}, [[null, 9, 9, 3]], 'volumes'],
  ['AveragePooling3D', {}, [[null, 4, 1, 4, 3]], 'at least as large as its pool size, 2 × 2 × 2'],
  ['Reshape', { targetShape: [4, 4] }, [[null, 6]], 'the 6 values of 6'],
  ['Reshape', { targetShape: [-1, -1] }, [[null, 6]], 'at most one size being -1'],
  ['Reshape', { targetShape: [0, -1] }, [[null, 6]], 'received 0 × -1'],
  ['Reshape', { targetShape: [4, -1] }, [[null, 6]], 'the 6 values'],
  ['Permute', { dims: [1, 1] }, [[null, 2, 3]], 'each axis from 1 to 2'],
  ['Permute', {}, [[null, 2]], 'each axis from 1 to 1'],
  ['RepeatVector', {}, [[null, 2, 3]], 'Insert Flatten'],
  ['ZeroPadding1D', {}, [[null, 2]], 'sequences of steps × features'],
  ['ZeroPadding2D', { padding: [1, 2, 3] }, [[null, 4, 4, 1]], 'one, two or four numbers'],
  ['ZeroPadding3D', { padding: [1, 2] }, [[null, 4, 4, 4, 1]], 'one, three or six numbers'],
  ['Cropping1D', { cropping: 2 }, [[null, 4, 1]], 'less cropping'],
  ['Cropping2D', { cropping: [2, 2, 0, 0] }, [[null, 4, 4, 1]], 'less cropping'],
  ['Cropping3D', { cropping: [0, 0, 0, 0, 2, 2] }, [[null, 4, 4, 4, 1]], 'less cropping'],
  ['UpSampling1D', {}, [[null, 4]], 'sequences'],
  ['UpSampling2D', {}, [[null, 4, 4]], 'images'],
  ['UpSampling3D', {}, [[null, 4, 4]], 'volumes'],
  ['GlobalMaxPooling2D', {}, [[null, 4, 4]], 'images'],
  ['GlobalAveragePooling3D', {}, [[null, 4, 4]], 'volumes'],
  ['SpatialDropout1D', {}, [[null, 4]], 'sequences'],
  ['SpatialDropout3D', {}, [[null, 4]], 'volumes'],
  ['BatchNormalization', { axis: 0 }, [[null, 4]], 'different axes from 1 to 1'],
  ['BatchNormalization', { axis: 2 }, [[null, 4]], 'different axes from 1 to 1'],
  ['LayerNormalization', { axis: [1, -1] }, [[null, 4]], 'different axes'],
  ['GroupNormalization', {}, [[null, 48]], 'groups that divide the 48 channels'],
  ['GroupNormalization', { groups: 0 }, [[null, 4]], 'received 0'],
  ['UnitNormalization', { axis: 3 }, [[null, 4, 4]], 'different axes'],
  ['Softmax', { axis: 0 }, [[null, 4]], 'different axes'],
  ['PReLU', { sharedAxes: [4] }, [[null, 4, 4]], 'different axes'],
  ['RReLU', { lower: 0.5, upper: 0.2 }, [[null, 4]], 'received 0.5 and 0.2'],
  [
    'Add',
    {},
    [
      [null, 4],
      [null, 3],
    ],
    'received 4 and 3',
  ],
  [
    'Multiply',
    {},
    [
      [null, 2, 3],
      [null, 4, 3],
      [null, 2, 3],
    ],
    'one shape',
  ],
  [
    'Concatenate',
    {},
    [
      [null, 2, 3],
      [null, 4, 3],
    ],
    'differ on axis 2 alone',
  ],
  [
    'Concatenate',
    {},
    [
      [null, 2, 3],
      [null, 3],
    ],
    'insert Flatten',
  ],
  [
    'Concatenate',
    { axis: 0 },
    [
      [null, 3],
      [null, 3],
    ],
    'different axes',
  ],
  [
    'Dot',
    {},
    [
      [null, 4],
      [null, 3],
    ],
    'the same size on axis 1',
  ],
  [
    'Dot',
    { axes: 2 },
    [
      [null, 4],
      [null, 4],
    ],
    'different axes',
  ],
  ['LSTM', {}, [[null, 4]], 'sequences of steps × features'],
  ['GRU', {}, [[null, 4, 3, 2]], 'sequences of steps × features'],
  ['Bidirectional', {}, [[null, 4]], 'sequences of steps × features'],
  ['TimeDistributed', {}, [[null, 4]], 'a sequence of steps × features or more'],
  ['Masking', {}, [[null]], 'an input with features; received a single value'],
  ['MultiHeadAttention', {}, [[null, 4]], 'query, value and key'],
  [
    'MultiHeadAttention',
    {},
    [
      [null, 4, 2],
      [null, 5, 2],
      [null, 6, 2],
    ],
    'a value and a key of as many steps; received 5 × 2 and 6 × 2',
  ],
  [
    'Attention',
    {},
    [
      [null, 4, 2],
      [null, 5, 3],
    ],
    'a query and a key of as many features; received 4 × 2 and 5 × 3',
  ],
];

test.each(refusals)('%s %j on %j is rejected', (kind, given, shapes, words) => {
  const definition = layerCatalog.get(kind)!;
  const { values, faults } = resolveParameters(definition, given);
  expect(faults).toEqual([]);
  const message = definition.check!(values, shapes);
  expect(message).toContain(words);
  expect(message).toMatch(/^needs .+; received .+\. [A-Z].+\.$/);
});
