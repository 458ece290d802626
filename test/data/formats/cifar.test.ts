import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cifarFormat } from '../../../src-main/data/formats/cifar/cifar.ts';
import { readCifarFolder } from '../../../src-main/data/formats/cifar/cifar-folder.ts';
import { detectDataset } from '../../../src-main/data/formats/find-source.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { Dice } from '../../support/dice.ts';
import { seedsOf } from '../../support/portion.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { errorOf, hasSharedData, sharedData } from '../support.ts';

const folder = temporaryFolder();

/** Records whose values tell label, plane and pixel. */
function batch(labels: readonly number[][]): Buffer {
  return Buffer.concat(
    labels.map((own) =>
      Buffer.from([...own, ...Array.from({ length: 3072 }, (_, at) => (own.at(-1)! * 7 + at) % 251)]),
    ),
  );
}

function write(name: string, files: Readonly<Record<string, Buffer | string>>): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(path, file), bytes);
  return path;
}

describe('CIFAR batches', () => {
  test('CIFAR-10: batches in the order of their numbers, the test batch last, names of classes', async () => {
    const path = write('ten', {
      'data_batch_10.bin': batch([[2]]),
      'data_batch_2.bin': batch([[1], [0]]),
      'test_batch.bin': batch([[1]]),
      'batches.meta.txt': 'cat\r\ndog\r\nship\r\n\r\n',
    });
    const document = await detectDataset(join(path, 'test_batch.bin'));
    expect(document.source).toEqual({ kind: 'cifar', path });
    expect(document.columns.map(({ name, role, type }) => [name, role, type])).toEqual([
      ['image', 'feature', 'image'],
      ['label', 'target', 'categorical'],
    ]);
    const { columns, given } = await readCifarFolder(path);
    expect(columns[1]).toMatchObject({ categories: ['cat', 'dog', 'ship'], codes: Int32Array.from([1, 0, 2, 1]) });
    expect(Array.from(given!)).toEqual([0, 0, 0, 2]);
    const [image] = columns;
    if (image?.kind !== 'image') throw new Error('Expected images.');
    expect(image.shape).toEqual([32, 32, 3]);
    // Pixel 1 of the third image: red, green and blue.
    expect(Array.from(image.pixels.slice(2 * 3072 + 3, 2 * 3072 + 6))).toEqual(
      [1, 1025, 2049].map((at) => (14 + at) % 251),
    );
  });

  test('CIFAR-100: class and group of each image; the group is not used', async () => {
    const path = write('hundred', {
      'train.bin': batch([
        [1, 3],
        [0, 2],
      ]),
      'coarse_label_names.txt': 'fish\nfruit\n',
    });
    const document = await detectDataset(path);
    expect(document.columns.map(({ name, role }) => [name, role])).toEqual([
      ['image', 'feature'],
      ['label', 'target'],
      ['coarse_label', 'ignored'],
    ]);
    const { columns, given } = await readCifarFolder(path);
    expect(given).toBeNull();
    expect(columns[1]).toMatchObject({ categories: ['3', '2'] });
    expect(columns[2]).toMatchObject({ categories: ['fish', 'fruit'], codes: Int32Array.from([1, 0]) });
  });

  test('truncated batches and unknown classes are refused with file and byte', async () => {
    const short = write('short', { 'data_batch_1.bin': batch([[1], [0]]).subarray(0, 5000) });
    expect((await errorOf(detectDataset(short))).message).toMatch(
      /data_batch_1\.bin.*received 5000 bytes, at byte 3073/,
    );
    const other = write('other', { 'data_batch_1.bin': batch([[0], [7]]), 'batches.meta.txt': 'a\nb\n' });
    expect((await errorOf(detectDataset(other))).message).toMatch(/a class from 0 to 1; received 7, at byte 3073/);
    const only = write('only', { 'test_batch.bin': batch([[0]]) });
    expect((await errorOf(detectDataset(only))).code).toBe('dataset/missing-cifar-files');
  });

  test('ends when it is aborted', async () => {
    const path = write('aborted', { 'data_batch_1.bin': batch([[1]]), 'data_batch_2.bin': batch([[1]]) });
    const controller = new AbortController();
    const reading = readCifarFolder(path, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(reading).rejects.toThrow(/abort/i);
  });

  test('damaged files end in an error that names the file, or are read', async () => {
    const files = { 'data_batch_1.bin': batch([[1], [0]]), 'batches.meta.txt': Buffer.from('cat\ndog\nship\n') };
    for (const seed of seedsOf('CIFAR mutants', { quick: 100, ci: 200, soak: 2000 })) {
      const dice = new Dice(seed, 'CIFAR mutants');
      const mutants = {
        'data_batch_1.bin': Buffer.from(files['data_batch_1.bin']),
        'batches.meta.txt': Buffer.from(files['batches.meta.txt']),
      };
      const name = dice.below(2) === 0 ? 'data_batch_1.bin' : 'batches.meta.txt';
      mutants[name][dice.below(Math.min(40, mutants[name].length))] = dice.below(256);
      if (dice.below(4) === 0) mutants[name] = mutants[name].subarray(0, dice.below(mutants[name].length));
      const path = write('mutant', mutants);
      const outcome = await cifarFormat.detect(path, {}).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) continue;
      expect(outcome, `seed ${seed}`).toBeInstanceOf(AppError);
      expect(outcome.message, `seed ${seed}`).toMatch(/data_batch_1\.bin|batches\.meta\.txt/);
    }
  });

  test.skipIf(!hasSharedData)('4,000 real images', async () => {
    const path = join(folder, 'real');
    mkdirSync(path);
    for (const name of ['data_batch_1.bin', 'batches.meta.txt'])
      copyFileSync(join(sharedData, 'cifar10-4000', name), join(path, name));
    const { rows, columns } = await readCifarFolder(path);
    expect(rows).toBe(4000);
    const [image, label] = columns;
    if (image?.kind !== 'image' || label?.kind !== 'categorical') throw new Error('Expected images and classes.');
    expect(label.categories).toEqual('airplane automobile bird cat deer dog frog horse ship truck'.split(' '));
    expect(createHash('sha256').update(image.pixels).digest('hex')).toBe(
      'bac45b45504ed1289a3f437be4bfbefece248abbc094a428a0b4dfab00e776ae',
    );
    expect(Array.from(label.codes.slice(0, 8))).toEqual([6, 9, 9, 4, 1, 1, 2, 7]);
  });
});
