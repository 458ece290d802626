import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { importModelFile } from '../../src-main/core/projects/model-files.ts';
import type { InterchangeCalls } from '../../src-main/interchange/calls.ts';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { memoryLimitEnvironment } from '../../src-main/processes/memory-limit.ts';
import { ProgramCalls } from '../../src-main/processes/program-calls.ts';
import { overStallLimit, stallLimitEnvironment } from '../../src-main/processes/stall-limit.ts';
import { programPath } from '../../src-main/programs.ts';
import { Dice } from '../support/dice.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/model-files');
const context = { signal: new AbortController().signal, onProgress: () => {} };

const unpacked = (name: string): Buffer => {
  const folder = name.endsWith('.onnx') ? '../onnx-files' : '.';
  return gunzipSync(readFileSync(join(FIXTURES, folder, `${name}.gz`)));
};

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
  ['dense.keras3.keras', 'm.keras'],
  ['dense.keras3.h5', 'm.h5'],
  ['cnn.opset17.onnx', 'm.onnx'],
])('%s: cut anywhere, it is refused', async (name, as) => {
  const whole = unpacked(name);
  const folder = temporaryFolder();
  const path = join(folder, as);
  for (const part of [0, 1, 100, whole.length / 3, whole.length / 2, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, Math.floor(part)));
    await expect(importModelFile(path, join(folder, 'artifacts'), null)).rejects.toMatchObject({
      code: expect.stringMatching(/^model-file\/(damaged|unknown)$/) as string,
    });
  }
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

describe.each(['nested.keras2.h5', 'recurrent.keras3.keras', 'words.keras3.h5', 'inverted.dynamo.onnx'])(
  'mutants of %s',
  (name) => {
    test('open, or are refused with an error of their own; the process uses at most 2 GB', async () => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'artifacts'));
      const whole = unpacked(name);
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
          const code = await calls.call('importModel', { path, artifacts: join(folder, 'artifacts'), onto: null }).then(
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
  },
);
