import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { importModelFile } from '../../src-main/core/projects/model-files.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { InterchangeCalls } from '../../src-main/interchange/calls.ts';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { memoryLimitEnvironment } from '../../src-main/processes/memory-limit.ts';
import { ProgramCalls } from '../../src-main/processes/program-calls.ts';
import { overStallLimit, stallLimitEnvironment } from '../../src-main/processes/stall-limit.ts';
import { programPath } from '../../src-main/programs.ts';
import { Dice } from '../support/dice.ts';
import { byPortion, seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/model-files');
const ONNX_FIXTURES = join(import.meta.dirname, '../fixtures/onnx-files');
const WEIGHT_FIXTURES = join(import.meta.dirname, '../fixtures/weight-files');
const context = { signal: new AbortController().signal, onProgress: () => {} };

const unpacked = (name: string, folder = FIXTURES): Buffer => gunzipSync(readFileSync(join(folder, `${name}.gz`)));

/** The layers that a file with weights only goes onto. */
async function layersOf(config: Buffer): Promise<ModelDocument> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), config);
  const params = { path: join(folder, 'config.json'), artifacts: join(folder, 'artifacts'), onto: null };
  return (await importModel(params, context)).document;
}

interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflated?: boolean;
  /** What the archive says in place of the truth. */
  readonly declared?: number;
  readonly crc?: number;
}

/** A zip archive with headers that may lie. */
function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, deflated = false, declared, crc } of entries) {
    const stored = deflated ? deflateRawSync(data) : Buffer.from(data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflated ? 8 : 0, 4);
    fields.writeUInt32LE(crc ?? crc32(data), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(declared ?? data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), stored]);
    const central = Buffer.alloc(46 - 26 - 4 - 2);
    central.writeUInt32LE(offset, central.length - 4);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, central, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  const size = Buffer.concat(directory).length;
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const config = Buffer.from(
  JSON.stringify({
    class_name: 'Sequential',
    config: {
      name: 'm',
      layers: [
        { module: 'keras.layers', class_name: 'InputLayer', config: { batch_shape: [null, 4], name: 'x' } },
        { module: 'keras.layers', class_name: 'Dense', config: { units: 2, name: 'd' } },
      ],
    },
  }),
);

async function refusal(bytes: Uint8Array, name = 'm.keras'): Promise<AppError> {
  const folder = temporaryFolder();
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const error = await importModel({ path, artifacts: join(folder, 'artifacts'), onto: null }, context).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('zip archives', () => {
  const weights = Buffer.alloc(300 * 2 ** 20);

  test.each([
    ['without a configuration', [{ name: 'metadata.json', data: Buffer.from('{}') }]],
    ['with a name that leads out of the folder', [{ name: '../config.json', data: config }]],
    ['with an absolute name', [{ name: '/config.json', data: config }]],
    [
      'with the same name twice',
      [
        { name: 'config.json', data: config },
        { name: 'config.json', data: config },
      ],
    ],
    ['with another checksum', [{ name: 'config.json', data: config, crc: 1 }]],
    ['with a larger size than declared', [{ name: 'config.json', data: config, deflated: true, declared: 10 }]],
    [
      'with weights that grow a thousandfold',
      [
        { name: 'config.json', data: config },
        { name: 'model.weights.h5', data: weights, deflated: true },
      ],
    ],
  ] satisfies [string, ZipEntry[]][])('%s: refused', async (_, entries) => {
    expect((await refusal(zipOf(entries))).code).toBe('model-file/damaged');
  });

  test('the archive that is damaged in these tests is whole otherwise', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'm.keras');
    writeFileSync(path, zipOf([{ name: 'config.json', data: config, deflated: true }]));
    const { report } = await importModel({ path, artifacts: join(folder, 'artifacts'), onto: null }, context);
    expect(report).toMatchObject({ format: 'keras', layers: 2, fileParameters: null });
  });
});

test.each([
  ['dense.keras3.keras', 'm.keras', FIXTURES, null],
  ['dense.keras3.h5', 'm.h5', FIXTURES, null],
  ['cnn.opset17.onnx', 'm.onnx', ONNX_FIXTURES, null],
  ['table.torch.safetensors', 'm.safetensors', WEIGHT_FIXTURES, 'table.config.json'],
  ['table.fortran.npz', 'm.npz', WEIGHT_FIXTURES, 'table.config.json'],
])('%s: cut anywhere, it is refused', async (name, as, fixtures, config) => {
  const whole = unpacked(name, fixtures);
  const onto = config === null ? null : await layersOf(unpacked(config, fixtures));
  const folder = temporaryFolder();
  const path = join(folder, as);
  const parts = [whole.length / 2, whole.length - 1, 0, 1, 100, whole.length / 3];
  for (const part of parts.slice(0, byPortion({ quick: 2, ci: 6, soak: 6 }))) {
    writeFileSync(path, whole.subarray(0, Math.floor(part)));
    await expect(importModelFile(path, join(folder, 'artifacts'), onto)).rejects.toMatchObject({
      code: expect.stringMatching(/^model-file\/(damaged|unknown)$/) as string,
    });
  }
});

describe('safetensors whose header lies: refused before memory is allocated', () => {
  const file = (header: unknown, data = 16): Buffer => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([length, json, Buffer.alloc(data)]);
  };
  const entry = (shape: number[], end: number, start = 0, dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [start, end],
  });

  test.each([
    ['a header longer than the file', Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(100)])],
    ['a header that is not JSON', file('{"a":')],
    ['a list', file('[]')],
    ['a shape larger than its bytes', file({ a: entry([2 ** 40, 2 ** 40], 16) })],
    ['bytes after the end of the file', file({ a: entry([2 ** 20], 2 ** 22) })],
    ['an end before the start', file({ a: entry([4], 0, 16) })],
    ['two tensors with the same bytes', file({ a: entry([4], 16), b: entry([4], 16) })],
    ['a negative size', file({ a: entry([-4], 16) })],
    ['bytes of no tensor', file({ a: entry([2], 8) })],
    ['JSON of great depth', file('['.repeat(100_000))],
  ])('%s', async (_, bytes) => {
    expect((await refusal(bytes, 'm.safetensors')).code).toBe('model-file/damaged');
  });
});

describe('NumPy arrays whose header lies: refused before memory is allocated', () => {
  const npy = (header: string, data = 16): Buffer => {
    const start = Buffer.from('\u0093NUMPY\u0001\u0000\u0000\u0000', 'latin1');
    start.writeUInt16LE(header.length, 8);
    return Buffer.concat([start, Buffer.from(header), Buffer.alloc(data)]);
  };
  const headerOf = (shape: string, type = '<f4'): string =>
    `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const large = npy(headerOf('78643200,'), 300 * 2 ** 20);
  const stored = (data: Buffer): Buffer => zipOf([{ name: 'a.npy', data }]);

  test.each([
    ['a shape larger than its bytes', stored(npy(headerOf('1099511627776, 1099511627776')))],
    ['Python objects, which a program would run', stored(npy(headerOf('4,', '|O')))],
    ['fields with names', stored(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }\n"))],
    ['a header without an end', stored(npy(headerOf('4,')).subarray(0, 40))],
    ['text', stored(Buffer.from('text of no array'))],
    ['an array that grows a thousandfold', zipOf([{ name: 'a.npy', data: large, deflated: true }])],
  ])('%s', async (_, bytes) => {
    const { code } = await refusal(bytes, 'm.npz');
    expect(code).toMatch(/^model-file\/(damaged|unsupported|weights-only)$/);
  });
});

test('other files with these names are refused', async () => {
  for (const name of ['m.keras', 'm.h5', 'm.json', 'm.onnx']) {
    expect((await refusal(Buffer.from('text'), name)).code).toBe('model-file/unknown');
  }
  expect((await refusal(Buffer.from('{"a": 1}'), 'm.json')).code).toBe('keras/not-a-model');
  expect((await refusal(Buffer.from('{"class_name": '), 'm.json')).code).toBe('model-file/damaged');
});

/** Bytes that are changed, or cut off at the end. */
function mutant(bytes: Buffer, dice: Dice): Buffer {
  if (dice.chance(20)) return bytes.subarray(0, dice.below(bytes.length));
  const changed = Buffer.from(bytes);
  // HDF5 has its structure at the beginning.
  const reach = dice.chance(50) ? Math.min(bytes.length, 4096) : bytes.length;
  for (let count = dice.from(1, 8); count > 0; count--) {
    changed[dice.below(reach)] = dice.chance(30) ? dice.from(0, 1) * 255 : dice.below(256);
  }
  return changed;
}

describe.each([
  ['nested.keras2.h5', FIXTURES, null],
  ['recurrent.keras3.keras', FIXTURES, null],
  ['words.keras3.h5', FIXTURES, null],
  ['inverted.dynamo.onnx', ONNX_FIXTURES, null],
  ['picture.torch.safetensors', WEIGHT_FIXTURES, 'picture.config.json'],
  ['steps.fortran.npz', WEIGHT_FIXTURES, 'steps.config.json'],
  ['steps.keras2.index', WEIGHT_FIXTURES, 'steps.config.json'],
])('mutants of %s', (name, fixtures, config) => {
  test('open, or are refused with an error of their own; the process uses at most 2 GB', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'artifacts'));
    const whole = unpacked(name, fixtures);
    const onto = config === null ? null : await layersOf(unpacked(config, fixtures));
    const shard = name.endsWith('.index') ? unpacked(name.replace(/index$/, 'data-00000-of-00001'), fixtures) : null;
    const seeds = seedsOf(`mutants of ${name}`, { quick: 34, ci: 100, soak: 700 });
    const start = (): ProgramCalls<InterchangeCalls> =>
      new ProgramCalls<InterchangeCalls>({
        path: programPath('interchange'),
        environment: () => ({ ...process.env, ...memoryLimitEnvironment(2e9), ...stallLimitEnvironment(5) }),
        idleMs: 60_000,
        ended: (exit) =>
          overStallLimit(exit) === null
            ? new AppError('test/ended', JSON.stringify(exit))
            : new AppError('model-file/damaged', 'HDF5 did not end.'),
      });
    let calls = start();
    try {
      for (const [index, seed] of seeds.entries()) {
        // HDF5 keeps memory of files that it could not open.
        if (index % 25 === 24) {
          await calls.close();
          calls = start();
        }
        const path = join(folder, `${seed}-${name}`);
        writeFileSync(path, mutant(whole, new Dice(seed, name)));
        if (shard !== null) writeFileSync(path.replace(/index$/, 'data-00000-of-00001'), shard);
        const code = await calls.call('importModel', { path, artifacts: join(folder, 'artifacts'), onto }).then(
          () => 'opened',
          (error: unknown) => AppError.from(error).code,
        );
        // A process that HDF5 ends is an error for the person, too; memory above the limit is none that may occur.
        expect(code, `seed ${seed}`).toMatch(/^(opened|model-file\/.+|keras\/.+|model\/invalid|document\/.+)$/);
      }
    } finally {
      await calls.close();
    }
  });
});
