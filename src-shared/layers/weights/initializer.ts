import type { PhiloxKey } from '../../program/random/philox.ts';
import { normalValues, truncatedNormalValues, uniformValues } from './initial-distributions.ts';
import { resolveNamed } from './named-arguments.ts';
import type { ArgumentTable, Named, NamedArguments } from './named-arguments.ts';
import { orthogonal } from './orthogonal.ts';

/** Initializers that need no argument, by the camelCase of Keras's name. */
export type InitializerName =
  | 'zeros'
  | 'ones'
  | 'constant'
  | 'randomNormal'
  | 'randomUniform'
  | 'truncatedNormal'
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'lecunUniform'
  | 'lecunNormal'
  | 'varianceScaling'
  | 'orthogonal'
  | 'identity';

/** How a weight starts: a name, with Keras's defaults, or a name and arguments. */
export type Initializer = Named<InitializerName>;

const LIMIT = 1e6;
const mean = { name: 'mean', default: 0, min: -LIMIT, max: LIMIT };
const stddev = { name: 'stddev', default: 0.05, min: 0, max: LIMIT };
const gain = { name: 'gain', default: 1, min: -LIMIT, max: LIMIT };

/** Arguments of each initializer, with Keras's names and defaults. */
export const initializerArguments: ArgumentTable<InitializerName> = {
  zeros: [],
  ones: [],
  constant: [{ name: 'value', default: 0, min: -LIMIT, max: LIMIT }],
  randomNormal: [mean, stddev],
  randomUniform: [
    { name: 'minval', default: -0.05, min: -LIMIT, max: LIMIT },
    { name: 'maxval', default: 0.05, min: -LIMIT, max: LIMIT },
  ],
  truncatedNormal: [mean, stddev],
  glorotUniform: [],
  glorotNormal: [],
  heUniform: [],
  heNormal: [],
  lecunUniform: [],
  lecunNormal: [],
  varianceScaling: [
    { name: 'scale', default: 1, min: 0, max: LIMIT },
    { name: 'mode', default: 'fanIn', options: ['fanIn', 'fanOut', 'fanAvg'] },
    {
      name: 'distribution',
      default: 'truncatedNormal',
      options: ['truncatedNormal', 'untruncatedNormal', 'uniform'],
    },
  ],
  orthogonal: [gain],
  identity: [gain],
};

/** Null, or why an initializer cannot fill a weight of this shape; the words go on after "The initializer of kernel ". */
export function initializerShapeFault(initializer: Initializer, shape: readonly number[]): string | null {
  const { name } = resolveNamed(initializerArguments, initializer);
  const received = `received [${shape.join(', ')}]. Choose another initializer.`;
  if (name === 'identity' && shape.length !== 2) return `needs a weight of rank 2; ${received}`;
  if (name === 'orthogonal' && shape.length < 2) return `needs a weight of rank 2 or more; ${received}`;
  return null;
}

/** Standard deviation of a normal distribution cut off at two standard deviations. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Sizes that scale an initial weight: inputs and outputs of one unit, as Keras counts them. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  const receptiveField = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return { fanIn: shape.at(-2)! * receptiveField, fanOut: shape.at(-1)! * receptiveField };
}

type Distribution = 'truncatedNormal' | 'untruncatedNormal' | 'uniform';
type Mode = 'fanIn' | 'fanOut' | 'fanAvg';

/** Glorot, He and LeCun are variance scaling with these arguments. */
const scalings: Readonly<Partial<Record<InitializerName, { scale: number; mode: Mode; distribution: Distribution }>>> =
  {
    glorotUniform: { scale: 1, mode: 'fanAvg', distribution: 'uniform' },
    glorotNormal: { scale: 1, mode: 'fanAvg', distribution: 'truncatedNormal' },
    heUniform: { scale: 2, mode: 'fanIn', distribution: 'uniform' },
    heNormal: { scale: 2, mode: 'fanIn', distribution: 'truncatedNormal' },
    lecunUniform: { scale: 1, mode: 'fanIn', distribution: 'uniform' },
    lecunNormal: { scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' },
  };

/**
 * Initial values of a weight, with Keras 3's formulas.
 * @param shape Of the weight, one that the initializer can fill; the result is row-major.
 * @param key Decides the numbers.
 */
export function initialize(initializer: Initializer, shape: readonly number[], key: PhiloxKey): Float32Array {
  const { name, values } = resolveNamed(initializerArguments, initializer);
  const count = shape.reduce((product, size) => product * size, 1);
  const argument = (key: string): number => values[key] as number;
  const scaling = scalings[name];
  if (scaling !== undefined) return scaled(scaling, shape, count, key);
  switch (name) {
    case 'ones':
      return new Float32Array(count).fill(1);
    case 'constant':
      return new Float32Array(count).fill(argument('value'));
    case 'randomNormal':
      return normalValues(key, count, argument('mean'), argument('stddev'));
    case 'randomUniform':
      return uniformValues(key, count, argument('minval'), argument('maxval'));
    case 'truncatedNormal':
      return truncatedNormalValues(key, count, argument('mean'), argument('stddev'));
    case 'varianceScaling':
      return scaled(scalingOf(values), shape, count, key);
    case 'orthogonal':
      return orthogonal(key, shape, argument('gain'));
    case 'identity':
      return new Float32Array(count).map((_, i) =>
        Math.floor(i / shape[1]!) === i % shape[1]! ? argument('gain') : 0,
      );
    default:
      return new Float32Array(count);
  }
}

function scalingOf({ scale, mode, distribution }: NamedArguments): {
  scale: number;
  mode: Mode;
  distribution: Distribution;
} {
  return { scale: scale as number, mode: mode as Mode, distribution: distribution as Distribution };
}

function scaled(
  { scale, mode, distribution }: { scale: number; mode: Mode; distribution: Distribution },
  shape: readonly number[],
  count: number,
  key: PhiloxKey,
): Float32Array {
  const { fanIn, fanOut } = fans(shape);
  const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[mode];
  const variance = scale / Math.max(1, fan);
  switch (distribution) {
    case 'uniform': {
      const limit = Math.sqrt(3 * variance);
      return uniformValues(key, count, -limit, limit);
    }
    case 'truncatedNormal':
      return truncatedNormalValues(key, count, 0, Math.sqrt(variance) / TRUNCATED_DEVIATION);
    case 'untruncatedNormal':
      return normalValues(key, count, 0, Math.sqrt(variance));
  }
}
