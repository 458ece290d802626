import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { readArtifact } from '../../src-main/runs/artifacts.ts';
import { Dice } from '../support/dice.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const context = { signal: new AbortController().signal, onProgress: () => {} };
const KERNEL = [4, 3];
const dice = new Dice(1, 'tfjs weights');
const kernel = Float32Array.from({ length: 12 }, () => Math.fround(dice.unit() - 0.5));
const bias = Float32Array.from({ length: 3 }, () => Math.fround(dice.unit() - 0.5));

const topology = {
  class_name: 'Sequential',
  config: {
    name: 'small',
    layers: [
      {
        class_name: 'InputLayer',
        config: { batch_input_shape: [null, 4], dtype: 'float32', sparse: false, name: 'x' },
      },
      { class_name: 'Dense', config: { units: 3, activation: 'linear', use_bias: true, name: 'd', trainable: true } },
    ],
  },
  keras_version: 'tfjs-layers 4.22.0',
  backend: 'tensor_flow.js',
};

const bytesOf = ({
  buffer,
  byteOffset,
  byteLength,
}: Float32Array | Uint8Array | Uint16Array | Float16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

let folder = '';
beforeAll(() => {
  folder = temporaryFolder();
});

interface Entry {
  name?: string;
  shape?: readonly number[];
  dtype?: string;
  quantization?: object;
}

/** Writes a model with its weights in shards of these lengths. */
function write(
  name: string,
  data: Uint8Array,
  cuts: readonly number[],
  entries: readonly [Entry, Entry] = [{}, {}],
): string {
  const place = join(folder, name);
  mkdirSync(place);
  const ends = [...cuts, data.length];
  const paths = ends.map((end, index) => {
    const path = `group1-shard${index + 1}of${ends.length}.bin`;
    writeFileSync(join(place, path), data.subarray(ends[index - 1] ?? 0, end));
    return path;
  });
  const weights = [
    { name: 'd/kernel', shape: KERNEL, dtype: 'float32', ...entries[0] },
    { name: 'd/bias', shape: [3], dtype: 'float32', ...entries[1] },
  ];
  const model = { modelTopology: topology, weightsManifest: [{ paths, weights }] };
  writeFileSync(join(place, 'model.json'), JSON.stringify(model));
  return join(place, 'model.json');
}

const plain = new Uint8Array([...bytesOf(kernel), ...bytesOf(bias)]);

async function weightsOf(path: string): Promise<Record<string, number[]>> {
  const artifacts = join(folder, 'artifacts');
  const { document, report } = await importModel({ path, artifacts, onto: null }, context);
  expect(report).toMatchObject({ format: 'tfjs-layers', parameters: 15, fileParameters: 15 });
  const { tensors } = await readArtifact(artifacts, document.weights!.artifact);
  return Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]));
}

describe('shards', () => {
  test.each([
    ['one', []],
    ['cut between tensors', [48]],
    ['cut inside values', [5, 17, 50]],
    ['an empty one', [20, 20]],
  ])('%s', async (name, cuts) => {
    expect(await weightsOf(write(`shards ${name}`, plain, cuts))).toEqual({
      'd/kernel': [...kernel],
      'd/bias': [...bias],
    });
  });

  test('a missing one is named', async () => {
    const path = write('missing', plain, [20]);
    rmSync(join(folder, 'missing', 'group1-shard2of2.bin'));
    await expect(weightsOf(path)).rejects.toMatchObject({ code: 'model-file/missing-part' });
  });

  test.each([
    ['too short', plain.subarray(0, 58)],
    ['too long', new Uint8Array([...plain, 0])],
  ])('%s: refused', async (name, data) => {
    await expect(weightsOf(write(name, data, []))).rejects.toMatchObject({ code: 'model-file/damaged' });
  });

  test('outside the folder: refused', async () => {
    const path = write('outside', plain, []);
    writeFileSync(join(folder, 'secret.bin'), plain);
    const weights = [{ name: 'd/kernel', shape: KERNEL, dtype: 'float32' }];
    const manifest = [{ paths: ['../secret.bin'], weights }];
    writeFileSync(path, JSON.stringify({ modelTopology: topology, weightsManifest: manifest }));
    await expect(weightsOf(path)).rejects.toMatchObject({ code: 'model-file/damaged' });
  });
});

describe('quantized weights', () => {
  test.each(['uint8', 'uint16'] as const)('%s: stored · scale + min', async (dtype) => {
    const stored =
      dtype === 'uint8' ? Uint8Array.from(kernel.keys()) : Uint16Array.from(kernel.keys(), (i) => i * 5000);
    const [scale, min] = [0.125, -1.5];
    const data = new Uint8Array([...bytesOf(stored), ...bytesOf(bias)]);
    const path = write(dtype, data, [3], [{ quantization: { dtype, min, scale, original_dtype: 'float32' } }, {}]);
    expect(await weightsOf(path)).toEqual({
      'd/kernel': Array.from(stored, (value) => Math.fround(value * scale + min)),
      'd/bias': [...bias],
    });
  });

  test('float16', async () => {
    const half = Float16Array.from(kernel);
    const path = write(
      'half',
      new Uint8Array([...bytesOf(half), ...bytesOf(bias)]),
      [7],
      [{ quantization: { dtype: 'float16' } }, {}],
    );
    expect((await weightsOf(path))['d/kernel']).toEqual([...half]);
  });
});

test.each([
  ['an absurd shape', { shape: [1e9, 1e9] }, 'model-file/damaged'],
  ['a weight of another shape', { shape: [3, 4] }, 'keras/weights-mismatch'],
  ['a type that is not a number', { dtype: 'string' }, 'model-file/unsupported'],
])('%s: refused', async (name, change, code) => {
  const path = write(name, plain, [], [change, {}]);
  await expect(weightsOf(path)).rejects.toMatchObject({ code });
});
