/**
 * Philox 4x32-10, the counter-based generator of all randomness.
 * Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */

/** A 64-bit key: low word, high word, both unsigned. */
export type PhiloxKey = readonly [number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** High word of the product of two unsigned 32-bit words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) >>> 0;
}

/**
 * One block of four random words.
 * @param out Receives them, as unsigned words, from `offset`.
 */
export function philoxBlock(
  key: PhiloxKey,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  out: Uint32Array,
  offset = 0,
): void {
  let [key0, key1] = key;
  let c0 = counter0 >>> 0;
  let c1 = counter1 >>> 0;
  let c2 = counter2 >>> 0;
  let c3 = counter3 >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ key0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ key1) >>> 0;
    c3 = low0 >>> 0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/**
 * Words 0 … count - 1 of the stream of (key, stream): word i is lane i % 4 of the block at
 * counter (i / 4 in the low 64 bits, `stream` in the high 64 bits).
 */
export function philoxWords(key: PhiloxKey, stream: number, count: number): Uint32Array {
  const blocks = Math.ceil(count / 4);
  const words = new Uint32Array(blocks * 4);
  for (let block = 0; block < blocks; block++) philoxBlock(key, block, 0, stream, 0, words, block * 4);
  return words.subarray(0, count);
}

/** float32 in [0, 1) from the low 23 bits of a word, as in TensorFlow. */
export function unitFloat(word: number): number {
  return (word & 0x7fffff) / 0x800000;
}

/** The values of the operation `randomUniform` at a step, computed on the host. */
export function uniform(key: PhiloxKey, step: number, count: number): Float32Array {
  return Float32Array.from(philoxWords(key, step, count), unitFloat);
}

/**
 * Derives a 64-bit key from a seed and names ("dropout", "dense_1"). The UTF-16 units of the
 * names are counters of Philox blocks; the output of a block is the key of the next. The length
 * of each name is part of the counter, so ('ab', 'c') and ('a', 'bc') give different keys.
 */
export function deriveKey(seed: number, ...names: readonly string[]): PhiloxKey {
  const block = new Uint32Array(4);
  philoxBlock([seed >>> 0, 0x4c616d69], names.length, 0, 0, 0, block);
  for (const name of names) {
    for (let start = 0; start === 0 || start < name.length; start += 6) {
      const unit = (i: number): number => (start + i < name.length ? name.charCodeAt(start + i) : 0);
      const pair = (i: number): number => unit(i) | (unit(i + 1) << 16);
      philoxBlock([block[0]!, block[1]!], name.length, pair(0), pair(2), pair(4), block);
    }
  }
  return [block[0]!, block[1]!];
}
