// Writes the data that all peers of the speed comparison train on: pixels and labels that a small
// generator makes, in the files of MNIST. How fast a step is does not depend on what is learned.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An IDX file of bytes. Source of the format: Y. LeCun and others, "The MNIST database". */
function idx(shape, bytes) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, bytes]);
}

/**
 * @param {string} folder
 * @param {{ rows: number, image: number[] }} network Rows, and the shape of one of them.
 */
export function writeData(folder, { rows, image }) {
  const pixels = Buffer.alloc(image.reduce((product, size) => product * size, rows));
  let state = 1;
  for (let index = 0; index < pixels.length; index++) {
    // Source of the numbers: W. H. Press and others, "Numerical Recipes", 3rd edition, section 7.1.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[index] = state >>> 24;
  }
  const labels = Buffer.from(Uint8Array.from({ length: rows }, (_, row) => (row * 7) % 10));
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), idx([rows, ...image], pixels));
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([rows], labels));
}
