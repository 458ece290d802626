import { readFile, stat } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import { errorCode } from '../../system/error-code.ts';
import { decodeBmp } from './bmp.ts';
import { headOf, pictureKind, type PictureKind } from './picture-kind.ts';
import { checkPixelCount, MAX_PIXELS, UnreadablePicture, type Pixels } from './pixels.ts';

sharp.cache(false);
// Each worker decodes one picture at a time.
sharp.concurrency(1);

/** Largest BMP file: 32 bits per pixel. */
const MAX_BMP_BYTES = MAX_PIXELS * 4 + 4096;

interface Opened {
  readonly kind: PictureKind;
  readonly head: Uint8Array;
}

/**
 * Decodes a picture file at full size to 8-bit RGB, as Pillow's `convert('RGB')`: alpha is dropped, the high byte of
 * 16 bits is kept, embedded colour profiles are not applied. EXIF rotation is applied; of several frames the first is
 * read.
 *
 * @throws UnreadablePicture with the reason.
 */
export async function decodePicture(path: string): Promise<Pixels> {
  const { kind, head } = await openPicture(path);
  if (kind === 'bmp') return readBmp(path);
  return withReason(async () => {
    const { image } = await checked(path, kind, head);
    const { data, info } = await image
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new UnreadablePicture(`${info.channels} channels of colour`);
    return { width: info.width, height: info.height, data };
  });
}

export interface Thumbnail {
  /** Size of the picture itself. */
  readonly width: number;
  readonly height: number;
  readonly webp: Uint8Array;
}

/** A small copy whose longer side has at most `size` pixels. @throws UnreadablePicture. */
export async function thumbnailOf(path: string, size: number): Promise<Thumbnail> {
  const { kind, head } = await openPicture(path);
  const bmp = kind === 'bmp' ? await readBmp(path) : null;
  return withReason(async () => {
    const { image, width, height } =
      bmp === null
        ? await checked(path, kind, head)
        : {
            image: sharp(bmp.data, { raw: { width: bmp.width, height: bmp.height, channels: 3 } }),
            width: bmp.width,
            height: bmp.height,
          };
    const webp = await image
      .autoOrient()
      .removeAlpha()
      .resize(size, size, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
    return { width, height, webp };
  });
}

async function openPicture(path: string): Promise<Opened> {
  try {
    // Opening a pipe blocks until there is a writer.
    if (!(await stat(path)).isFile()) throw new UnreadablePicture('not a file');
    const head = await headOf(path);
    const kind = pictureKind(head);
    if (kind !== null) return { kind, head };
  } catch (error) {
    throw fileReason(error);
  }
  throw new UnreadablePicture(
    'its content is not PNG, JPEG, WebP, GIF, TIFF or BMP',
    fileKinds.pictures.fileName.test(path),
  );
}

async function readBmp(path: string): Promise<Pixels> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BMP_BYTES) throw new UnreadablePicture(`a BMP of ${size.toLocaleString('en')} bytes is too large`);
    return decodeBmp(await readFile(path));
  } catch (error) {
    throw fileReason(error);
  }
}

interface Checked {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
}

/** Reads the header and refuses what would be decoded wrongly or is too large. */
async function checked(path: string, kind: PictureKind, head: Uint8Array): Promise<Checked> {
  // libvips checks the frames of a GIF before its size.
  if (kind === 'gif' && head.length >= 10) {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    checkPixelCount(view.getUint16(6, true), view.getUint16(8, true));
  }
  const { depth, autoOrient } = await sharp(path, { limitInputPixels: false, failOn: 'error' }).metadata();
  checkPixelCount(autoOrient.width, autoOrient.height);
  // libvips cuts other numbers off: those of 0 to 1 become 0.
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new UnreadablePicture(`its values are of type ${depth}; expected 8 or 16 bits without sign`);
  }
  const image = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error', ignoreIcc: true });
  return { image, width: autoOrient.width, height: autoOrient.height };
}

async function withReason<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnreadablePicture || !(error instanceof Error)) throw error;
    throw new UnreadablePicture(
      error.message
        .trim()
        .replaceAll(/\s+/g, ' ')
        .replace(/^Vips\w*: /, '')
        .replace(/:$/, ''),
    );
  }
}

function fileReason(error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof UnreadablePicture || code === '') return error;
  return new UnreadablePicture(code === 'ENOENT' ? 'the file does not exist' : `could not be read (${code})`);
}
