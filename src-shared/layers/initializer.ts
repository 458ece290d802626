import type { JsonValue } from '../document/model-document.ts';

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

export type InitializerArguments = Readonly<Record<string, number | string>>;

/** How a weight starts: a name, with Keras's defaults, or a name and arguments. */
export type Initializer = InitializerName | (InitializerArguments & { readonly name: InitializerName });

/** An argument of an initializer, enough to check it and to make a field for it. */
export type ArgumentSpec =
  | { readonly name: string; readonly default: number; readonly min: number; readonly max: number }
  | { readonly name: string; readonly default: string; readonly options: readonly string[] };

const LIMIT = 1e6;
const mean = { name: 'mean', default: 0, min: -LIMIT, max: LIMIT };
const stddev = { name: 'stddev', default: 0.05, min: 0, max: LIMIT };
const gain = { name: 'gain', default: 1, min: -LIMIT, max: LIMIT };

/** Arguments of each initializer, with Keras's names and defaults. */
export const initializerArguments: Readonly<Record<InitializerName, readonly ArgumentSpec[]>> = {
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

export const initializerNames = Object.keys(initializerArguments) as readonly InitializerName[];

/** The name and all arguments of an initializer, defaults filled in. */
export function resolveInitializer(initializer: Initializer): { name: InitializerName; values: InitializerArguments } {
  const given: InitializerArguments = typeof initializer === 'string' ? {} : initializer;
  const name = typeof initializer === 'string' ? initializer : initializer.name;
  const values = initializerArguments[name].map((spec) => [spec.name, given[spec.name] ?? spec.default] as const);
  return { name, values: Object.fromEntries(values) };
}

/** Null, or the part of a document's value that makes it no initializer. */
export function initializerFault(value: JsonValue): string | null {
  if (typeof value === 'string') return isName(value) ? null : value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'value';
  const { name, ...given } = value;
  if (typeof name !== 'string' || !isName(name)) return 'name';
  const specs = new Map(initializerArguments[name].map((spec) => [spec.name, spec]));
  const wrong = Object.entries(given).find(([key, argument]) => !fits(specs.get(key), argument));
  return wrong?.[0] ?? null;
}

function isName(name: string): name is InitializerName {
  return Object.hasOwn(initializerArguments, name);
}

function fits(spec: ArgumentSpec | undefined, value: JsonValue): boolean {
  if (spec === undefined) return false;
  if ('options' in spec) return typeof value === 'string' && spec.options.includes(value);
  return typeof value === 'number' && value >= spec.min && value <= spec.max;
}

/** Null, or why an initializer cannot fill a weight of this shape; the words go on after "The initializer of kernel ". */
export function initializerShapeFault(initializer: Initializer, shape: readonly number[]): string | null {
  const { name } = resolveInitializer(initializer);
  const received = `received [${shape.join(', ')}]. Choose another initializer.`;
  if (name === 'identity' && shape.length !== 2) return `needs a weight of rank 2; ${received}`;
  if (name === 'orthogonal' && shape.length < 2) return `needs a weight of rank 2 or more; ${received}`;
  return null;
}
