import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { detectDataset } from '../../../src-main/data/formats/find-source.ts';
import { numpyFormat } from '../../../src-main/data/formats/numpy/numpy.ts';
import type { SourceContents } from '../../../src-main/data/tables/table.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { Dice } from '../../support/dice.ts';
import { seedsOf } from '../../support/portion.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { errorOf, hasSharedData, sharedData } from '../support.ts';

const folder = temporaryFolder();

/** A `.npy` file of version 1. */
function npy(type: string, shape: readonly number[], data: Uint8Array, order = 'False'): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${tuple}), }`.padEnd(117, ' ') + '\n';
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([start, Buffer.from(text), data]);
}

const bytesOf = (values: Float64Array | Float32Array | BigInt64Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer);

/** A zip archive of compressed entries. */
function npz(entries: Readonly<Record<string, Buffer>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [key, bytes] of Object.entries(entries)) {
    const name = Buffer.from(`${key}.npy`);
    const packed = deflateRawSync(bytes);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(name.length, 22);
    local.push(Buffer.from('PK\x03\x04', 'latin1'), facts, name, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, rest, name);
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(entries).length, 8);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

function write(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const read = (document: DatasetDocument): Promise<SourceContents> => {
  if (document.source.kind !== 'numpy') throw new Error(`Expected NumPy arrays; received ${document.source.kind}.`);
  return numpyFormat.read(document.source, { columns: document.columns, badNumber: 'missing' });
};

const digits = (count: number): Buffer =>
  npy(
    '|u1',
    [count, 2, 2],
    Uint8Array.from({ length: 4 * count }, (_, i) => i),
  );
const labels = (count: number): Buffer =>
  npy('<i4', [count], bytesOf(Int32Array.from({ length: count }, (_, i) => i % 3)));

describe('NumPy arrays', () => {
  test('Keras archives give images, classes and splits', async () => {
    const path = write(
      'mnist.npz',
      npz({ x_train: digits(12), y_train: labels(12), x_test: digits(6), y_test: labels(6) }),
    );
    const document = await detectDataset(path);
    expect(document.columns.map(({ name, role, type }) => [name, role, type])).toEqual([
      ['image', 'feature', 'image'],
      ['y', 'target', 'categorical'],
    ]);
    expect(document.split).toMatchObject({ train: 0.9, validation: 0.1, test: 0, stratify: true });
    const { rows, given, columns, places } = await read(document);
    expect(rows).toBe(18);
    expect(Array.from(given!)).toEqual([...new Array<number>(12).fill(0), ...new Array<number>(6).fill(2)]);
    expect(columns[0]).toMatchObject({ kind: 'image', shape: [2, 2, 1] });
    expect(columns[1]).toMatchObject({ categories: ['0', '1', '2'] });
    expect(places).toMatchObject({ kind: 'numbered', parts: [{ rows: 12 }, { rows: 6 }] });
  });

  test('a table of rank 2 in Fortran order and big-endian numbers keep their values', async () => {
    const stored = Buffer.alloc(48);
    [1, 2, 3, 10, 20, 30].forEach((value, at) => stored.writeDoubleBE(value, at * 8));
    const document = await detectDataset(write('table.npy', npy('>f8', [3, 2], stored, 'True')));
    const { columns } = await read(document);
    expect(columns.map((column) => column.kind === 'numeric' && [column.name, ...column.values])).toEqual([
      ['x0', 1, 2, 3],
      ['x1', 10, 20, 30],
    ]);
  });

  test('whole numbers beyond 2^53 are reported', async () => {
    const values = bytesOf(BigInt64Array.from([1n, 2n ** 53n + 1n, -(2n ** 60n)]));
    const { columns } = await read(await detectDataset(write('large.npy', npy('<i8', [3], values))));
    // 2^60 is a double.
    expect(columns[0]).toMatchObject({ warning: expect.stringContaining('1 whole number is beyond 2^53') as string });
  });

  test('texts are classes, and a one-hot target is one column of classes', async () => {
    const x = npy('<f4', [4, 1], bytesOf(Float32Array.from([0.5, 1, 2, 3])));
    const texts = Buffer.from('yes\0no\0\0yes\0no\0\0', 'latin1');
    const named = await detectDataset(write('texts.npz', npz({ x, y: npy('|S4', [4], texts) })));
    expect((await read(named)).columns[1]).toMatchObject({ categories: ['yes', 'no'] });
    const hot = npy('|u1', [4, 2], Uint8Array.from([1, 0, 0, 1, 0, 1, 1, 0]));
    const classes = await detectDataset(write('hot.npz', npz({ x, y: hot })));
    expect((await read(classes)).columns[1]).toMatchObject({ name: 'y', categories: ['0', '1'] });
  });

  test('arrays that are not used are reported, unclear ones are refused', async () => {
    const used = await detectDataset(write('more.npz', npz({ x: digits(6), y: labels(6), mean: labels(1) })));
    expect((await read(used)).header).toEqual(['image', 'y', 'mean']);
    const unclear = write('unclear.npz', npz({ a: labels(3), b: labels(4), c: labels(3) }));
    expect((await errorOf(detectDataset(unclear))).code).toBe('dataset/unclear-arrays');
    const other = write('other.npz', npz({ x: digits(6), y: labels(5) }));
    expect((await errorOf(detectDataset(other))).message).toMatch(/as many rows as 'x' of other\.npz, which has 6/);
  });

  test('pickled objects, truncated and inflated files are refused with the array', async () => {
    const objects = write('objects.npy', npy('|O', [2], Buffer.from('cos\nsystem\n.')));
    expect((await errorOf(detectDataset(objects))).message).toMatch(/Python objects.*can run code/);
    const whole = labels(6);
    const truncated = write('short.npy', whole.subarray(0, whole.length - 3));
    expect((await errorOf(detectDataset(truncated))).message).toMatch(/needs 24 bytes; it has 21/);
    const absurd = write('absurd.npy', npy('<f8', [2 ** 31, 2 ** 31], Buffer.alloc(8)));
    expect((await errorOf(detectDataset(absurd))).code).toBe('dataset/damaged-numpy');
    const archive = npz({ x: npy('<f8', [1], Buffer.alloc(8)) });
    // The size before compression, in the directory at the end.
    archive.writeUInt32LE(2 ** 29, archive.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    const bomb = write('bomb.npz', archive);
    expect((await errorOf(detectDataset(bomb))).message).toMatch(/'x\.npy'.*grows from/);
  });

  test('ends when it is aborted', async () => {
    const path = write('mnist-abort.npz', npz({ x: digits(6), y: labels(6) }));
    const controller = new AbortController();
    const reading = detectDataset(path, undefined, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(reading).rejects.toThrow(/abort/i);
  });

  test('damaged files end in an error that names the file, or are read', async () => {
    const whole = npz({ x_train: digits(12), y_train: labels(12), x_test: digits(6), y_test: labels(6) });
    const single = labels(40);
    for (const seed of seedsOf('NumPy mutants', { quick: 100, ci: 200, soak: 2000 })) {
      const dice = new Dice(seed, 'NumPy mutants');
      const isArchive = seed % 2 === 0;
      const mutant = Buffer.from(isArchive ? whole : single);
      for (let n = 1 + dice.below(4); n > 0; n--) mutant[dice.below(mutant.length)] = dice.below(256);
      const cut = dice.below(4) === 0 ? mutant.subarray(0, dice.below(mutant.length)) : mutant;
      const path = write(isArchive ? 'mutant.npz' : 'mutant.npy', cut);
      const outcome = await numpyFormat.detect(path, {}).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome, `seed ${seed}`).toBeInstanceOf(AppError);
        expect(outcome.message, `seed ${seed}`).toContain('mutant.np');
      }
    }
  });

  describe.skipIf(!hasSharedData)('real files', () => {
    const names = ['x_train', 'y_train', 'x_test', 'y_test'];

    test('four archives of one array are one source, whichever is chosen', async () => {
      const source = join(folder, 'auto-mpg');
      mkdirSync(source);
      for (const name of names)
        copyFileSync(join(sharedData, 'formats/npz', `${name}.npz`), join(source, `${name}.npz`));
      const document = await detectDataset(join(source, 'y_test.npz'));
      expect(document.source).toEqual({ kind: 'numpy', path: source });
      expect(document.columns).toHaveLength(10);
      expect(document.columns.at(-1)).toMatchObject({ name: 'y', role: 'target', type: 'numeric' });
      const { rows, given, columns } = await read(document);
      expect(rows).toBe(364);
      expect(given!.filter((split) => split === 2)).toHaveLength(50);
      // As NumPy prints x_train[0] and y_train[:2].
      expect(columns.slice(0, 9).map((column) => column.kind === 'numeric' && column.values[0])).toEqual([
        ...[4, 90, 75, 2125, 14.5, 74, 0, 0, 1],
      ]);
      const y = columns.at(-1)!;
      expect(y.kind === 'numeric' && Array.from(y.values.slice(0, 2))).toEqual([28, 22.299999237060547]);
    });
  });
});
