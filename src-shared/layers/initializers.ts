import { philoxBlock, unitFloat } from '../program/philox.ts';
import type { PhiloxKey } from '../program/philox.ts';
import type { InitializerName } from './layer.ts';

/** Standard deviation of a normal distribution cut off at two standard deviations. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Sizes that scale an initial weight: inputs and outputs of one unit, as Keras counts them. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  const receptiveField = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return { fanIn: shape.at(-2)! * receptiveField, fanOut: shape.at(-1)! * receptiveField };
}

/**
 * Initial values of a weight, with Keras 3's formulas:
 * Glorot scales by 1 / mean of the fans, He by 2 / fanIn.
 * @param shape Of the weight; the result is row-major.
 * @param key Decides the numbers.
 */
export function initialize(name: InitializerName, shape: readonly number[], key: PhiloxKey): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const { fanIn, fanOut } = fans(shape);
  const glorot = 1 / Math.max(1, (fanIn + fanOut) / 2);
  const he = 2 / Math.max(1, fanIn);
  switch (name) {
    case 'zeros':
      return new Float32Array(count);
    case 'ones':
      return new Float32Array(count).fill(1);
    case 'glorotUniform':
      return uniformValues(key, count, Math.sqrt(3 * glorot));
    case 'glorotNormal':
      return truncatedNormal(key, count, Math.sqrt(glorot) / TRUNCATED_DEVIATION);
    case 'heUniform':
      return uniformValues(key, count, Math.sqrt(3 * he));
    case 'heNormal':
      return truncatedNormal(key, count, Math.sqrt(he) / TRUNCATED_DEVIATION);
  }
}

/** Uniform in [-limit, limit). */
function uniformValues(key: PhiloxKey, count: number, limit: number): Float32Array {
  const values = new Float32Array(count);
  const words = new Uint32Array(4);
  for (let i = 0; i < count; i++) {
    if (i % 4 === 0) philoxBlock(key, i / 4, 0, 0, 0, words);
    values[i] = (2 * unitFloat(words[i % 4]!) - 1) * limit;
  }
  return values;
}

/** Normal with this standard deviation before values beyond two of it are drawn again (Box and Muller). */
function truncatedNormal(key: PhiloxKey, count: number, deviation: number): Float32Array {
  const values = new Float32Array(count);
  const words = new Uint32Array(4);
  let made = 0;
  for (let block = 0; made < count; block++) {
    philoxBlock(key, block, 0, 0, 0, words);
    for (let lane = 0; lane < 4; lane += 2) {
      // 1 - u lies in (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - words[lane]! / 0x100000000));
      const angle = (2 * Math.PI * words[lane + 1]!) / 0x100000000;
      for (const normal of [radius * Math.cos(angle), radius * Math.sin(angle)]) {
        if (Math.abs(normal) < 2 && made < count) values[made++] = normal * deviation;
      }
    }
  }
  return values;
}
