import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elementCount } from '../../src-shared/program/language/shape.ts';

/** Builds graph models of TensorFlow.js: a GraphDef in JSON, and its constants in one shard. */

export interface GraphConstantValue {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

export interface TestNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, object>>;
}

export interface TestGraph {
  readonly nodes: readonly TestNode[];
  readonly constants: Readonly<Record<string, GraphConstantValue>>;
  /** Names of nodes by the name of the output. */
  readonly outputs: Readonly<Record<string, string>>;
}

export const s = (text: string): object => ({ s: Buffer.from(text).toString('base64') });
export const i = (value: number): object => ({ i: String(value) });
export const b = (value: boolean): object => ({ b: value });
export const f = (value: number): object => ({ f: value });
export const ints = (...values: number[]): object => ({ list: { i: values.map(String) } });
export const texts = (...values: string[]): object => ({
  list: { s: values.map((text) => s(text)).map((entry) => (entry as { s: string }).s) },
});
export const type = (name: string): object => ({ type: name });

export function placeholder(name: string, shape: readonly number[], dtype = 'DT_FLOAT'): TestNode {
  const dim = shape.map((size) => ({ size: String(size) }));
  return { name, op: 'Placeholder', attr: { dtype: type(dtype), shape: { shape: { dim } } } };
}

/** Writes `model.json` and its shard. @returns The path of the JSON. */
export function writeGraph(folder: string, { nodes, constants, outputs }: TestGraph): string {
  mkdirSync(folder, { recursive: true });
  const entries = Object.entries(constants);
  const shard = Buffer.concat(
    entries.map(([, { values, dtype }]) => {
      const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
      return Buffer.from(typed.buffer);
    }),
  );
  const node = [
    ...entries.map(([name, { dtype }]) => {
      return { name, op: 'Const', attr: { dtype: type(dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT') } };
    }),
    ...nodes,
  ];
  const weights = entries.map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const inputs = nodes.filter(({ op }) => op === 'Placeholder').map(({ name }) => [name, { name: `${name}:0` }]);
  const model = {
    format: 'graph-model',
    signature: {
      inputs: Object.fromEntries(inputs),
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, { name: tensor }])),
    },
    modelTopology: { node, versions: {} },
    weightsManifest: [{ paths: ['shard.bin'], weights }],
  };
  writeFileSync(join(folder, 'shard.bin'), shard);
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(model));
  return path;
}

const constant = (...shape: number[]): GraphConstantValue => ({
  shape,
  dtype: 'float32',
  values: Array.from({ length: elementCount(shape) }, (_, index) => 0.5 + 0.4 * Math.sin(index + shape.length)),
});
const integers = (...values: number[]): GraphConstantValue => ({ shape: [values.length], dtype: 'int32', values });
const node = (name: string, op: string, input: readonly string[], attr: TestNode['attr'] = {}): TestNode => {
  return { name, op, input, attr };
};

/** Two numbers become an image of one pixel, which is convolved, normalized and averaged; then two classes. */
export function imagesOfNumbers(folder: string): string {
  const one = ints(1, 1, 1, 1);
  const image = { strides: one, dilations: one, padding: s('SAME'), data_format: s('NHWC') };
  const product = { transpose_a: b(false), transpose_b: b(false) };
  return writeGraph(folder, {
    nodes: [
      placeholder('x', [-1, 2]),
      node('net/image/Reshape', 'Reshape', ['x', 'size']),
      node('net/conv/Conv2D', 'Conv2D', ['net/image/Reshape', 'kernel'], image),
      node('net/conv/BiasAdd', 'BiasAdd', ['net/conv/Conv2D', 'bias']),
      node('net/bn/FusedBatchNormV3', 'FusedBatchNormV3', ['net/conv/BiasAdd', 'gamma', 'beta', 'mean', 'variance'], {
        is_training: b(false),
        epsilon: f(0.001),
        data_format: s('NHWC'),
      }),
      node('net/bn/Relu6', 'Relu6', ['net/bn/FusedBatchNormV3']),
      node('net/pool/Mean', 'Mean', ['net/bn/Relu6', 'axes'], { keep_dims: b(false) }),
      node('net/classes/MatMul', 'MatMul', ['net/pool/Mean', 'weights'], product),
      node('net/classes/Softmax', 'Softmax', ['net/classes/MatMul']),
    ],
    constants: {
      size: integers(-1, 1, 1, 2),
      axes: integers(1, 2),
      kernel: constant(1, 1, 2, 6),
      bias: constant(6),
      gamma: constant(6),
      beta: constant(6),
      mean: constant(6),
      variance: constant(6),
      weights: constant(6, 2),
    },
    outputs: { y: 'net/classes/Softmax' },
  });
}
