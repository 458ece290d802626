import { philoxBlock, type PhiloxKey } from '../../../src-shared/program/random/philox.ts';

/** Purposes of random numbers: one seed gives a different sequence for each. */
const purposes = {
  split: 0x53504c54,
  filter: 0x46494c54,
  points: 0x504f494e,
  pairs: 0x50414952,
  noise: 0x4e4f4953,
  tokens: 0x544f4b45,
} as const;

const words = new Uint32Array(4);

/** Block `index` of a purpose's sequence; valid until the next call. */
function block(index: number, seed: number, purpose: number, part = 0, column = 0): Uint32Array {
  const key: PhiloxKey = [seed >>> 0, (purpose ^ Math.floor(seed / 2 ** 32)) >>> 0];
  philoxBlock(key, index >>> 0, Math.floor(index / 2 ** 32), part, column, words);
  return words;
}

/** @returns A uint32 that depends only on the row index, the seed and what it is for. */
export function rowHash(row: number, seed: number, purpose: 'split' | 'filter'): number {
  return block(row, seed, purposes[purpose])[0]!;
}

/** Random numbers of one generated point: two uniform in [0, 1), two standard normal (Box–Muller transform). */
export function pointNumbers(index: number, seed: number): { uniform: [number, number]; normal: [number, number] } {
  const [a = 0, b = 0, c = 0, d = 0] = block(index, seed, purposes.points);
  const radius = Math.sqrt(-2 * Math.log((c + 1) / 2 ** 32));
  const angle = 2 * Math.PI * (d / 2 ** 32);
  return {
    uniform: [a / 2 ** 32, b / 2 ** 32],
    normal: [radius * Math.cos(angle), radius * Math.sin(angle)],
  };
}

/** Two uniform random numbers in [0, 1) for one pair. */
export function pairNumbers(index: number, seed: number): [number, number] {
  const [a = 0, b = 0] = block(index, seed, purposes.pairs);
  return [a / 2 ** 32, b / 2 ** 32];
}

/** A uniform random number in [0, 1) for a part of a column's value in the row of this index. */
export function partNumber(
  index: number,
  seed: number,
  purpose: 'noise' | 'tokens',
  column: number,
  part: number,
): number {
  return block(index, seed, purposes[purpose], part >>> 2, column)[part & 3]! / 2 ** 32;
}
