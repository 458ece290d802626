import { resolveNamed } from './named-arguments.ts';
import type { ArgumentTable, Named } from './named-arguments.ts';

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
