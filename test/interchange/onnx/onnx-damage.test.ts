import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Message } from '../../../src-main/engines/interface/protobuf-writer.ts';
import { onnxModelMessage } from '../../../src-main/engines/onnx/model/onnx-model.ts';
import type { OnnxGraph, OnnxNode } from '../../../src-main/engines/onnx/model/onnx-model.ts';
import { importModel } from '../../../src-main/interchange/import-model.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const context = { signal: new AbortController().signal, onProgress: () => {} };
const floats = (count: number): Uint8Array => new Uint8Array(new Float32Array(count).fill(0.5).buffer);

const node = (opType: string, inputs: readonly string[], outputs: readonly string[]): OnnxNode => {
  return { name: `${opType} of ${outputs.join()}`, opType, inputs, outputs, attributes: {} };
};

function graph(nodes: readonly OnnxNode[], change: Partial<OnnxGraph> = {}): OnnxGraph {
  return {
    name: 'g',
    nodes,
    initializers: [{ name: 'w', type: 'float32', shape: [4, 3], bytes: floats(12) }],
    inputs: [{ name: 'x', type: 'float32', shape: ['n', 4] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
    ...change,
  };
}

const product = node('MatMul', ['x', 'w'], ['y']);

async function outcome(
  bytes: Uint8Array,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<AppError | 'opened'> {
  const folder = temporaryFolder();
  const path = join(folder, 'm.onnx');
  writeFileSync(path, bytes);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return importModel({ path, artifacts: join(folder, 'artifacts'), onto: null }, context).then(
    () => 'opened',
    (error: unknown) => AppError.from(error),
  );
}

const codeOf = async (given: OnnxGraph): Promise<string> => {
  const result = await outcome(onnxModelMessage(given).toBytes());
  return result === 'opened' ? result : result.code;
};

test('the graph that is damaged in these tests opens otherwise', async () => {
  expect(await codeOf(graph([product]))).toBe('opened');
});

test.each([
  ['a cycle', graph([node('Add', ['x', 'y'], ['a']), node('Relu', ['a'], ['y'])])],
  ['a value without a source', graph([node('MatMul', ['missing', 'w'], ['y'])])],
  ['an output without a source', graph([node('MatMul', ['x', 'w'], ['z'])])],
  ['a graph without outputs', graph([product], { outputs: [] })],
  [
    'weights with fewer bytes than their shape',
    graph([product], { initializers: [{ name: 'w', type: 'float32', shape: [4, 4], bytes: floats(12) }] }),
  ],
  [
    'an absurd shape',
    graph([product], { initializers: [{ name: 'w', type: 'float32', shape: [1e9, 1e9], bytes: floats(12) }] }),
  ],
])('%s: damaged', async (_, given) => {
  expect(await codeOf(given)).toBe('model-file/damaged');
});

const constantOfShape = graph([node('ConstantOfShape', ['shape'], ['a']), node('Add', ['x', 'a'], ['y'])], {
  initializers: [
    { name: 'shape', type: 'int64', shape: [2], bytes: new Uint8Array(BigInt64Array.of(1n, 10n ** 12n).buffer) },
  ],
});

test.each([
  ['a constant of 10^12 values', constantOfShape],
  ['an open size', graph([product], { inputs: [{ name: 'x', type: 'float32', shape: ['n', 'features'] }] })],
  ['weights of another size', graph([product], { inputs: [{ name: 'x', type: 'float32', shape: ['n', 5] }] })],
  ['an input of conditions', graph([product], { inputs: [{ name: 'x', type: 'bool', shape: ['n', 4] }] })],
  ['an output that is a constant', graph([node('Identity', ['w'], ['y'])])],
  ['examples that are joined', graph([node('Transpose', ['x'], ['t']), node('MatMul', ['t', 'w'], ['y'])])],
])('%s: refused', async (_, given) => {
  expect(await codeOf(given)).toBe('model-file/refused');
});

test('all operations that are not layers are named in one error, with their number', async () => {
  const nodes = [
    node('Unique', ['x'], ['a']),
    node('Unique', ['a'], ['b']),
    node('NonZero', ['b'], ['c']),
    node('MatMul', ['c', 'w'], ['y']),
  ];
  const error = (await outcome(onnxModelMessage(graph(nodes)).toBytes())) as AppError;
  expect(error.code).toBe('model-file/refused');
  expect(error.details['losses']).toEqual([
    expect.objectContaining({
      code: 'onnx/operations',
      message: expect.stringMatching(/2 × Unique \('Unique of a', 'Unique of b'\), 1 × NonZero/) as string,
    }),
  ]);
});

describe('weights in another file', () => {
  /** The graph with the weights at this place. */
  function external(entries: Readonly<Record<string, string>>): Uint8Array {
    const tensor = new Message().packedVarints(1, [4, 3]).varint(2, 1).string(8, 'w');
    for (const [key, value] of Object.entries(entries))
      tensor.message(13, new Message().string(1, key).string(2, value));
    tensor.varint(14, 1);
    const shape = (sizes: readonly (string | number)[]): Message => {
      const message = new Message();
      for (const size of sizes) {
        message.message(1, typeof size === 'number' ? new Message().varint(1, size) : new Message().string(2, size));
      }
      return message;
    };
    const info = (name: string, sizes: readonly (string | number)[]): Message =>
      new Message()
        .string(1, name)
        .message(2, new Message().message(1, new Message().varint(1, 1).message(2, shape(sizes))));
    const content = new Message()
      .message(1, new Message().string(1, 'x').string(1, 'w').string(2, 'y').string(4, 'MatMul'))
      .message(5, tensor)
      .message(11, info('x', ['n', 4]))
      .message(12, info('y', ['n', 3]));
    return new Message().varint(1, 8).message(7, content).message(8, new Message().varint(2, 17)).toBytes();
  }

  const w = { 'w.bin': new Uint8Array([0, 0, 0, 0, ...floats(12)]) };

  test('with offset and length: opened', async () => {
    expect(await outcome(external({ location: 'w.bin', offset: '4', length: '48' }), w)).toBe('opened');
  });

  test.each([
    ['missing', { location: 'v.bin' }, 'model-file/missing-part'],
    ['too short', { location: 'w.bin', offset: '8' }, 'model-file/damaged'],
    ['of another length', { location: 'w.bin', offset: '4', length: '44' }, 'model-file/damaged'],
    ['at a negative offset', { location: 'w.bin', offset: '-4' }, 'model-file/damaged'],
    ['at an offset that is not a number', { location: 'w.bin', offset: 'four' }, 'model-file/damaged'],
    ['without a location', {}, 'model-file/damaged'],
    ['in a folder above', { location: '../w.bin' }, 'model-file/damaged'],
    ['at an absolute path', { location: '/etc/hostname' }, 'model-file/damaged'],
  ])('%s: refused', async (_, entries, code) => {
    expect(await outcome(external(entries), w)).toMatchObject({ code });
  });

  test('behind a link out of the folder: refused', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'secret.bin'), floats(12));
    symlinkSync(join(folder, 'secret.bin'), join(folder, 'model', 'w.bin'));
    const path = join(folder, 'model', 'm.onnx');
    writeFileSync(path, external({ location: 'w.bin' }));
    const artifacts = join(folder, 'artifacts');
    await expect(importModel({ path, artifacts, onto: null }, context)).rejects.toMatchObject({
      code: 'model-file/damaged',
    });
  });
});

test('a file of empty operations is refused before it fills the memory', async () => {
  const nodes = Buffer.alloc(2 * 200_000);
  for (let at = 0; at < nodes.length; at += 2) nodes[at] = 0x0a;
  const bytes = new Message().varint(1, 8).bytes(7, nodes).message(8, new Message().varint(2, 17)).toBytes();
  expect(await outcome(bytes)).toMatchObject({ code: 'model-file/damaged' });
});
