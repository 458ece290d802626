/**
 * Philox 4×32-10 for data: any word of the sequence at once, without state.
 * Source: J. K. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;

/** What numbers are drawn for; keeps one seed's sequences apart. */
export const purposes = { split: 0x53504c54, points: 0x504f494e } as const;

type Words = [number, number, number, number];

/** @returns Four uint32 that depend on the counter and the key alone. */
function philox(counter: number, seed: number, purpose: number): Words {
  let [a, b, c, d] = [counter >>> 0, Math.floor(counter / 2 ** 32) >>> 0, 0, 0];
  let key0 = seed >>> 0;
  let key1 = (purpose ^ Math.floor(seed / 2 ** 32)) >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, a);
    const high1 = multiplyHigh(multiplier1, c);
    const next: Words = [high1 ^ b ^ key0, Math.imul(multiplier1, c), high0 ^ d ^ key1, Math.imul(multiplier0, a)];
    [a, b, c, d] = [next[0] >>> 0, next[1] >>> 0, next[2] >>> 0, next[3] >>> 0];
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + Math.floor((xLow * yLow) / 65536);
  const middle2 = xLow * yHigh + (middle % 65536);
  return (xHigh * yHigh + Math.floor(middle / 65536) + Math.floor(middle2 / 65536)) >>> 0;
}

/** @returns A uint32 for a row, the same for the same seed whatever else the data holds. */
export function rowHash(row: number, seed: number): number {
  return philox(row, seed, purposes.split)[0];
}

/** Numbers for one generated point: two uniform in [0, 1), two standard normal. */
export function pointNumbers(index: number, seed: number): { uniform: [number, number]; normal: [number, number] } {
  const [a, b, c, d] = philox(index, seed, purposes.points);
  const radius = Math.sqrt(-2 * Math.log((c + 1) / 2 ** 32));
  const angle = 2 * Math.PI * (d / 2 ** 32);
  return {
    uniform: [a / 2 ** 32, b / 2 ** 32],
    normal: [radius * Math.cos(angle), radius * Math.sin(angle)],
  };
}
