import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readIdx } from '../../src-main/data/formats/idx/idx-file.ts';
import { findIdxFiles, readIdxFolder } from '../../src-main/data/formats/idx/idx-folder.ts';
import { errorOf, idxBytes, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const images = idxBytes([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const labels = idxBytes([2], [7, 3]);

describe('readIdx', () => {
  const folder = temporaryFolder();

  test('reads bytes, plain or gzipped', async () => {
    for (const bytes of [images, gzipSync(images)]) {
      const array = await readIdx(writeText(folder, 'images', bytes));
      expect(array.shape).toEqual([2, 2, 2]);
      expect(array.data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    }
  });

  test.each([
    [0x09, Buffer.from([0xff, 2]), Int8Array.of(-1, 2)],
    [0x0b, Buffer.from([0xff, 0xfe, 1, 0]), Int16Array.of(-2, 256)],
    [0x0c, Buffer.from([0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff]), Int32Array.of(256, -1)],
    [0x0d, Buffer.from('3fc00000c0000000', 'hex'), Float32Array.of(1.5, -2)],
    [0x0e, Buffer.from('3ff8000000000000c000000000000000', 'hex'), Float64Array.of(1.5, -2)],
  ])('reads big-endian values of type 0x%s', async (type, values, expected) => {
    const bytes = Buffer.concat([idxBytes([2], [], type), values]);
    expect((await readIdx(writeText(folder, 'typed', bytes))).data).toEqual(expected);
  });

  test.each([
    ['a text file', Buffer.from('a,b\n1,2\n'), 'dataset/bad-magic-number', 0],
    ['an unknown type', idxBytes([1], [1], 0x07), 'dataset/bad-magic-number', 0],
    ['an empty file', Buffer.alloc(0), 'dataset/truncated-idx', 0],
    ['a truncated header', images.subarray(0, 9), 'dataset/truncated-idx', 9],
    ['truncated values', images.subarray(0, 20), 'dataset/truncated-idx', 20],
    ['surplus bytes', Buffer.concat([images, Buffer.of(0)]), 'dataset/oversized-idx', 24],
    ['surplus bytes in a gzip', gzipSync(Buffer.concat([images, Buffer.alloc(1e6)])), 'dataset/oversized-idx', 24],
    ['a short gzip', gzipSync(images.subarray(0, 20)), 'dataset/truncated-idx', 20],
    ['a gzip of something else', gzipSync(Buffer.alloc(1e6, 'a,b ')), 'dataset/bad-magic-number', 0],
    ['a truncated gzip', gzipSync(images).subarray(0, 20), 'dataset/damaged-gzip', 20],
  ])('rejects %s, with file and position', async (name, bytes, code, position) => {
    const path = writeText(folder, name.replaceAll(' ', '-'), bytes);
    const error = await errorOf(readIdx(path));
    expect(error).toMatchObject({ code, details: { path, position } });
  });

  test('unpacks no more of a gzip file than its header says', async () => {
    // 300 MB of zeros behind a header of 24 bytes.
    const path = writeText(folder, 'bomb.gz', gzipSync(Buffer.concat([images, Buffer.alloc(300e6)])));
    const before = process.memoryUsage.rss();
    expect(await errorOf(readIdx(path))).toMatchObject({ code: 'dataset/oversized-idx' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  test('reports a missing file and a remedy', async () => {
    const error = await errorOf(readIdx(`${folder}/nowhere`));
    expect(error).toMatchObject({ code: 'dataset/missing-file', details: { path: `${folder}/nowhere` } });
    expect(error.message.replaceAll(folder, 'FOLDER')).toMatchInlineSnapshot(
      `"Expected a file or folder at FOLDER/nowhere; it does not exist. Restore it, or choose the data again (on the Data page, or with --source)."`,
    );
  });
});

describe('IDX folders', () => {
  test.each([
    ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
    ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte', 't3k-images.idx3-ubyte', 't3k-labels.idx1-ubyte'],
    ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte', 'test-images-idx3-ubyte.gz', 'test-labels-idx1-ubyte.gz'],
  ])('finds %s, %s, %s, %s', async (...names) => {
    const folder = temporaryFolder();
    names.forEach((name, i) => {
      const bytes = i % 2 === 0 ? images : labels;
      writeText(folder, name, name.endsWith('.gz') ? gzipSync(bytes) : bytes);
    });
    const found = await findIdxFiles(folder);
    expect([found.train.images, found.train.labels, found.test?.images, found.test?.labels]).toEqual(
      names.map((name) => `${folder}/${name}`),
    );
    const { rows, given, columns } = await readIdxFolder(folder);
    expect(rows).toBe(4);
    expect(given).toEqual(Uint8Array.of(0, 0, 2, 2));
    expect(columns[0]).toMatchObject({ kind: 'image', shape: [2, 2, 1] });
    expect(columns[1]).toMatchObject({ categories: ['7', '3'], codes: Int32Array.of(0, 1, 0, 1) });
  });

  test('works without test files', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'train-images-idx3-ubyte', images);
    writeText(folder, 'train-labels-idx1-ubyte', labels);
    expect((await readIdxFolder(folder)).given).toBeNull();
  });

  test('lists missing and existing files', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'train-images-idx3-ubyte', images);
    const error = await errorOf(readIdxFolder(folder));
    expect(error).toMatchObject({ code: 'dataset/missing-idx-files', details: { folder } });
    expect(error.message).toContain('train-labels-idx1-ubyte');
    expect(error.message).toContain('train-images-idx3-ubyte');
  });

  test('rejects labels and images of different counts', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'train-images-idx3-ubyte', images);
    writeText(folder, 'train-labels-idx1-ubyte', idxBytes([3], [1, 2, 3]));
    const error = await errorOf(readIdxFolder(folder));
    expect(error).toMatchObject({
      code: 'dataset/count-mismatch',
      details: {
        images: `${folder}/train-images-idx3-ubyte`,
        labels: `${folder}/train-labels-idx1-ubyte`,
        imageCount: 2,
        labelCount: 3,
      },
    });
  });

  test('rejects test images of another size', async () => {
    const folder = temporaryFolder();
    writeText(folder, 'train-images-idx3-ubyte', images);
    writeText(folder, 'train-labels-idx1-ubyte', labels);
    writeText(folder, 't10k-images-idx3-ubyte', idxBytes([2, 1, 2], [1, 2, 3, 4]));
    writeText(folder, 't10k-labels-idx1-ubyte', labels);
    expect((await errorOf(readIdxFolder(folder))).code).toBe('dataset/bad-idx-shape');
  });
});
