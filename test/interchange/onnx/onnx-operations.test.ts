import { describe, expect, test } from 'vitest';
import { relativeDifference } from '../../../src-main/engines/interface/relative-difference.ts';
import { loadOnnxBackend } from '../../../src-main/engines/onnx/runtime.ts';
import type { OnnxAttributes, OnnxNode, OnnxTensor } from '../../../src-main/engines/onnx/model/onnx-model.ts';
import { readOnnxFile } from '../../../src-main/interchange/onnx/onnx-file.ts';
import { onnxProgram } from '../../../src-main/interchange/onnx/onnx-program.ts';
import { ProtobufFile } from '../../../src-main/interchange/protobuf/protobuf-reader.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { interpret } from '../../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../../src-shared/program/interpret/tensor.ts';
import { Dice } from '../../support/dice.ts';
import { compareWithOnnxRuntime, onnxFixtures, unpackedFixture } from '../../support/onnx-comparison.ts';
import { onnxIntegers, onnxNode, onnxWeights, writeOnnxGraph } from '../../support/onnx-graphs.ts';

/** Largest relative difference from ONNX Runtime of the whole file as operations; texts: why it is refused. */
async function differenceAsOperations(path: string): Promise<number | readonly string[]> {
  const file = new ProtobufFile(path);
  const { converted, losses } = onnxProgram(readOnnxFile(file, path));
  if (converted === null) return losses.map(({ message }) => message);
  const { runtime } = await loadOnnxBackend('cpu');
  const session = await runtime.InferenceSession.create(path);
  const dice = new Dice(1, path.split('/').at(-1)!);
  const feeds: Record<string, InstanceType<typeof runtime.Tensor>> = {};
  const given = new Map<string, Tensor>();
  for (const info of session.inputMetadata) {
    if (!info.isTensor) throw new Error(`'${info.name}' is not a tensor.`);
    const [batch, ...sizes] = info.shape;
    const shape = [typeof batch === 'number' ? batch : 3, ...sizes.map(Number)];
    const isInteger = info.type === 'int64';
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, () => (isInteger ? dice.below(10) : dice.unit() * 2 - 1));
    feeds[info.name] = isInteger
      ? new runtime.Tensor('int64', BigInt64Array.from(data, BigInt), shape)
      : new runtime.Tensor('float32', data, shape);
    given.set(info.name, tensorOf('float32', shape, data));
  }
  for (const [name, { tensor }] of converted.weights) {
    const values: number[] = [];
    for await (const part of tensor.read()) values.push(...part);
    given.set(name, tensorOf('float32', tensor.shape, values));
  }
  const expected = await session.run(feeds);
  const found = interpret(converted.program, given).outputs;
  const differences = converted.program.outputs.map(({ name }) => {
    const { data, dims } = expected[name]!;
    expect(found.get(name)!.shape).toEqual(dims);
    return relativeDifference(found.get(name)!.data, data as Float32Array, 0);
  });
  await session.release();
  file.close();
  return Math.max(...differences);
}

/** Files of which parts are layers, but no operations here, and quantized ones, which are operations in any case. */
const OTHERS = /^(recurrent|keras_sequence|quantized_)/;

describe('files of other programs, all of them as operations, predict as in ONNX Runtime', () => {
  test.each(onnxFixtures.filter((name) => !OTHERS.test(name)))('%s', async (name) => {
    const difference = await differenceAsOperations(unpackedFixture(name));
    expect(difference).toBeTypeOf('number');
    expect(difference).toBeLessThan(1e-5);
  });
});

const dice = new Dice(1, 'onnx operations');
const weights = (name: string, ...shape: number[]): OnnxTensor => onnxWeights(dice, name, shape);
const number = (name: string, value: number): OnnxTensor => {
  return { name, type: 'float32', shape: [], bytes: new Uint8Array(Float32Array.of(value).buffer) };
};
const y = (opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}): OnnxNode =>
  onnxNode(opType, inputs, ['y'], attributes);

/** A graph from 'x' to 'y': the shape of x without the examples, nodes, initializers. */
type Case = readonly [shape: readonly number[], nodes: readonly OnnxNode[], initializers?: readonly OnnxTensor[]];

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    ['Abs', 'Ceil', 'Celu', 'Cos', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu', 'HardSigmoid', 'HardSwish', 'Identity'].map(
      (opType) => [opType, [[4, 3], [y(opType, ['x'])]] as Case],
    ),
  ),
  ...Object.fromEntries(
    [
      'LeakyRelu',
      'Mish',
      'Neg',
      'Reciprocal',
      'Relu',
      'Selu',
      'Sigmoid',
      'Sign',
      'Sin',
      'Softplus',
      'Softsign',
      'Tan',
      'Tanh',
    ].map((opType) => [opType, [[4, 3], [y(opType, ['x'])]] as Case]),
  ),
  ThresholdedRelu: [[9], [onnxNode('Add', ['x', 'x'], ['a']), y('ThresholdedRelu', ['a'])]],
  'Gelu, approximate': [[4], [y('Gelu', ['x'], { approximate: 'tanh' })]],
  Sqrt: [[4], [onnxNode('Abs', ['x'], ['a']), y('Sqrt', ['a'])]],
  Log: [[4], [onnxNode('Abs', ['x'], ['a']), y('Log', ['a'])]],
  PRelu: [[4, 5], [y('PRelu', ['x', 's'])], [weights('s', 4, 1)]],
  Pow: [[4], [y('Pow', ['x', 'two'])], [onnxIntegers('two', [2], [])]],
  Clip: [[4], [y('Clip', ['x', 'low', 'high'])], [number('low', -0.3), number('high', 0.5)]],
  'Max, Min, Mean and Sum of several': [
    [4],
    [
      onnxNode('Max', ['x', 'w', 'v'], ['a']),
      onnxNode('Min', ['x', 'w', 'v'], ['b']),
      onnxNode('Mean', ['a', 'x', 'w'], ['c']),
      y('Sum', ['a', 'b', 'c']),
    ],
    [weights('w', 4), weights('v', 1)],
  ],
  'comparisons, logic and Where': [
    [4],
    [
      onnxNode('Greater', ['x', 'w'], ['a']),
      onnxNode('LessOrEqual', ['x', 'v'], ['b']),
      onnxNode('And', ['a', 'b'], ['c']),
      onnxNode('Xor', ['a', 'b'], ['d']),
      onnxNode('Not', ['d'], ['e']),
      onnxNode('Or', ['c', 'e'], ['f']),
      y('Where', ['f', 'x', 'v']),
    ],
    [weights('w', 4), weights('v', 4)],
  ],
  'a product with a matrix for all rows': [[3, 4], [y('MatMul', ['x', 'w'])], [weights('w', 4, 5)]],
  'a matrix times each example': [[4, 5], [y('MatMul', ['w', 'x'])], [weights('w', 3, 4)]],
  'a product with a vector': [[3, 4], [y('MatMul', ['x', 'w'])], [weights('w', 4)]],
  'a product of examples': [
    [3, 4],
    [onnxNode('Transpose', ['x'], ['t'], { perm: [0, 2, 1] }), y('MatMul', ['x', 't'])],
  ],
  Gemm: [[4], [y('Gemm', ['x', 'w', 'b'], { transB: 1 })], [weights('w', 3, 4), weights('b', 3)]],
  Einsum: [[3, 4], [y('Einsum', ['x', 'w'], { equation: 'nij,kj->nki' })], [weights('w', 5, 4)]],
  'Conv, dilated, in groups': [
    [4, 7, 8],
    [y('Conv', ['x', 'k', 'b'], { pads: [2, 1, 0, 3], dilations: [2, 1], group: 2, strides: [1, 2] })],
    [weights('k', 6, 2, 3, 2), weights('b', 6)],
  ],
  'Conv of a sequence': [[3, 9], [y('Conv', ['x', 'k'], { pads: [2, 1] })], [weights('k', 5, 3, 4)]],
  'Conv, SAME_LOWER': [[2, 6, 5], [y('Conv', ['x', 'k'], { auto_pad: 'SAME_LOWER' })], [weights('k', 3, 2, 2, 4)]],
  'Conv, SAME_UPPER': [
    [2, 6, 5],
    [y('Conv', ['x', 'k'], { auto_pad: 'SAME_UPPER', strides: [2, 1] })],
    [weights('k', 3, 2, 2, 4)],
  ],
  ConvTranspose: [
    [3, 4, 5],
    [y('ConvTranspose', ['x', 'k', 'b'], { pads: [1, 0, 2, 1], strides: [2, 3], output_padding: [1, 2] })],
    [weights('k', 3, 4, 3, 2), weights('b', 4)],
  ],
  'ConvTranspose of a sequence': [[3, 4], [y('ConvTranspose', ['x', 'k'], { strides: [2] })], [weights('k', 3, 2, 3)]],
  'MaxPool with pads': [
    [2, 7, 6],
    [y('MaxPool', ['x'], { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] })],
  ],
  'MaxPool with ceil_mode': [[2, 6, 8], [y('MaxPool', ['x'], { kernel_shape: [3, 3], strides: [2, 3], ceil_mode: 1 })]],
  'MaxPool that leaves out the end': [[2, 8, 8], [y('MaxPool', ['x'], { kernel_shape: [3, 3], strides: [3, 3] })]],
  'MaxPool of a sequence': [[2, 7], [y('MaxPool', ['x'], { kernel_shape: [2], strides: [2] })]],
  'AveragePool, pads do not count': [
    [2, 7, 6],
    [y('AveragePool', ['x'], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] })],
  ],
  'AveragePool, pads count': [
    [2, 7, 6],
    [y('AveragePool', ['x'], { kernel_shape: [3, 2], pads: [1, 0, 2, 1], count_include_pad: 1 })],
  ],
  'GlobalMaxPool and GlobalAveragePool': [
    [3, 4, 5],
    [onnxNode('GlobalMaxPool', ['x'], ['a']), onnxNode('GlobalAveragePool', ['x'], ['b']), y('Add', ['a', 'b'])],
  ],
  BatchNormalization: [
    [3, 4, 5],
    [onnxNode('Abs', ['v'], ['positive']), y('BatchNormalization', ['x', 'g', 'b', 'm', 'positive'])],
    ['g', 'b', 'm', 'v'].map((name) => weights(name, 3)),
  ],
  InstanceNormalization: [[3, 4, 5], [y('InstanceNormalization', ['x', 'g', 'b'])], [weights('g', 3), weights('b', 3)]],
  GroupNormalization: [
    [6, 4, 5],
    [y('GroupNormalization', ['x', 'g', 'b'], { num_groups: 2 })],
    [weights('g', 6), weights('b', 6)],
  ],
  LayerNormalization: [
    [3, 4, 5],
    [y('LayerNormalization', ['x', 'g', 'b'], { axis: 2 })],
    [weights('g', 4, 5), weights('b', 4, 5)],
  ],
  LRN: [[5, 3, 2], [y('LRN', ['x'], { size: 3 })]],
  'Softmax of channels': [[3, 4, 5], [y('Softmax', ['x'], { axis: 1 })]],
  LogSoftmax: [[3, 4], [y('LogSoftmax', ['x'])]],
  ...Object.fromEntries(
    ['Sum', 'Mean', 'Max', 'Min', 'SumSquare', 'L1', 'L2', 'LogSumExp'].map((name) => [
      `Reduce${name}`,
      [[3, 4, 5], [y(`Reduce${name}`, ['x', 'axes'], { keepdims: 0 })], [onnxIntegers('axes', [-1, 1])]] as Case,
    ]),
  ),
  'Reshape by the size of the batch': [
    [3, 4],
    [
      onnxNode('Shape', ['x'], ['shape']),
      onnxNode('Gather', ['shape', 'zero'], ['batch']),
      onnxNode('Unsqueeze', ['batch', 'zeros'], ['list']),
      onnxNode('Concat', ['list', 'rest'], ['target'], { axis: 0 }),
      onnxNode('Reshape', ['x', 'target'], ['a']),
      y('Transpose', ['a'], { perm: [0, 2, 1] }),
    ],
    [onnxIntegers('zero', [0], []), onnxIntegers('zeros', [0]), onnxIntegers('rest', [6, 2])],
  ],
  'Reshape that keeps sizes': [[3, 4], [y('Reshape', ['x', 't'])], [onnxIntegers('t', [0, 2, -1])]],
  'Flatten, Unsqueeze and Squeeze': [
    [3, 4],
    [onnxNode('Unsqueeze', ['x', 'axes'], ['a']), onnxNode('Squeeze', ['a', 'last'], ['b']), y('Flatten', ['b'])],
    [onnxIntegers('axes', [1, -1]), onnxIntegers('last', [-1])],
  ],
  'Split and Concat': [
    [5, 2],
    [onnxNode('Split', ['x', 'sizes'], ['a', 'b'], { axis: 1 }), y('Concat', ['b', 'a', 'b'], { axis: 1 })],
    [onnxIntegers('sizes', [2, 3])],
  ],
  'Slice with steps': [
    [6, 5],
    [y('Slice', ['x', 'starts', 'ends', 'axes', 'steps'])],
    [
      onnxIntegers('starts', [1, -1]),
      onnxIntegers('ends', [6, -9]),
      onnxIntegers('axes', [1, 2]),
      onnxIntegers('steps', [2, -1]),
    ],
  ],
  'Gather of one index, and of several': [
    [5, 4],
    [onnxNode('Gather', ['x', 'one'], ['a'], { axis: 2 }), y('Gather', ['a', 'two'], { axis: 1 })],
    [onnxIntegers('one', [-2], []), onnxIntegers('two', [4, -5, 1])],
  ],
  'a token before each example: Expand and Concat': [
    [3, 4],
    [
      onnxNode('Shape', ['x'], ['batch'], { end: 1 }),
      onnxNode('Concat', ['batch', 'rest'], ['target'], { axis: 0 }),
      onnxNode('Expand', ['token', 'target'], ['a']),
      y('Concat', ['a', 'x'], { axis: 1 }),
    ],
    [weights('token', 1, 1, 4), onnxIntegers('rest', [1, 4])],
  ],
  'numbers for each example: ConstantOfShape': [
    [3],
    [
      onnxNode('Shape', ['x'], ['shape']),
      onnxNode('ConstantOfShape', ['shape'], ['a']),
      y('Concat', ['a', 'x'], { axis: 1 }),
    ],
  ],
  Tile: [[2, 3], [y('Tile', ['x', 'times'])], [onnxIntegers('times', [1, 2, 3])]],
  'Pad, constant': [[2, 3], [y('Pad', ['x', 'p', 'v'])], [onnxIntegers('p', [0, 1, 0, 0, 0, 2]), number('v', 0.5)]],
  'Pad, reflect': [[4, 3], [y('Pad', ['x', 'p'], { mode: 'reflect' })], [onnxIntegers('p', [0, 2, 1, 0, 1, 2])]],
  'Resize, nearest': [
    [2, 3, 4],
    [y('Resize', ['x', '', 'scales'])],
    [{ ...weights('scales', 4), bytes: new Uint8Array(Float32Array.of(1, 1, 2, 3).buffer) }],
  ],
  'Resize, linear': [
    [2, 3, 4],
    [y('Resize', ['x', '', 'scales'], { mode: 'linear' })],
    [{ ...weights('scales', 4), bytes: new Uint8Array(Float32Array.of(1, 1, 2, 2).buffer) }],
  ],
  'DepthToSpace, DCR': [[8, 2, 3], [y('DepthToSpace', ['x'], { blocksize: 2 })]],
  'DepthToSpace, CRD': [[8, 2, 3], [y('DepthToSpace', ['x'], { blocksize: 2, mode: 'CRD' })]],
  SpaceToDepth: [[2, 4, 6], [y('SpaceToDepth', ['x'], { blocksize: 2 })]],
  Cast: [
    [4],
    [onnxNode('Cast', ['x'], ['a'], { to: 7 }), onnxNode('Cast', ['a'], ['b'], { to: 1 }), y('Add', ['x', 'b'])],
  ],
};

const pathOf = ([shape, nodes, initializers = []]: Case): string => writeOnnxGraph('op', shape, nodes, initializers);

describe('operations compute as in ONNX Runtime', () => {
  test.each(Object.entries(cases))('%s', async (_, given) => {
    const difference = await differenceAsOperations(pathOf(given));
    expect(difference).toBeTypeOf('number');
    expect(difference).toBeLessThan(1e-5);
  });
});

describe('a file that is not layers', () => {
  /** A product, twice an operation that is not a layer, and a product. */
  const graph: Case = [
    [6],
    [
      onnxNode('MatMul', ['x', 'w'], ['a']),
      onnxNode('Einsum', ['a', 'v'], ['b'], { equation: 'nj,kj->nk' }),
      onnxNode('Relu', ['b'], ['c']),
      y('Gemm', ['c', 'u', 'd']),
    ],
    [weights('w', 6, 5), weights('v', 4, 5), weights('u', 4, 3), weights('d', 3)],
  ];

  test('opens as frozen Operations nodes, a part for each product, which the report counts', async () => {
    const { document, report, difference } = await compareWithOnnxRuntime(pathOf(graph));
    expect(difference).toBeLessThan(1e-5);
    expect(document.nodes.map(({ kind, frozen }) => [kind, frozen])).toEqual([
      ['Input', false],
      ['Operations', true],
      ['Operations', true],
      ['Operations', true],
      ['Output', false],
    ]);
    expect(report).toMatchObject({ format: 'onnx', layers: 1, operations: 3, parameters: 65, fileParameters: 65 });
    expect(report.losses.map(({ code }) => code)).toEqual(['operations/frozen', 'onnx/not-layers']);
  });

  test('a batch of one example is free here, and reported', async () => {
    const [shape, nodes, initializers] = graph;
    const inputs = [{ name: 'x', type: 'float32', shape: [1, ...shape] }] as const;
    const path = writeOnnxGraph('one', shape, nodes, initializers!, { inputs });
    const { report, difference } = await compareWithOnnxRuntime(path);
    expect(difference).toBeLessThan(1e-5);
    expect(report.losses.map(({ code }) => code)).toContain('operations/fixed-batch');
  });

  test('a token before the one example of a file is before each example', async () => {
    const nodes = [onnxNode('Concat', ['token', 'x'], ['a'], { axis: 1 }), y('Erf', ['a'])];
    const inputs = [{ name: 'x', type: 'float32', shape: [1, 3, 4] }] as const;
    const path = writeOnnxGraph('token', [3, 4], nodes, [weights('token', 1, 1, 4)], { inputs });
    expect(await differenceAsOperations(path)).toBeLessThan(1e-5);
  });

  test('an output of whole numbers is ignored, and reported', async () => {
    const [shape, nodes, initializers] = graph;
    const outputs = [
      { name: 'y', type: 'float32', shape: ['n', 3] },
      { name: 'label', type: 'int64', shape: ['n'] },
    ] as const;
    const label = onnxNode('ArgMax', ['y'], ['label'], { axis: 1, keepdims: 0 });
    const path = writeOnnxGraph('label', shape, [...nodes, label], initializers!, { outputs });
    const difference = await differenceAsOperations(path);
    expect(difference).toBeLessThan(1e-5);
  });

  test.each<[string, Case]>([
    [
      'an operation that depends on other examples',
      [[4], [onnxNode('Einsum', ['x', 'x'], ['a'], { equation: 'ni,mi->nm' }), y('Relu', ['a'])]],
    ],
    [
      'a mean over the batch',
      [[4], [onnxNode('ReduceLogSumExp', ['x', 'axes'], ['a']), y('Add', ['x', 'a'])], [onnxIntegers('axes', [0])]],
    ],
    [
      'an unknown mode of padding',
      [[4, 4], [y('Pad', ['x', 'p'], { mode: 'wrap' })], [onnxIntegers('p', [0, 1, 0, 0, 0, 0])]],
    ],
    [
      'an index outside',
      [
        [4],
        [onnxNode('Einsum', ['x', 'w'], ['a'], { equation: 'ni,ik->nk' }), y('Gather', ['a', 'i'], { axis: 1 })],
        [weights('w', 4, 4), onnxIntegers('i', [9])],
      ],
    ],
    ['a repetition of absurd size', [[4], [y('Tile', ['x', 't'])], [onnxIntegers('t', [1, 10 ** 12])]]],
  ])('is refused with its reason: %s', async (_, given) => {
    const error = await compareWithOnnxRuntime(pathOf(given)).then(
      () => null,
      (thrown: unknown) => AppError.from(thrown),
    );
    expect(error).toMatchObject({ code: 'model-file/refused' });
  });
});
