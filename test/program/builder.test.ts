import { describe, expect, test } from 'vitest';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { inferTypes } from '../../src-shared/program/shapes/infer-types.ts';
import { printProgram } from '../../src-shared/program/language/print.ts';
import { broadcastAxes, broadcastShapes, ShapeError } from '../../src-shared/program/language/shape.ts';
import { simplify } from '../../src-shared/program/builder/simplify.ts';
import type { DType, OpAttributes, OpName, Shape } from '../../src-shared/program/language/types.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';

describe('broadcasting with a batch axis', () => {
  test.each<[Shape, Shape, Shape]>([
    [[null, 3], [3], [null, 3]],
    [
      [null, 3],
      [1, 3],
      [null, 3],
    ],
    [
      [null, 1],
      [null, 5],
      [null, 5],
    ],
    [[], [null, 2], [null, 2]],
    [
      [4, 1],
      [2, 1, 3],
      [2, 4, 3],
    ],
  ])('%j and %j give %j', (a, b, expected) => {
    expect(broadcastShapes(a, b)).toEqual(expected);
    expect(broadcastShapes(b, a)).toEqual(expected);
  });

  test.each<[Shape, Shape]>([
    [[null, 3], [2]],
    [
      [null, 3],
      [4, 3],
    ],
    [
      [2, 3],
      [3, 2],
    ],
  ])('%j and %j do not fit', (a, b) => {
    expect(() => broadcastShapes(a, b)).toThrow(ShapeError);
  });

  test('axes over which a broadcast gradient is summed', () => {
    expect(broadcastAxes([3], [null, 3])).toEqual([0]);
    expect(broadcastAxes([1, 3], [null, 3])).toEqual([0]);
    expect(broadcastAxes([null, 1], [null, 3])).toEqual([1]);
    expect(broadcastAxes([], [null, 3])).toEqual([0, 1]);
    expect(broadcastAxes([1, 3], [1, 3])).toEqual([]);
  });
});

describe('shape rules reject invalid inputs', () => {
  const refused = <Name extends OpName>(
    op: Name,
    attributes: OpAttributes[Name],
    inputs: readonly (readonly [DType, Shape])[],
  ): void => {
    const types = inputs.map(([dtype, shape]) => ({ dtype, shape }));
    expect(() => inferTypes(op, attributes, types)).toThrow(
      new RegExp(`^${op}: Expected .*; received |^${op}: Expected`),
    );
  };
  const convolution = { strides: [1, 1], padding: 'valid', dilations: [1, 1], groups: 1 } as const;

  test('shape rules of single operations', () => {
    refused('add', {}, [['float32', [2]]]);
    refused('add', {}, [
      ['float32', [2]],
      ['int32', [2]],
    ]);
    refused('exp', {}, [['int32', [2]]]);
    refused('select', {}, [
      ['float32', [2]],
      ['float32', [2]],
      ['float32', [2]],
    ]);
    refused('matMul', { transposeA: false, transposeB: false }, [
      ['float32', [null, 3]],
      ['float32', [4, 2]],
    ]);
    refused('matMul', { transposeA: false, transposeB: false }, [
      ['float32', [3]],
      ['float32', [3, 2]],
    ]);
    refused('reduceSum', { axes: [1, 0], keepDims: false }, [['float32', [2, 3]]]);
    refused('argMax', { axis: 2 }, [['float32', [2, 3]]]);
    refused('reshape', { shape: [7] }, [['float32', [2, 3]]]);
    refused('reshape', { shape: [6] }, [['float32', [null, 3]]]);
    refused('reshape', { shape: [null, 7] }, [['float32', [null, 3]]]);
    refused('transpose', { permutation: [0, 0] }, [['float32', [2, 3]]]);
    refused('broadcastLike', {}, [
      ['float32', [2, 3]],
      ['float32', [3]],
    ]);
    refused('slice', { starts: [1, 0], sizes: [-1, -1] }, [['float32', [null, 3]]]);
    refused('slice', { starts: [2], sizes: [2] }, [['float32', [3]]]);
    refused('pad', { before: [1, 0], after: [0, 0], value: 0 }, [['float32', [null, 3]]]);
    refused('concat', { axis: 1 }, [
      ['float32', [2, 3]],
      ['float32', [3, 3]],
    ]);
    refused('gather', { axis: 0 }, [
      ['float32', [2, 3]],
      ['float32', [3]],
    ]);
    refused('constant', { dtype: 'float32', shape: [3], values: [1, 2] }, []);
    refused('conv2d', convolution, [
      ['float32', [null, 2, 2, 1]],
      ['float32', [3, 3, 1, 4]],
    ]);
    refused('conv2d', convolution, [
      ['float32', [null, 8, 8, 2]],
      ['float32', [3, 3, 1, 4]],
    ]);
    refused('maxPool2d', { poolSize: [2, 2], strides: [2, 2], padding: 'valid' }, [['float32', [null, 8, 1, 2]]]);
    refused('sparseSoftmaxCrossEntropy', {}, [
      ['float32', [null, 3]],
      ['int32', [null, 1]],
    ]);
    refused('applyGradientDescent', {}, [
      ['float32', [3]],
      ['float32', []],
      ['float32', [2]],
    ]);
  });
});

/** y = tanh(tanh(x · first) · second); the loss is the sum of y. */
function chain() {
  const builder = new ProgramBuilder();
  const x = builder.input('x', 'float32', [null, 4]);
  const first = builder.state('first', 'float32', [4, 5]);
  const second = builder.state('second', 'float32', [5, 2]);
  const hidden = builder.within('first', () => builder.plain('tanh', builder.matMul(x, first)));
  const y = builder.within('second', () => builder.plain('tanh', builder.matMul(hidden, second)));
  return { builder, x, first, second, loss: builder.reduceSum(y, [0, 1]) };
}

describe('autodiff', () => {
  test('emits no operations for values that need no gradient', () => {
    const { builder, second, loss } = chain();
    const before = builder.operations.length;
    gradients(builder, loss, [second]);
    const emitted = builder.operations.slice(before);
    expect(emitted.some((operation) => operation.scope.startsWith('first'))).toBe(false);
    // The seed, its broadcast, tanh and one product; none for the input of the second layer.
    expect(emitted.map((operation) => operation.op)).toEqual([
      'constant',
      'reshape',
      'broadcastLike',
      'tanhGradient',
      'matMul',
    ]);
  });

  test('returns null if the loss does not depend on a value', () => {
    const { builder, first, loss } = chain();
    const other = builder.state('other', 'float32', [3]);
    const floored = builder.plain('floor', first);
    expect(floored).toBeGreaterThan(0);
    expect(gradients(builder, loss, [other])).toEqual([null]);
    const flat = builder.reduceSum(
      builder.plain('floor', builder.matMul(builder.plain('stopGradient', first), floored, true)),
      [0, 1],
    );
    expect(gradients(builder, flat, [first])).toEqual([null]);
  });

  test('adds the gradients of a value with several uses', () => {
    const builder = new ProgramBuilder();
    const x = builder.state('x', 'float32', []);
    const [gradient] = gradients(builder, builder.add(builder.multiply(x, x), x), [x]);
    expect(builder.producerOf(gradient!)?.op).toBe('add');
  });

  test('rejects operations without a gradient, and losses that are not scalars', () => {
    const builder = new ProgramBuilder();
    const weight = builder.state('weight', 'float32', []);
    const updated = builder.plain('applyGradientDescent', weight, builder.scalar(1), weight);
    expect(() => gradients(builder, updated, [weight])).toThrow('applyGradientDescent');
    expect(() => gradients(builder, builder.state('row', 'float32', [2]), [weight])).toThrow('scalar');
  });
});

describe('state', () => {
  test('has one value for each name, one update and one type', () => {
    const builder = new ProgramBuilder();
    const weight = builder.state('weight', 'float32', [2]);
    expect(builder.state('weight', 'float32', [2])).toBe(weight);
    expect(() => builder.state('weight', 'float32', [3])).toThrow('two types');
    expect(() => builder.update('other', weight)).toThrow('before it is read');
    expect(() => builder.update('weight', builder.scalar(1))).toThrow('with another type');
    builder.update('weight', builder.add(weight, weight));
    expect(() => builder.update('weight', weight)).toThrow('twice');
  });
});

describe('simplify', () => {
  test('merges equal operations and removes identities and unused operations', () => {
    const builder = new ProgramBuilder();
    const x = builder.input('x', 'float32', [null, 2]);
    const a = builder.plain('exp', x);
    const b = builder.plain('exp', builder.multiply(builder.plain('stopGradient', x), builder.scalar(1)));
    builder.plain('log', a);
    builder.state('unused', 'float32', [3]);
    builder.output('y', builder.add(a, builder.reshape(b, [null, 2])));
    const simple = simplify(builder.build());
    expect(simple.operations.map((operation) => operation.op)).toEqual(['exp', 'add']);
    expect(simple.state).toEqual([]);
    expect(validateProgram(simple)).toEqual([]);
  });

  test('reads a scalar instead of its broadcast, except where the broadcast sets the shape', () => {
    const builder = new ProgramBuilder();
    const x = builder.input('x', 'float32', [null, 2]);
    const copy = builder.plain('broadcastLike', builder.scalar(3), x);
    builder.output('product', builder.multiply(x, copy));
    builder.output('square', builder.multiply(copy, copy));
    const simple = simplify(builder.build());
    expect(validateProgram(simple)).toEqual([]);
    const shapes = simple.outputs.map((output) => simple.values[output.value]!.shape);
    expect(shapes).toEqual([
      [null, 2],
      [null, 2],
    ]);
    const product = simple.operations.find((operation) => operation.outputs.includes(simple.outputs[0]!.value))!;
    expect(product.inputs.map((input) => simple.values[input]!.shape)).toEqual([[null, 2], []]);
  });
});

test('a program prints one line for each value', () => {
  const builder = new ProgramBuilder();
  const x = builder.input('x', 'float32', [null, 2]);
  const weight = builder.state('layer/weight', 'float32', [2, 1]);
  const y = builder.within('layer', () => builder.matMul(x, weight));
  builder.update('layer/weight', builder.multiply(weight, weight));
  builder.output('y', y);
  expect(printProgram(builder.build())).toBe(
    [
      "%0: float32[null, 2] = input 'x'",
      "%1: float32[2, 1] = state 'layer/weight'",
      '%2: float32[null, 1] = matMul(%0, %1) {"transposeA":false,"transposeB":false}  # layer',
      '%3: float32[2, 1] = multiply(%1, %1)  # ',
      "state 'layer/weight' becomes %3",
      "output 'y' is %2",
    ].join('\n'),
  );
});

test('validateProgram finds use before definition, duplicate definitions and wrong types', () => {
  const builder = new ProgramBuilder();
  const x = builder.input('x', 'float32', [2]);
  builder.output('y', builder.plain('exp', builder.plain('tanh', x)));
  const program = builder.build();
  expect(validateProgram(program)).toEqual([]);
  expect(validateProgram({ ...program, operations: program.operations.toReversed() })).toHaveLength(1);
  expect(validateProgram({ ...program, operations: [...program.operations, program.operations[0]!] })).toHaveLength(1);
  const values = program.values.with(1, { dtype: 'float32', shape: [3] });
  expect(validateProgram({ ...program, values }).length).toBeGreaterThan(0);
  expect(validateProgram({ ...program, inputs: [...program.inputs, { name: 'y', value: x }] })).toHaveLength(2);
});
