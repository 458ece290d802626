import { describe, expect, it } from 'vitest';
import type { OpAttributes, OpName } from '../../src-shared/program/language/types.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { bool, evaluate, float, int, runOperation } from './onnx-harness.ts';

/** Relative to 1 or the value, whichever is larger. */
const TOLERANCE = 1e-6;

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    if (!Number.isFinite(value)) expect(actual[index]).toBe(value);
    else
      expect(Math.abs(actual[index]! - value), `element ${index}`).toBeLessThanOrEqual(
        TOLERANCE * Math.max(1, Math.abs(value)),
      );
  });
}

interface Case<Name extends OpName> {
  readonly op: Name;
  readonly attributes: OpAttributes[Name];
  readonly inputs: readonly HostTensor[];
  readonly expected: readonly (readonly number[])[];
}

const one = <Name extends OpName>(
  op: Name,
  attributes: OpAttributes[Name],
  inputs: readonly HostTensor[],
  ...expected: readonly (readonly number[])[]
): Case<Name> => ({ op, attributes, inputs, expected });

const x = float([2, 3], [-2, -0.5, 0, 0.5, 1, 3]);
const row = float([3], [1, -1, 0]);
const p = float([4], [0.25, 1, 4, 9]);
const a = float([2, 3], [1, 2, 3, 4, 5, 6]);
const yes = bool([2], [1, 0]);
const no = bool([2], [0, 0]);

const logits = float([2, 3], [1, 2, 3, 1000, 0, 0]);
const softmax123 = [0.09003057, 0.24472847, 0.66524096];

const cases = [
  one('negative', {}, [x], [2, 0.5, -0, -0.5, -1, -3]),
  one('exp', {}, [x], [0.13533528, 0.60653066, 1, 1.6487213, 2.7182818, 20.085537]),
  one('log', {}, [p], [-1.3862944, 0, 1.3862944, 2.1972246]),
  one('log1p', {}, [float([5], [-1, 1e-8, 0, 3, Infinity])], [-Infinity, 1e-8, 0, 1.3862944, Infinity]),
  one('sqrt', {}, [p], [0.5, 1, 2, 3]),
  one('square', {}, [x], [4, 0.25, 0, 0.25, 1, 9]),
  one('abs', {}, [x], [2, 0.5, 0, 0.5, 1, 3]),
  one('sign', {}, [x], [-1, -1, 0, 1, 1, 1]),
  one('floor', {}, [x], [-2, -1, 0, 0, 1, 3]),
  one('relu', {}, [x], [0, 0, 0, 0.5, 1, 3]),
  one('sigmoid', {}, [x], [0.11920292, 0.37754067, 0.5, 0.62245933, 0.73105858, 0.95257413]),
  one('tanh', {}, [x], [-0.96402758, -0.46211716, 0, 0.46211716, 0.76159416, 0.99505475]),
  one('softplus', {}, [float([5], [-100, -20, 0, 20, 200])], [3.783506e-44, 2.0611537e-9, 0.69314718, 20, 200]),
  one('erf', {}, [x], [-0.99532227, -0.52049988, 0, 0.52049988, 0.84270079, 0.99997791]),
  one('logicalNot', {}, [yes], [0, 1]),
  one('cast', { dtype: 'int32' }, [float([3], [-1.7, 0.2, 2.9])], [-1, 0, 2]),
  one('cast', { dtype: 'float32' }, [yes], [1, 0]),
  one('cast', { dtype: 'bool' }, [float([3], [0, -2, 0.1])], [0, 1, 1]),
  one('stopGradient', {}, [row], [1, -1, 0]),

  one('add', {}, [a, row], [2, 1, 3, 5, 4, 6]),
  one('add', {}, [int([2], [1, 2]), int([], [10])], [11, 12]),
  one('subtract', {}, [row, a], [0, -3, -3, -3, -6, -6]),
  one('multiply', {}, [a, float([2, 1], [2, -1])], [2, 4, 6, -4, -5, -6]),
  one('divide', {}, [a, float([], [2])], [0.5, 1, 1.5, 2, 2.5, 3]),
  one('power', {}, [p, float([], [1.5])], [0.125, 1, 8, 27]),
  one('maximum', {}, [a, float([], [3.5])], [3.5, 3.5, 3.5, 4, 5, 6]),
  one('minimum', {}, [int([3], [1, 5, 9]), int([], [5])], [1, 5, 5]),
  one('equal', {}, [int([3], [1, 2, 3]), int([], [2])], [0, 1, 0]),
  one('greater', {}, [row, float([], [0])], [1, 0, 0]),
  one('greaterEqual', {}, [row, float([], [0])], [1, 0, 1]),
  one('less', {}, [row, float([], [0])], [0, 1, 0]),
  one('lessEqual', {}, [row, float([], [0])], [0, 1, 1]),
  one('logicalAnd', {}, [yes, no], [0, 0]),
  one('logicalOr', {}, [yes, no], [1, 0]),
  one('select', {}, [yes, float([2], [1, 2]), float([], [7])], [1, 7]),
  one('select', {}, [yes, no, yes], [0, 0]),
  one('reluGradient', {}, [float([3], [0, 2, 0]), float([3], [5, 6, -7])], [0, 6, 0]),
  one('sigmoidGradient', {}, [float([2], [0.5, 0.9]), float([2], [2, 10])], [0.5, 0.9]),
  one('tanhGradient', {}, [float([2], [0.5, -0.8]), float([2], [2, 10])], [1.5, 3.6]),

  one('matMul', { transposeA: false, transposeB: false }, [a, float([3, 1], [1, 0, -1])], [-2, -2]),
  one('matMul', { transposeA: true, transposeB: false }, [a, float([2, 1], [1, 1])], [5, 7, 9]),
  one('matMul', { transposeA: false, transposeB: true }, [a, a], [14, 32, 32, 77]),
  one('matMul', { transposeA: true, transposeB: true }, [a, float([1, 2], [1, 2])], [9, 12, 15]),
  one(
    'matMul',
    { transposeA: true, transposeB: true },
    [float([2, 2, 1], [1, 2, 3, 4]), float([2, 1, 2], [5, 6, 7, 8])],
    [17, 53],
  ),
  one('reduceSum', { axes: [0], keepDims: false }, [a], [5, 7, 9]),
  one('reduceSum', { axes: [0, 1], keepDims: true }, [a], [21]),
  one('reduceMax', { axes: [1], keepDims: false }, [a], [3, 6]),
  one('reduceMin', { axes: [1], keepDims: false }, [int([2, 2], [4, 3, -1, 2])], [3, -1]),
  one('argMax', { axis: 1 }, [float([2, 3], [1, 7, 7, 0, 0, 0])], [1, 0]),

  one('constant', { dtype: 'int32', shape: [2, 2], values: [7] }, [], [7, 7, 7, 7]),
  one('constant', { dtype: 'bool', shape: [2], values: [0, 1] }, [], [0, 1]),
  one('constant', { dtype: 'float32', shape: [70, 70], values: [0.5] }, [], Array<number>(4900).fill(0.5)),
  one('dimSize', { axis: 0 }, [a], [2]),
  one('reshape', { shape: [3, 2] }, [a], [1, 2, 3, 4, 5, 6]),
  one('transpose', { permutation: [1, 0] }, [a], [1, 4, 2, 5, 3, 6]),
  one('broadcastLike', {}, [row, a], [1, -1, 0, 1, -1, 0]),
  one('slice', { starts: [1, 0], sizes: [-1, 2] }, [a], [4, 5]),
  one('pad', { before: [0, 1], after: [1, 0], value: 9 }, [a], [9, 1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9]),
  one('concat', { axis: 1 }, [a, float([2, 1], [8, 9])], [1, 2, 3, 8, 4, 5, 6, 9]),
  one('gather', { axis: 0 }, [a, int([3], [1, 0, 1])], [4, 5, 6, 1, 2, 3, 4, 5, 6]),
  one('gather', { axis: 1 }, [a, int([1, 2], [2, 0])], [3, 1, 6, 4]),
  one('gatherGradient', {}, [float([3, 2], [9, 9, 9, 9, 9, 9]), int([3], [2, 0, 2]), a2()], [3, 4, 0, 0, 6, 8]),
  one('oneHot', { depth: 3 }, [int([2, 2], [0, 2, 3, -1])], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),

  one('softmax', {}, [logits], [...softmax123, 1, 0, 0]),
  one('logSoftmax', {}, [logits], [-2.40760596, -1.40760596, -0.40760596, 0, -1000, -1000]),
  one(
    'softmaxCrossEntropy',
    {},
    [logits, float([2, 3], [0, 0.5, 0.5, 1, 0, 0])],
    [0.90760596, 0],
    [0.09003057, -0.25527153, 0.16524096, 0, 0, 0],
  ),
  one(
    'sparseSoftmaxCrossEntropy',
    {},
    [logits, int([2], [2, 1])],
    [0.40760596, 1000],
    [0.09003057, 0.24472847, -0.33475904, 1, -1, 0],
  ),

  one('applyGradientDescent', {}, [row, float([], [0.1]), float([3], [1, 2, 3])], [0.9, -1.2, -0.3]),
  one(
    'applyMomentum',
    { nesterov: false },
    [row, float([3], [1, 0, -1]), float([], [0.1]), float([], [0.9]), float([3], [1, 2, 3])],
    [1.8, -1.2, -1.2],
    [0.8, -0.2, -1.2],
  ),
  one(
    'applyMomentum',
    { nesterov: true },
    [row, float([3], [1, 0, -1]), float([], [0.1]), float([], [0.9]), float([3], [1, 2, 3])],
    [1.62, -1.38, -1.38],
    [0.8, -0.2, -1.2],
  ),
  one(
    'applyAdam',
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    [
      float([2], [1, -1]),
      float([2], [0.1, 0]),
      float([2], [0.01, 0]),
      float([], [0.001]),
      float([], [0.81]),
      float([], [0.998001]),
      float([2], [0.5, -2]),
    ],
    [0.99967444, -0.99925586],
    [0.14, -0.2],
    [0.01024, 0.004],
  ),
];

function a2(): HostTensor {
  return float([3, 2], [1, 2, 3, 4, 5, 6]);
}

describe('ONNX lowerings', () => {
  for (const { op, attributes, inputs, expected } of cases) {
    it(`${op} ${JSON.stringify(attributes).slice(0, 60)}`, async () => {
      const outputs = await runOperation(op as OpName, attributes as OpAttributes[OpName], inputs);
      expect(outputs).toHaveLength(expected.length);
      expected.forEach((values, index) => expectClose(outputs[index]!.data, values));
    });
  }

  it('random numbers equal those of the host for any shape and step', async () => {
    const key = [0xdeadbeef, 0x01234567] as const;
    for (const step of [0, 12345]) {
      for (const shape of [[1], [2, 3], [5, 4, 7]]) {
        const count = shape.reduce((product, extent) => product * extent, 1);
        const like = float(shape, Array<number>(count).fill(0));
        const [random] = await runOperation('randomUniform', { key }, [like, int([], [step])], [0]);
        expect(random!.shape).toEqual(shape);
        expect(random!.data).toEqual(uniform(key, step, count));
      }
    }
  });

  it('rejects labels outside the classes', async () => {
    await expect(runOperation('sparseSoftmaxCrossEntropy', {}, [logits, int([2], [0, 3])])).rejects.toMatchObject({
      code: 'engine/call-failed',
    });
  });

  it('keeps the order of axes in operations after a convolution', async () => {
    const image = float([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    const kernel = float([1, 1, 2, 2], [1, 0, 0, 1]);
    const attributes = { strides: [1, 1], padding: 'valid', dilations: [1, 1], groups: 1 } as const;
    const results = await evaluate(
      [image, kernel],
      (builder, [input, identity]) => {
        const y = builder.conv2d(input!, identity!, attributes);
        const channel = builder.constant('float32', [2], [10, 20]);
        const column = builder.constant('float32', [2, 1], [100, 200]);
        const full = builder.constant('float32', [1, 2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
        return [
          builder.add(y, channel),
          builder.add(column, y),
          builder.subtract(y, full),
          builder.reduceSum(y, [1, 2]),
          builder.reduceSum(y, [0, 1, 2]),
          builder.reduceMax(y, [1], true),
          builder.reduceSum(y, [3]),
          builder.slice(y, [0, 1, 0, 1], [-1, 1, -1, 1]),
          builder.pad(y, [0, 1, 0, 0], [0, 0, 0, 0]),
          builder.concat([y, y], 3),
          builder.plain('broadcastLike', builder.reduceSum(y, [1, 2, 3], true), y),
          builder.reshape(y, [null, 8]),
          builder.transpose(y, [3, 0, 1, 2]),
          builder.dimSize(y, 0),
          builder.argMax(y, 3),
        ];
      },
      [0],
    );
    expect(Object.values(results).map(({ data }) => Array.from(data))).toEqual([
      [11, 22, 13, 24, 15, 26, 17, 28],
      [101, 102, 203, 204, 105, 106, 207, 208],
      [1, 1, 1, 1, 1, 1, 1, 1],
      [16, 20],
      [16, 20],
      [5, 6, 7, 8],
      [3, 7, 11, 15],
      [6, 8],
      [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
      [1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6, 7, 8, 7, 8],
      Array<number>(8).fill(36),
      [1, 2, 3, 4, 5, 6, 7, 8],
      [1, 3, 5, 7, 2, 4, 6, 8],
      [1],
      [1, 1, 1, 1],
    ]);
  });
});
