import { philoxBlock, unitFloat } from '../../program/random/philox.ts';
import type { PhiloxKey } from '../../program/random/philox.ts';

/** Uniform in [low, high). */
export function uniformValues(key: PhiloxKey, count: number, low: number, high: number): Float32Array {
  const values = new Float32Array(count);
  const words = new Uint32Array(4);
  const middle = (low + high) / 2;
  const half = (high - low) / 2;
  for (let i = 0; i < count; i++) {
    if (i % 4 === 0) philoxBlock(key, i / 4, 0, 0, 0, words);
    values[i] = middle + (2 * unitFloat(words[i % 4]!) - 1) * half;
  }
  return values;
}

/** Normal with this mean and standard deviation. */
export function normalValues(key: PhiloxKey, count: number, mean: number, deviation: number): Float32Array {
  return take(standardNormals(key), count, () => true, mean, deviation);
}

/** Normal with this mean and standard deviation before values beyond two of it are drawn again. */
export function truncatedNormalValues(key: PhiloxKey, count: number, mean: number, deviation: number): Float32Array {
  return take(standardNormals(key), count, (normal) => Math.abs(normal) < 2, mean, deviation);
}

function take(
  normals: Iterator<number, never>,
  count: number,
  accept: (normal: number) => boolean,
  mean: number,
  deviation: number,
): Float32Array {
  const values = new Float32Array(count);
  for (let made = 0; made < count;) {
    const normal = normals.next().value;
    if (accept(normal)) values[made++] = mean + normal * deviation;
  }
  return values;
}

/** Standard normal numbers without end (Box and Muller). */
function* standardNormals(key: PhiloxKey): Generator<number, never> {
  const words = new Uint32Array(4);
  for (let block = 0; ; block++) {
    philoxBlock(key, block, 0, 0, 0, words);
    for (let lane = 0; lane < 4; lane += 2) {
      // 1 - u is in (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - words[lane]! / 0x100000000));
      const angle = (2 * Math.PI * words[lane + 1]!) / 0x100000000;
      yield radius * Math.cos(angle);
      yield radius * Math.sin(angle);
    }
  }
}
