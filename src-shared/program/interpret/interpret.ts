import { uniform } from '../random/philox.ts';
import { scanParts } from '../shapes/scan-shapes.ts';
import { SELU_ALPHA, SELU_SCALE } from '../language/selu.ts';
import type { OpAttributes, Operation, OpName, Program } from '../language/types.ts';
import { batchNormalization, batchNormalizationGradient } from './batch-normalization.ts';
import { erf, map, select, sigmoid, zip } from './elementwise.ts';
import * as neural from './neural.ts';
import { at, build, sizeOf, tensorOf } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/**
 * A slow, simple float64 interpreter of programs: a definition of each operation that does not depend on an engine.
 * Engines are checked against it when they are set up; tests also compare gradients with its finite differences.
 */

type Kernel<Name extends OpName> = (attributes: OpAttributes[Name], ...inputs: Tensor[]) => Tensor | Tensor[];

const truth = (value: boolean): number => (value ? 1 : 0);
const unary =
  (f: (value: number) => number) =>
  (_: unknown, x?: Tensor): Tensor =>
    map(x!, f);
const binary =
  (f: (a: number, b: number) => number) =>
  (_: unknown, a?: Tensor, b?: Tensor): Tensor =>
    zip(a!, b!, f);
const comparison =
  (f: (a: number, b: number) => boolean) =>
  (_: unknown, a?: Tensor, b?: Tensor): Tensor =>
    zip(a!, b!, (left, right) => truth(f(left, right)), 'bool');

function reduce(
  x: Tensor,
  { axes, keepDims }: OpAttributes['reduceSum'],
  start: number,
  f: (sum: number, value: number) => number,
): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = build(x.dtype, kept, () => start);
  const positions = build('int32', kept, () => 0);
  positions.data.forEach((_, i) => (positions.data[i] = i));
  const target = build('int32', x.shape, (index) => at(positions, index));
  x.data.forEach((value, i) => {
    const position = target.data[i]!;
    result.data[position] = f(result.data[position]!, value);
  });
  return keepDims ? result : { ...result, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

function reshape(x: Tensor, shape: OpAttributes['reshape']['shape']): Tensor {
  const known = shape.reduce<number>((product, size) => product * (size ?? 1), 1);
  return { ...x, shape: shape.map((size) => size ?? x.data.length / known) };
}

function matMul(a: Tensor, b: Tensor, { transposeA, transposeB }: OpAttributes['matMul']): Tensor {
  const leading = a.shape.slice(0, -2);
  const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
  const product = build('float32', [...leading, m, n], () => 0);
  for (let outer = 0; outer < sizeOf(leading); outer++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let t = 0; t < k; t++) {
          const left = a.data[outer * m * k + (transposeA ? t * m + i : i * k + t)]!;
          sum += left * b.data[outer * k * n + (transposeB ? j * k + t : t * n + j)]!;
        }
        product.data[outer * m * n + i * n + j] = sum;
      }
    }
  }
  return product;
}

/** The first of equal values wins. */
function argMax(x: Tensor, axis: number): Tensor {
  const shape = x.shape.filter((_, i) => i !== axis);
  return build('int32', shape, (index) => {
    const value = (i: number): number => at(x, [...index.slice(0, axis), i, ...index.slice(axis)]);
    let best = 0;
    for (let i = 1; i < x.shape[axis]!; i++) if (value(i) > value(best)) best = i;
    return best;
  });
}

function concat(inputs: readonly Tensor[], axis: number): Tensor {
  const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  return build(inputs[0]!.dtype, inputs[0]!.shape.with(axis, total), (index) => {
    let position = index[axis]!;
    for (const input of inputs) {
      if (position < input.shape[axis]!) return at(input, index.with(axis, position));
      position -= input.shape[axis]!;
    }
    throw new Error('Beyond the last input.');
  });
}

function scan(attributes: OpAttributes['scan'], inputs: Tensor[]): Tensor[] {
  const { body, reverse } = attributes;
  const { sequences, matrices, constants, ...parts } = scanParts(inputs, attributes);
  const length = sequences[0]!.shape[1]!;
  let carried = parts.carried;
  const made: Tensor[][] = Array.from({ length }, () => []);
  for (let i = 0; i < length; i++) {
    const step = reverse ? length - 1 - i : i;
    const elements = sequences.map((x) =>
      build(x.dtype, [x.shape[0]!, ...x.shape.slice(2)], ([row, ...rest]) => at(x, [row!, step, ...rest])),
    );
    const given = [...carried, ...elements, ...matrices, ...constants];
    const { outputs } = interpret(body, new Map(body.inputs.map(({ name }, j) => [name, given[j]!])));
    const results = body.outputs.map(({ name }) => outputs.get(name)!);
    carried = results.slice(0, attributes.carried);
    made[step] = results.slice(attributes.carried);
  }
  const stacked = made[0]!.map(({ dtype, shape }, j) =>
    build(dtype, [shape[0]!, length, ...shape.slice(1)], ([row, step, ...rest]) =>
      at(made[step!]![j]!, [row!, ...rest]),
    ),
  );
  return [...carried, ...stacked];
}

function adam(
  { beta1, beta2, epsilon }: OpAttributes['applyAdam'],
  [w, m, v, learningRate, beta1Power, beta2Power, g]: Tensor[],
): Tensor[] {
  const newM = zip(m!, g!, (a, b) => a + (b - a) * (1 - beta1));
  const newV = zip(v!, g!, (a, b) => a + (b * b - a) * (1 - beta2));
  const alpha = (learningRate!.data[0]! * Math.sqrt(1 - beta2Power!.data[0]!)) / (1 - beta1Power!.data[0]!);
  const change = zip(newM, newV, (a, b) => (alpha * a) / (Math.sqrt(b) + epsilon));
  return [zip(w!, change, (a, b) => a - b), newM, newV];
}

const kernels: { readonly [Name in OpName]: Kernel<Name> } = {
  constant: ({ dtype, shape, values }) =>
    tensorOf(dtype, shape, values.length === 1 ? new Array<number>(sizeOf(shape)).fill(values[0]!) : values),
  dimSize: ({ axis }, x) => tensorOf('float32', [], [x!.shape[axis]!]),
  rowIndices: (_, x) => build('int32', x!.shape.slice(0, 1), ([row]) => row!),
  randomUniform: ({ key }, like, step) =>
    tensorOf('float32', like!.shape, uniform(key, step!.data[0]!, like!.data.length)),
  negative: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sqrt: unary(Math.sqrt),
  square: unary((x) => x * x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  relu: unary((x) => Math.max(x, 0)),
  elu: unary((x) => (x < 0 ? Math.expm1(x) : x)),
  selu: unary((x) => SELU_SCALE * (x < 0 ? SELU_ALPHA * Math.expm1(x) : x)),
  sigmoid: unary(sigmoid),
  tanh: unary(Math.tanh),
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  erf: unary(erf),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  logicalNot: unary((x) => 1 - x),
  cast: ({ dtype }, x) => ({
    ...map(x!, (value) => (dtype === 'bool' ? truth(value !== 0) : dtype === 'int32' ? Math.trunc(value) : value)),
    dtype,
  }),
  stopGradient: unary((x) => x),
  add: binary((a, b) => a + b),
  subtract: binary((a, b) => a - b),
  multiply: binary((a, b) => a * b),
  divide: binary((a, b) => a / b),
  power: binary(Math.pow),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: comparison((a, b) => a === b),
  greater: comparison((a, b) => a > b),
  greaterEqual: comparison((a, b) => a >= b),
  less: comparison((a, b) => a < b),
  lessEqual: comparison((a, b) => a <= b),
  logicalAnd: binary((a, b) => a * b),
  logicalOr: binary(Math.max),
  select: (_, condition, whenTrue, whenFalse) => select(condition!, whenTrue!, whenFalse!),
  reluGradient: binary((output, gradient) => (output > 0 ? gradient : 0)),
  eluGradient: binary((output, gradient) => (output < 0 ? (output + 1) * gradient : gradient)),
  seluGradient: binary((output, gradient) => (output < 0 ? output + SELU_SCALE * SELU_ALPHA : SELU_SCALE) * gradient),
  sigmoidGradient: binary((output, gradient) => gradient * output * (1 - output)),
  tanhGradient: binary((output, gradient) => gradient * (1 - output * output)),
  matMul: (attributes, a, b) => matMul(a!, b!, attributes),
  reduceSum: (attributes, x) => reduce(x!, attributes, 0, (sum, value) => sum + value),
  reduceMax: (attributes, x) => reduce(x!, attributes, -Infinity, Math.max),
  reduceMin: (attributes, x) => reduce(x!, attributes, Infinity, Math.min),
  argMax: ({ axis }, x) => argMax(x!, axis),
  reshape: ({ shape }, x) => reshape(x!, shape),
  transpose: ({ permutation }, x) =>
    build(
      x!.dtype,
      permutation.map((axis) => x!.shape[axis]!),
      (index) =>
        at(
          x!,
          x!.shape.map((_, axis) => index[permutation.indexOf(axis)]!),
        ),
    ),
  broadcastLike: (_, x, like) => build(x!.dtype, like!.shape, (index) => at(x!, index)),
  slice: ({ starts, sizes }, x) =>
    build(
      x!.dtype,
      x!.shape.map((size, axis) => (sizes[axis] === -1 ? size - starts[axis]! : sizes[axis]!)),
      (index) =>
        at(
          x!,
          index.map((i, axis) => i + starts[axis]!),
        ),
    ),
  pad: ({ before, after, value }, x) =>
    build(
      x!.dtype,
      x!.shape.map((size, axis) => size + before[axis]! + after[axis]!),
      (index) => {
        const inside = index.map((i, axis) => i - before[axis]!);
        return inside.every((i, axis) => i >= 0 && i < x!.shape[axis]!) ? at(x!, inside) : value;
      },
    ),
  concat: ({ axis }, ...inputs) => concat(inputs, axis),
  split: ({ axis, sizes }, x) => {
    let start = 0;
    return sizes.map((size) => {
      const from = start;
      start += size;
      return build(x!.dtype, x!.shape.with(axis, size), (index) => at(x!, index.with(axis, index[axis]! + from)));
    });
  },
  reverse: ({ axis }, x) =>
    build(x!.dtype, x!.shape, (index) => at(x!, index.with(axis, x!.shape[axis]! - 1 - index[axis]!))),
  scan: (attributes, ...inputs) => scan(attributes, inputs),
  gather: ({ axis }, x, indices) => {
    const rank = indices!.shape.length;
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
    return build(x!.dtype, shape, (index) => {
      const row = at(indices!, index.slice(axis, axis + rank));
      return at(x!, [...index.slice(0, axis), row, ...index.slice(axis + rank)]);
    });
  },
  gatherGradient: (_, like, indices, gradient) => {
    const result = build('float32', like!.shape, () => 0);
    const rowSize = sizeOf(like!.shape.slice(1));
    indices!.data.forEach((row, i) => {
      for (let j = 0; j < rowSize; j++) result.data[row * rowSize + j]! += gradient!.data[i * rowSize + j]!;
    });
    return result;
  },
  oneHot: ({ depth }, indices) =>
    build('float32', [...indices!.shape, depth], (index) => truth(at(indices!, index.slice(0, -1)) === index.at(-1))),
  conv2d: (attributes, x, kernel) => neural.convolution(x!, kernel!, attributes),
  conv2dInputGradient: (attributes, kernel, gradient) => neural.inputGradient(kernel!, gradient!, attributes),
  conv2dKernelGradient: (attributes, x, like, gradient) => neural.kernelGradient(x!, like!, gradient!, attributes),
  conv3d: (attributes, x, kernel) => neural.convolution(x!, kernel!, attributes),
  conv3dInputGradient: (attributes, kernel, gradient) => neural.inputGradient(kernel!, gradient!, attributes),
  conv3dKernelGradient: (attributes, x, like, gradient) => neural.kernelGradient(x!, like!, gradient!, attributes),
  maxPool2d: (attributes, x) => neural.maxPool2d(x!, attributes),
  maxPool2dGradient: (attributes, x, _pooled, gradient) => neural.maxPool2dGradient(x!, gradient!, attributes),
  averagePool2d: (attributes, x) => neural.averagePool2d(x!, attributes),
  averagePool2dGradient: (attributes, like, gradient) => neural.averagePool2dGradient(like!, gradient!, attributes),
  batchNormalization: ({ epsilon }, x, gamma, beta) => batchNormalization(x!, gamma!, beta!, epsilon),
  batchNormalizationGradient: ({ epsilon }, x, gamma, mean, variance, gradient) =>
    batchNormalizationGradient(x!, gamma!, { mean: mean!, variance: variance! }, gradient!, epsilon),
  softmax: (_, x) => map(neural.logSoftmax(x!), Math.exp),
  logSoftmax: (_, x) => neural.logSoftmax(x!),
  softmaxCrossEntropy: (_, logits, labels) => neural.softmaxCrossEntropy(logits!, labels!),
  sparseSoftmaxCrossEntropy: (_, logits, labels) => {
    const oneHot = build('float32', logits!.shape, ([row, column]) => truth(at(labels!, [row!]) === column));
    return neural.softmaxCrossEntropy(logits!, oneHot);
  },
  applyGradientDescent: (_, w, learningRate, g) => zip(w!, g!, (a, b) => a - learningRate!.data[0]! * b),
  applyMomentum: ({ nesterov }, w, velocity, learningRate, momentum, g) => {
    const mu = momentum!.data[0]!;
    const change = map(g!, (value) => -learningRate!.data[0]! * value);
    const newVelocity = zip(velocity!, change, (v, d) => mu * v + d);
    const step = nesterov ? zip(newVelocity, change, (v, d) => mu * v + d) : newVelocity;
    return [zip(w!, step, (a, b) => a + b), newVelocity];
  },
  applyAdam: (attributes, ...inputs) => adam(attributes, inputs),
};

/** Values of a program's outputs and updated state, by name. */
export interface Interpretation {
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly state: ReadonlyMap<string, Tensor>;
}

/** Runs a program once. @param feeds Inputs and state by name. */
export function interpret(program: Program, feeds: ReadonlyMap<string, Tensor>): Interpretation {
  const values = new Map<number, Tensor>();
  for (const { name, value } of [...program.inputs, ...program.state]) {
    const fed = feeds.get(name);
    if (fed === undefined) throw new Error(`'${name}' is not fed.`);
    values.set(value, fed);
  }
  for (const operation of program.operations) {
    const results = interpretOperation(
      operation,
      operation.inputs.map((input) => values.get(input)!),
    );
    operation.outputs.forEach((output, index) => values.set(output, results[index]!));
  }
  return {
    outputs: new Map(program.outputs.map(({ name, value }) => [name, values.get(value)!])),
    state: new Map(program.state.map(({ name, value, update }) => [name, values.get(update ?? value)!])),
  };
}

/** Runs one operation. */
export function interpretOperation(
  operation: Pick<Operation, 'op' | 'attributes'>,
  inputs: readonly Tensor[],
): Tensor[] {
  const kernel = kernels[operation.op] as (attributes: unknown, ...inputs: Tensor[]) => Tensor | Tensor[];
  const result = kernel(operation.attributes, ...inputs);
  return Array.isArray(result) ? result : [result];
}
