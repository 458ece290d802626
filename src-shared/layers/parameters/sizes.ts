import type { JsonValue } from '../../document/schema/model-document.ts';
import type { Pair, Triple } from '../../program/language/types.ts';
import { numberOf } from './number.ts';
import { isWhole, orNothing } from './parameter-kind.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** One integer, or one for each axis: [height, width], or [depth, height, width]. */
export interface SizesType {
  readonly kind: 'sizes';
  readonly axes: 2 | 3;
  readonly min: number;
  readonly max: number;
  /** Null is allowed and means this. */
  readonly emptyMeans?: string;
}

export const sizes: ParameterKind<SizesType> = {
  fault({ axes, min, max, emptyMeans }, value) {
    const given = Array.isArray(value) ? value : new Array<JsonValue>(axes).fill(value);
    if (given.length === axes && given.every((size) => isWhole(size, min, max))) return null;
    if (value === null && emptyMeans !== undefined) return null;
    return `one or ${axes === 2 ? 'two' : 'three'} whole numbers from ${min} to ${max}${orNothing(emptyMeans)}`;
  },
  field: ({ axes, min, max, emptyMeans }) => ({
    input: 'axes',
    labels: axes === 2 ? ['Height', 'Width'] : ['Depth', 'Height', 'Width'],
    min,
    max,
    emptyMeans,
  }),
};

/** A checked 'sizes' parameter, or with one axis an 'integer' one, as a number for each axis. */
export function sizesOf(value: JsonValue | undefined, axes: number): number[] {
  const given = Array.isArray(value) ? value.map(numberOf) : new Array<number>(axes).fill(numberOf(value));
  if (given.length !== axes) throw new Error(`Expected ${axes} numbers; received ${JSON.stringify(value)}.`);
  return given;
}

/** A checked 'sizes' parameter of two axes. */
export function pairOf(value: JsonValue | undefined): Pair {
  const [height, width] = sizesOf(value, 2);
  return [height!, width!];
}

/** A checked 'sizes' parameter of three axes. */
export function tripleOf(value: JsonValue | undefined): Triple {
  const [depth, height, width] = sizesOf(value, 3);
  return [depth!, height!, width!];
}

/** '3 × 3'; with one axis '3'; nothing where nothing is given. */
export function formatSizes(value: JsonValue | undefined, axes: number): string {
  return value === null || value === undefined ? '' : sizesOf(value, axes).join(' × ');
}
