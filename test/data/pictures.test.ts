import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encode as encodeBmp } from 'fast-bmp';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodePicture, fitPicture, NoPicture } from '../../src-main/data/formats/decode-picture.ts';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { listPictures } from '../../src-main/data/formats/picture-folder.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { errorOf, sharedData } from './support.ts';
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
  const { data, width, height, channels } = await decodePicture(path);
  return [width, height, channels, ...data];
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
    expect(await decoded(await encode())).toEqual([2, 1, 3, ...redBlue]);
  });

  test('turns a picture as its EXIF data says', async () => {
    const turned = await sharp(redBlue, raw).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await decoded(turned)).toEqual([1, 2, 3, ...redBlue]);
  });

  test.each([
    ['a text', () => Buffer.from('not a picture'), false],
    ['an empty file', () => Buffer.alloc(0), false],
    ['a cut-off JPEG', async () => (await noise()).subarray(0, 2000), true],
    ['a PNG that claims 10 billion pixels', async () => hugePng(), true],
  ])('refuses %s with a reason', async (_, bytes, isPicture) => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, await bytes());
    const error = await decodePicture(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoPicture);
    expect((error as NoPicture).isPicture).toBe(isPicture);
  });
});

/** A JPEG of many bytes. */
function noise(): Promise<Buffer> {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919 + ((i * i) % 251) * 131) % 256);
  return sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
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

describe('fitPicture', () => {
  const wide = {
    data: Uint8Array.of(0, 0, 0, 100, 100, 100, 200, 200, 200, 40, 40, 40),
    width: 4,
    height: 1,
    channels: 3,
  } as const;

  test('averages over all pixels when it makes a picture smaller', async () => {
    const grey = await fitPicture(wide, { width: 1, height: 1, fit: 'stretch', colour: 'grey' });
    expect(grey).toHaveLength(1);
    expect(Math.abs(grey[0]! - (0 + 100 + 200 + 40) / 4)).toBeLessThanOrEqual(1);
  });

  test('crops the middle and pads with black', async () => {
    const cropped = await fitPicture(wide, { width: 2, height: 1, fit: 'crop', colour: 'grey' });
    expect([...cropped]).toEqual([100, 200]);
    const padded = await fitPicture(wide, { width: 4, height: 3, fit: 'pad', colour: 'grey' });
    expect([...padded]).toEqual([0, 0, 0, 0, 0, 100, 200, 40, 0, 0, 0, 0]);
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
    const files = await listPictures(folder);
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

  test('lists what cannot be read with the reason, and leaves out what is no picture', async () => {
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
            (error: NoPicture) => (error.isPicture ? 'unreadable' : 'no picture'),
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
