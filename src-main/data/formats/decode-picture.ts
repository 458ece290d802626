import { open, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { decode as decodeBmp } from 'fast-bmp';
import sharp from 'sharp';
import type { PictureSettings } from '../../../src-shared/data/dataset-document.ts';

/** Most pixels of a picture: its decoded bytes are three times as many. */
const MOST_PIXELS = 100_000_000;

// Pictures are decoded once; several at a time, one core each.
sharp.cache(false);
sharp.concurrency(1);

type Kind = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'bmp';

/** The kind of picture that a file starts like; null: none that can be read. */
export function pictureKind(head: Uint8Array): Kind | null {
  const text = Buffer.from(head.subarray(0, 12)).toString('latin1');
  if (text.startsWith('\x89PNG')) return 'png';
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('GIF8')) return 'gif';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'webp';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'tiff';
  // "BM" also begins texts: the reserved bytes 6 to 9 of a bitmap are 0.
  return text.startsWith('BM') && text.startsWith('\0\0\0\0', 6) ? 'bmp' : null;
}

export async function fileKind(path: string): Promise<Kind | null> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0);
    return pictureKind(buffer);
  } finally {
    await file.close();
  }
}

/** Row-major bytes, `channels` per pixel. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Why a file is left out: it is no picture, or it cannot be read. */
export class NoPicture extends Error {
  readonly isPicture: boolean;
  constructor(reason: string, isPicture: boolean) {
    super(reason);
    this.isPicture = isPicture;
  }
}

/**
 * Decodes a picture at full size as 8-bit RGB: rotated as its EXIF data says, the first frame of an animation,
 * transparency ignored as by Pillow's `convert('RGB')`, CMYK by its own profile.
 *
 * @throws NoPicture with the reason for the user.
 */
export async function decodePicture(path: string): Promise<Pixels> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new NoPicture(`it cannot be opened (${reasonOf(error)})`, true);
  }
  const kind = pictureKind(bytes);
  if (kind === null) throw new NoPicture('its content is not PNG, JPEG, WebP, GIF, TIFF or BMP', hasPictureName(path));
  try {
    return kind === 'bmp' ? decodeBitmap(bytes) : await decodeBySharp(bytes);
  } catch (error) {
    throw error instanceof NoPicture ? error : new NoPicture(`it is damaged (${reasonOf(error)})`, true);
  }
}

export const hasPictureName = (path: string): boolean => /\.(png|jpe?g|webp|gif|tiff?|bmp)$/i.test(path);

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();

async function decodeBySharp(bytes: Buffer): Promise<Pixels> {
  const limits = { limitInputPixels: false, failOn: 'error' } as const;
  const { width, height, space, depth } = await sharp(bytes, limits).metadata();
  checkSize(width, height);
  if (depth === 'float' || depth === 'double') {
    throw new NoPicture('its pixels are floating-point numbers; expected whole numbers of 8 or 16 bits', true);
  }
  const { data, info } = await sharp(bytes, { ...limits, limitInputPixels: MOST_PIXELS, ignoreIcc: space !== 'cmyk' })
    .rotate()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new NoPicture(`it has ${info.channels} colour channels; expected 3`, true);
  return { data, width: info.width, height: info.height, channels: 3 };
}

function checkSize(width: number, height: number): void {
  if (width * height <= MOST_PIXELS) return;
  const size = `${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels`;
  throw new NoPicture(`it claims ${size}; at most ${MOST_PIXELS.toLocaleString('en')} pixels are read`, true);
}

function decodeBitmap(bytes: Buffer): Pixels {
  if (bytes.length < 26) throw new Error('the file is too short');
  checkSize(Math.abs(bytes.readInt32LE(18)), Math.abs(bytes.readInt32LE(22)));
  const { data: decoded, width, height, channels } = decodeBmp(bytes);
  const data = decoded as Uint8Array;
  if (data.length < width * height * channels) throw new Error('the file is too short');
  const pixels = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels[pixel * 3 + channel] = data[pixel * channels + (channels < 3 ? 0 : channel)]!;
    }
  }
  return { data: pixels, width, height, channels: 3 };
}

const fits = { stretch: 'fill', crop: 'cover', pad: 'contain' } as const;

/**
 * Brings a picture to the size of `settings`: bilinear with antialiasing, so that a smaller picture averages over all
 * pixels of the original (libvips: a box average by whole factors, then a triangle). Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, as in Pillow and TensorFlow).
 */
export async function fitPicture(pixels: Pixels, { height, width, fit, colour }: PictureSettings): Promise<Uint8Array> {
  const { data, channels, ...size } = colour === 'grey' ? toGrey(pixels) : pixels;
  if (size.width === width && size.height === height) return data;
  const raw = { width: size.width, height: size.height, channels };
  const resized = sharp(data, { raw, limitInputPixels: false }).resize(width, height, {
    fit: fits[fit],
    kernel: 'linear',
    position: 'centre',
    background: { r: 0, g: 0, b: 0 },
    fastShrinkOnLoad: false,
  });
  return (channels === 1 ? resized.toColourspace('b-w') : resized).raw().toBuffer();
}

function toGrey({ data, width, height }: Pixels): Pixels {
  const grey = new Uint8Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const at = pixel * 3;
    grey[pixel] = (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16;
  }
  return { data: grey, width, height, channels: 1 };
}

/** A picture as a small WebP, and its own size in pixels. @throws NoPicture */
export async function thumbnailOf(
  path: string,
  size: number,
): Promise<{ width: number; height: number; webp: Buffer }> {
  const { data, width, height, channels } = await decodePicture(path);
  const webp = await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .resize(size, size, { fit: 'inside', withoutEnlargement: true })
    .webp()
    .toBuffer();
  return { width, height, webp };
}

/** Runs `work` for each item, as many at a time as there are cores. */
export async function forEachPicture<Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(items.length, availableParallelism()) }, run));
}
