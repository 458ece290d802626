import type { JsonValue } from '../../document/schema/model-document.ts';
import { isWhole, orNothing, readKerasNumber } from './parameter-kind.ts';
import type { ParameterKind } from './parameter-kind.ts';

export interface IntegerType {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
  /** Null is allowed and means this: 'no limit'. */
  readonly emptyMeans?: string;
}

export const integer: ParameterKind<IntegerType> = {
  fault({ min, max, emptyMeans }, value) {
    if (isWhole(value, min, max) || (value === null && emptyMeans !== undefined)) return null;
    return `a whole number from ${min} to ${max}${orNothing(emptyMeans)}`;
  },
  field: ({ min, max, emptyMeans }) => ({
    input: 'number',
    min,
    max,
    step: 1,
    whole: true,
    exclusiveMax: false,
    emptyMeans,
  }),
  fromKeras: (_, value) => readKerasNumber(value),
};

export interface NumberType {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** Of the field's arrow keys. */
  readonly step: number;
  /** `max` itself is refused. */
  readonly exclusiveMax?: boolean;
  /** Null is allowed and means this: 'no limit'. */
  readonly emptyMeans?: string;
}

export const number: ParameterKind<NumberType> = {
  fault({ min, max, exclusiveMax, emptyMeans }, value) {
    const below = (given: number): boolean => (exclusiveMax === true ? given < max : given <= max);
    if (typeof value === 'number' && value >= min && below(value)) return null;
    if (value === null && emptyMeans !== undefined) return null;
    return `a number from ${min} to ${exclusiveMax === true ? 'below ' : ''}${max}${orNothing(emptyMeans)}`;
  },
  field: ({ min, max, step, exclusiveMax = false, emptyMeans }) => ({
    input: 'number',
    min,
    max,
    step,
    whole: false,
    exclusiveMax,
    emptyMeans,
  }),
  fromKeras: (_, value) => readKerasNumber(value),
};

/** A checked 'integer' or 'number' parameter. */
export function numberOf(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value;
  throw new Error(`Expected a number; received ${JSON.stringify(value)}.`);
}
