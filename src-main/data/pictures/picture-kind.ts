import { open, stat } from 'node:fs/promises';

export type PictureKind = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'bmp';

/** Bytes of a file that `pictureKind` needs. */
const HEAD_BYTES = 32;

const bmpHeaderSizes = new Set([12, 40, 52, 56, 64, 108, 124]);

/** Recognizes a picture by its first bytes, independent of the file's name; null: no known kind. */
export function pictureKind(head: Uint8Array): PictureKind | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const text = (start: number, end: number): string => String.fromCharCode(...head.subarray(start, end));
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (text(0, 4) === 'GIF8') return 'gif';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(text(0, 4))) return 'tiff';
  // Text may start with "BM" too.
  if (text(0, 2) === 'BM' && head.length >= 18 && bmpHeaderSizes.has(view.getUint32(14, true))) return 'bmp';
  return null;
}

/** The first bytes of a file. @throws The file system's error. */
export async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Whether a file can be read and starts like a picture; never opens a pipe or a device. */
export async function isPicture(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile() && pictureKind(await headOf(path)) !== null;
  } catch {
    return false;
  }
}
