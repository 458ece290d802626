// Writes the data of the speed comparison in the file format of MNIST. Each class has a tile of
// black and white pixels, repeated over the image; a pixel is three quarters tile and one quarter
// noise. Every network of the comparison learns it within about a hundred steps, so the loss of
// every correct training falls.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CLASSES = 10;
/** Period of the tiles on every axis. */
const PERIOD = 4;

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
  let state = 1;
  const randomByte = () => {
    // Source of the numbers: W. H. Press and others, "Numerical Recipes", 3rd edition, section 7.1.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const tiles = Array.from({ length: CLASSES }, () =>
    Buffer.from(Array.from({ length: PERIOD ** image.length }, () => (randomByte() < 128 ? 0 : 255))),
  );
  const sizeOfImage = image.reduce((product, size) => product * size, 1);
  const tileIndex = Int32Array.from({ length: sizeOfImage }, (_, pixel) => {
    let [rest, index] = [pixel, 0];
    for (const size of image.toReversed()) {
      index = index * PERIOD + ((rest % size) % PERIOD);
      rest = Math.floor(rest / size);
    }
    return index;
  });
  const labels = Buffer.from(Uint8Array.from({ length: rows }, (_, row) => (row * 7) % CLASSES));
  const pixels = Buffer.alloc(rows * sizeOfImage);
  for (let row = 0, index = 0; row < rows; row++) {
    const tile = tiles[labels[row]];
    for (let pixel = 0; pixel < sizeOfImage; pixel++) pixels[index++] = (3 * tile[tileIndex[pixel]] + randomByte()) / 4;
  }
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), idx([rows, ...image], pixels));
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([rows], labels));
}
