import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const IMAGES = 'train-images-idx3-ubyte';
const LABELS = 'train-labels-idx1-ubyte';

/**
 * A folder of generated 4 × 4 images in two classes, in the IDX format.
 * @param damage Changes the bytes of the images file.
 */
export function writeIdxFolder(folder: string, damage: (images: Buffer) => Buffer = (images) => images): void {
  const count = 40;
  const header = Buffer.alloc(16);
  [0x00000803, count, 4, 4].forEach((word, index) => header.writeUInt32BE(word, 4 * index));
  const pixels = Buffer.from(Array.from({ length: count * 16 }, (_, index) => (index * 37) % 256));
  const labelHeader = Buffer.alloc(8);
  labelHeader.writeUInt32BE(0x00000801, 0);
  labelHeader.writeUInt32BE(count, 4);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, IMAGES), damage(Buffer.concat([header, pixels])));
  const labels = Buffer.from(Array.from({ length: count }, (_, index) => index % 2));
  writeFileSync(join(folder, LABELS), Buffer.concat([labelHeader, labels]));
}
