import { chmodSync, existsSync, mkdirSync, renameSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encode as encodeBmp } from 'fast-bmp';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { listPictures } from '../../src-main/data/formats/pictures/picture-folder.ts';
import { decodeBmp } from '../../src-main/data/pictures/bmp.ts';
import { decodePicture } from '../../src-main/data/pictures/decode.ts';
import { UnreadablePicture } from '../../src-main/data/pictures/pixels.ts';
import { resizePicture } from '../../src-main/data/pictures/resize.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import type { PictureSettings } from '../../src-shared/data/dataset-document.ts';
import { errorOf, sharedData, watched } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const antsBees = join(sharedData, 'ants-bees');
const odd = join(sharedData, 'pictures-odd');

/** 2 × 1 pixels: red, blue. */
const redBlue = Uint8Array.of(255, 0, 0, 0, 0, 255);
const raw = { raw: { width: 2, height: 1, channels: 3 } } as const;
const png = () => sharp(redBlue, raw).png().toBuffer();

/** A folder with one small picture for each name. */
async function folderWith(...names: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), await png());
  }
  return folder;
}

async function decoded(bytes: Uint8Array): Promise<readonly number[]> {
  const path = join(temporaryFolder(), 'picture');
  writeFileSync(path, bytes);
  const { data, width, height } = await decodePicture(path);
  return [width, height, ...data];
}

describe('decodePicture', () => {
  test.each([
    ['PNG', () => png()],
    ['PNG with a palette', () => sharp(redBlue, raw).png({ palette: true }).toBuffer()],
    ['lossless WebP', () => sharp(redBlue, raw).webp({ lossless: true }).toBuffer()],
    ['TIFF', () => sharp(redBlue, raw).tiff({ compression: 'lzw' }).toBuffer()],
    ['GIF', () => sharp(redBlue, raw).gif().toBuffer()],
    ['16-bit PNG', () => sharp(redBlue, raw).toColourspace('rgb16').png().toBuffer()],
    ['PNG with alpha', () => sharp(redBlue, raw).ensureAlpha(0.2).png().toBuffer()],
    [
      'BMP',
      async () =>
        encodeBmp({ width: 2, height: 1, bitsPerPixel: 24, channels: 3, components: 3, data: redBlue } as never),
    ],
  ])('reads %s by its content as 8-bit RGB', async (_, encode) => {
    expect(await decoded(await encode())).toEqual([2, 1, ...redBlue]);
  });

  test('turns a picture as its EXIF data says', async () => {
    const turned = await sharp(redBlue, raw).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await decoded(turned)).toEqual([1, 2, ...redBlue]);
  });

  test.each([
    ['a text', () => Buffer.from('not a picture'), false],
    ['an empty file', () => Buffer.alloc(0), false],
    ['a cut-off JPEG', async () => (await noise()).subarray(0, 2000), true],
    ['a PNG that claims 10 billion pixels', async () => hugePng(), true],
    ['a GIF that claims 4 billion pixels', () => Buffer.from('474946383961ffffffff8000002c', 'hex'), true],
    ['a TIFF of floating-point numbers', () => floatTiff(), true],
  ])('refuses %s with a reason', async (_, bytes, isPicture) => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, await bytes());
    const error = await decodePicture(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreadablePicture);
    expect((error as UnreadablePicture).isPicture).toBe(isPicture);
  });
});

/** A JPEG of many bytes. */
function noise(): Promise<Buffer> {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919 + ((i * i) % 251) * 131) % 256);
  return sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** A TIFF of one 32-bit float, 0.5. */
function floatTiff(): Buffer {
  const tags = [
    [256, 1],
    [257, 1],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, 0],
    [277, 1],
    [279, 4],
    [339, 3],
  ] as const;
  const bytes = Buffer.alloc(8 + 2 + tags.length * 12 + 4);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, value], index) => {
    bytes.writeUInt16LE(tag, 10 + index * 12);
    bytes.writeUInt16LE(4, 12 + index * 12);
    bytes.writeUInt32LE(1, 14 + index * 12);
    bytes.writeUInt32LE(tag === 273 ? bytes.length : value, 18 + index * 12);
  });
  return Buffer.concat([bytes, Buffer.from(Float32Array.of(0.5).buffer)]);
}

/** The header of a PNG of 100,000 × 100,000 pixels with the checksum that belongs to it. */
async function hugePng(): Promise<Buffer> {
  const { crc32 } = await import('node:zlib');
  const bytes = Buffer.from(await png());
  bytes.writeUInt32BE(100_000, 16);
  bytes.writeUInt32BE(100_000, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

describe('resizePicture', () => {
  const cases = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/pictures.json'), 'utf8')) as {
    source: [number, number];
    settings: PictureSettings;
    pixels: string;
  }[];

  test.each(cases)('$source to $settings equals Pillow to the bit', ({ source: [width, height], settings, pixels }) => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return (x * x * 7 + y * y * 13 + x * y * (channel + 3) + 31 * channel) % 256;
    });
    expect(Buffer.from(resizePicture({ width, height, data }, settings)).toString('hex')).toBe(pixels);
  });

  test('pad keeps the aspect ratio and adds black', () => {
    const data = new Uint8Array(4 * 2 * 3).fill(200);
    const image = resizePicture({ width: 4, height: 2, data }, { width: 4, height: 4, fit: 'pad', colour: 'grey' });
    expect(Array.from(image)).toEqual([0, 0, 0, 0, ...new Array<number>(8).fill(200), 0, 0, 0, 0]);
  });
});

describe('decodeBmp', () => {
  function bmp(bits: number, height: number, pixels: number[], palette: number[] = []): Uint8Array {
    const bytes = Buffer.alloc(54 + palette.length + pixels.length);
    bytes.write('BM');
    bytes.writeUInt32LE(54 + palette.length, 10);
    bytes.writeUInt32LE(40, 14);
    bytes.writeInt32LE(2, 18);
    bytes.writeInt32LE(height, 22);
    bytes.writeUInt16LE(1, 26);
    bytes.writeUInt16LE(bits, 28);
    Buffer.from([...palette, ...pixels]).copy(bytes, 54);
    return bytes;
  }
  const palette = [0, 0, 0, 0, 30, 20, 10, 0];

  test.each([
    ['24 bits, bottom row first', 24, 1, [3, 2, 1, 6, 5, 4, 0, 0], [], [1, 2, 3, 4, 5, 6]],
    ['32 bits', 32, 1, [3, 2, 1, 0, 6, 5, 4, 0], [], [1, 2, 3, 4, 5, 6]],
    ['16 bits', 16, 1, [0xff, 0x7f, 0, 0x7c], [], [255, 255, 255, 255, 0, 0]],
    ['8 bits with a palette', 8, 1, [1, 0, 0, 0], palette, [10, 20, 30, 0, 0, 0]],
    ['4 bits with a palette', 4, 1, [0x10, 0, 0, 0], palette, [10, 20, 30, 0, 0, 0]],
    ['1 bit with a palette', 1, 1, [0x40, 0, 0, 0], palette, [0, 0, 0, 10, 20, 30]],
    [
      'top row first',
      24,
      -2,
      [1, 1, 1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 2, 2, 0, 0],
      [],
      [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2],
    ],
  ])('reads %s', (_, bits, height, pixels, colours, expected) => {
    expect(Array.from(decodeBmp(bmp(bits, height, pixels, colours)).data)).toEqual(expected);
  });

  test('refuses a truncated and a huge file', () => {
    expect(() => decodeBmp(bmp(24, 2, [1, 2, 3]))).toThrow(/truncated/);
    expect(() => decodeBmp(bmp(24, 2 ** 30, []))).toThrow(/pixels/);
  });
});

describe('a folder of pictures', () => {
  test('gives its classes, and the splits of folders named for them', async () => {
    const folder = await folderWith(
      'Train/a/1.png',
      'Train/b/2.jpg',
      'valid/b/deep/3',
      'other/c/4.png',
      'Train/.hidden/5.png',
    );
    const { files } = await listPictures(folder);
    expect(files.map(({ name, className, split }) => [name, className, split])).toEqual([
      ['Train/a/1.png', 'a', 'train'],
      ['Train/b/2.jpg', 'b', 'train'],
      ['valid/b/deep/3', 'b', 'validation'],
    ]);
  });

  test('a folder of folders without splits is divided as the document says', async () => {
    const folder = await folderWith(...Array.from({ length: 20 }, (_, i) => `${i % 2 === 0 ? 'a' : 'b'}/${i}.png`));
    const document = await detectDataset(folder);
    expect(document.columns[0]!.picture).toEqual({ height: 1, width: 2, fit: 'crop', colour: 'rgb' });
    expect((await prepareDataset(document, folder)).rows).toEqual({ train: 14, validation: 3, test: 3, dropped: 0 });
  });

  test('a class that is renamed is read under its new name, and the data has changed', async () => {
    const folder = await folderWith(...Array.from({ length: 20 }, (_, i) => `${i % 2 === 0 ? 'a' : 'b'}/${i}.png`));
    const document = await detectDataset(folder);
    const before = await prepareDataset(document, folder);
    renameSync(join(folder, 'b'), join(folder, 'c'));
    const after = await prepareDataset(document, folder);
    expect(after.spec.targets[0]).toMatchObject({ classes: ['a', 'c'] });
    expect(after.fingerprint).not.toBe(before.fingerprint);
  });

  test('a split that the folders do not give is empty unless it is asked for', async () => {
    const folder = await folderWith(
      ...Array.from({ length: 20 }, (_, i) => `train/${i % 2 === 0 ? 'a' : 'b'}/${i}.png`),
      'val/a/1.png',
    );
    const document = await detectDataset(folder);
    expect((await prepareDataset(document, folder)).rows).toMatchObject({ train: 20, validation: 1, test: 0 });
    const asked = { ...document, split: { ...document.split, train: 0.8, test: 0.2 } };
    expect((await prepareDataset(asked, folder)).rows).toMatchObject({ train: 16, validation: 1, test: 4 });
  });

  test('lists what cannot be read with the reason, and leaves out what is not a picture', async () => {
    const folder = await folderWith('a/1.png', 'a/2.png', 'b/3.png', 'b/4.png');
    writeFileSync(join(folder, 'a', 'notes.txt'), 'not a picture');
    writeFileSync(join(folder, 'b', 'broken.png'), (await png()).subarray(0, 40));
    symlinkSync('..', join(folder, 'a', 'loop'));
    const profile = await profileDataset(await detectDataset(folder), folder);
    expect(profile.rows).toBe(4);
    expect(profile.warnings.filter((warning) => warning.includes('cannot be read'))).toHaveLength(1);
    expect(profile.warnings.join()).toContain('b/broken.png');
    expect(profile.warnings.join()).not.toContain('notes.txt');
  });

  test('links to files and folders count; a folder is read once, and those above a class never', async () => {
    const folder = await folderWith('all/a/1.png', 'all/a/deep/2.png', 'all/b/3.png', 'more/4.png', 'more/below/5.png');
    const link = (target: string, name: string) => symlinkSync(target, join(folder, name));
    link('../../more', 'all/a/more');
    link('../../../more', 'all/a/deep/again');
    link('../all/a', 'more/back');
    link('..', 'all/a/above');
    link('../..', 'all/b/top');
    link('../../more/4.png', 'all/b/linked.png');
    link('nowhere', 'all/b/broken');
    link('.', 'all/everything');
    const { files } = await listPictures(join(folder, 'all'));
    expect(files.map(({ name }) => name)).toEqual([
      'a/1.png',
      'a/deep/2.png',
      'a/deep/again/4.png',
      'a/deep/again/below/5.png',
      'b/3.png',
      'b/linked.png',
    ]);
  });

  test('a class that only a given split has is refused with its place and that split', async () => {
    const folder = await folderWith('train/a/1.png', 'train/b/2.png', 'val/a/3.png', 'val/c/4.png');
    const error = await errorOf(prepareDataset(await detectDataset(folder), folder));
    expect(error).toMatchObject({
      code: 'dataset/label-out-of-range',
      details: { received: 'c', place: 'val/c/4.png', split: 'validation' },
    });
  });

  test('refuses pictures without class folders, and does not read a text file in the same folder as data', async () => {
    const folder = await folderWith('1.png', '2.png', '3.png');
    writeFileSync(join(folder, 'LICENSE.txt'), 'a text\nwith, commas\n');
    expect((await errorOf(detectDataset(folder))).code).toBe('dataset/no-classes');
    writeFileSync(join(folder, 'pets.csv'), 'photo,kind\n1.png,cat\n2.png,dog\n3.png,cat\n');
    expect((await detectDataset(folder)).source.kind).toBe('csv');
    const table = await folderWith('plot.png');
    writeFileSync(join(table, 'values.txt'), 'a,b\n1,2\n3,4\n');
    expect((await detectDataset(table)).source.kind).toBe('csv');
  });

  test('a picture stands for the folder of its classes only if most folders there have pictures', async () => {
    const folder = await folderWith(
      'pets/cat/1.png',
      'pets/dog/2.png',
      'pets/train.png',
      'set/train/a/3.png',
      'own/4.png',
    );
    const sourceOf = async (path: string) => (await detectDataset(join(folder, path))).source;
    expect(await sourceOf('pets/cat/1.png')).toMatchObject({ path: join(folder, 'pets') });
    expect(await sourceOf('set/train/a/3.png')).toMatchObject({ path: join(folder, 'set') });
    mkdirSync(join(folder, 'letters', 'more'), { recursive: true });
    writeFileSync(join(folder, 'letters', 'one.txt'), 'a letter');
    expect((await errorOf(detectDataset(join(folder, 'own', '4.png')))).code).toBe('dataset/no-classes');
  });

  test('detection reports listing and looking, and ends when it is aborted', async () => {
    const folder = await folderWith('a/1.png', 'a/2.png', 'b/3.png', 'b/4.png');
    const { reports, options } = watched();
    await detectDataset(folder, undefined, options);
    expect(new Set(reports.map(([, activity]) => activity)).size).toBe(3);
    expect(reports.at(-1)![0]).toBe(1);
    for (const [, activity] of reports) {
      const error = await detectDataset(folder, undefined, watched(activity).options).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ name: 'AbortError' });
    }
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be read is listed; the others are used', async () => {
    const folder = await folderWith('a/1.png', 'a/2.png', 'a/closed/3.png', 'b/4.png');
    chmodSync(join(folder, 'a', 'closed'), 0);
    const { files, unreadable } = await listPictures(folder);
    expect(files.map(({ name }) => name)).toEqual(['a/1.png', 'a/2.png', 'b/4.png']);
    expect(unreadable.map(({ name }) => name)).toEqual(['a/closed']);
  });

  test.skipIf(process.getuid?.() === 0)('a picture that may not be read is listed; the others are used', async () => {
    const folder = await folderWith('a/1.png', 'a/2.png', 'b/3.png', 'b/4.png');
    const document = await detectDataset(folder);
    chmodSync(join(folder, 'a', '1.png'), 0);
    expect((await profileDataset(document, folder)).unreadable?.map(({ name }) => name)).toEqual(['a/1.png']);
  });

  test('pictures that are in no folder of a class are refused', async () => {
    const folder = await folderWith('1.png');
    expect((await errorOf(listPictures(folder))).code).toBe('dataset/no-classes');
  });

  test.skipIf(!existsSync(antsBees))('ants and bees: both splits are found', async () => {
    const document = await detectDataset(antsBees);
    const { rows, spec } = await prepareDataset(document, antsBees);
    expect(rows).toEqual({ train: 245, validation: 153, test: 0, dropped: 0 });
    expect(spec.inputShape).toEqual([128, 128, 3]);
    expect(spec.targets[0]).toMatchObject({ classes: ['ants', 'bees'] });
  });

  test.skipIf(!existsSync(odd))('odd pictures: every file is read or has a reason', async () => {
    const folder = temporaryFolder();
    await cp(odd, join(folder, 'odd'), { recursive: true });
    await cp(odd, join(folder, 'other'), { recursive: true });
    const files = await readdir(odd);
    const document = await detectDataset(folder);
    const profile = await profileDataset(document, folder);
    const outcomes = Object.fromEntries(
      await Promise.all(
        files.map(async (name) => {
          const outcome = await decodePicture(join(odd, name)).then(
            ({ width, height }) => `${width} × ${height}`,
            (error: UnreadablePicture) => (error.isPicture ? 'unreadable' : 'no picture'),
          );
          return [name, outcome] as const;
        }),
      ),
    );
    expect(profile.rows).toBe(2 * files.filter((name) => /×/.test(outcomes[name]!)).length);
    expect(outcomes).toMatchInlineSnapshot(`
      {
        "PILLOW_LICENSE.txt": "no picture",
        "apng_mode_grayscale_alpha.png": "128 × 64",
        "broken.png": "unreadable",
        "decompression_bomb.gif": "unreadable",
        "exif_imagemagick_orientation.png": "512 × 512",
        "frozenpond.mpo": "640 × 480",
        "hopper.gif": "128 × 128",
        "hopper_bad_exif.jpg": "500 × 500",
        "hopper_idat_after_image_end.png": "128 × 128",
        "hopper_orientation_6.jpg": "128 × 128",
        "i_trns.png": "64 × 64",
        "icc_profile_big.jpg": "425 × 250",
        "invalid-exif.jpg": "200 × 200",
        "iss634.webp": "245 × 245",
        "junk_jpeg_header.jpg": "1024 × 768",
        "multiple_exif.jpg": "1 × 1",
        "p_16.png": "128 × 128",
        "pil123p.png": "162 × 150",
        "png_decompression_dos.png": "1 × 1",
        "rgb_trns.png": "64 × 64",
        "tga_common_200x32_p.png": "200 × 32",
        "transparent_dispose.gif": "3 × 1",
        "truncated_end_chunk.png": "128 × 128",
        "truncated_jpeg.jpg": "unreadable",
        "uncompressed_l.png": "128 × 128",
        "unknown_compression_method.png": "57 × 57",
      }
    `);
  });
});
