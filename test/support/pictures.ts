import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

/** Pixels of a small picture that differ by seed, row by row, RGB. */
export function pixelsOf(seed: number, width = 4, height = 3): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (seed * 53 + i * 29 + ((i * seed) % 7) * 17) % 256);
}

/** Writes a PNG of one colour; makes its folders. @param background As in CSS. */
export async function writePlainPicture(
  folder: string,
  name: string,
  background: string,
  width: number,
  height: number,
): Promise<void> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toFile(path);
}

/** Writes a PNG of `pixelsOf(seed)`; makes its folders. @returns Its path. */
export async function writePicture(folder: string, name: string, seed: number, width = 4, height = 3): Promise<string> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const raw = { width, height, channels: 3 } as const;
  writeFileSync(
    path,
    await sharp(pixelsOf(seed, width, height), { raw })
      .png()
      .toBuffer(),
  );
  return path;
}
