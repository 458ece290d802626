import type { JsonValue } from '../../document/schema/model-document.ts';
import { numberOf } from './number.ts';
import { isWhole, orNothing } from './parameter-kind.ts';
import type { FieldOf, ParameterKind } from './parameter-kind.ts';

/** A list of integers, or one integer alone. */
export interface IntegersType {
  readonly kind: 'integers';
  readonly min: number;
  readonly max: number;
  readonly minLength: number;
  readonly maxLength: number;
}

export const integers: ParameterKind<IntegersType> = {
  fault: integersFault,
  field: integersField,
};

type Limits = Omit<IntegersType, 'kind'>;

export function integersFault({ min, max, minLength, maxLength }: Limits, value: JsonValue): string | null {
  const fits = Array.isArray(value)
    ? value.length >= minLength && value.length <= maxLength && value.every((entry) => isWhole(entry, min, max))
    : isWhole(value, min, max);
  return fits ? null : `${minLength} to ${maxLength} whole numbers from ${min} to ${max}`;
}

/** Typed as '2, 1'; one integer is kept alone, as Keras writes it. */
export function integersField({ min, max, minLength, maxLength }: Limits): FieldOf<'text'> {
  return {
    input: 'text',
    placeholder: 'none',
    show: listText,
    read(text) {
      const given = wordsOf(text).map(Number);
      const fits =
        given.length <= maxLength &&
        (given.length === 0 || given.length >= minLength) &&
        given.every((entry) => isWhole(entry, min, max));
      if (fits) return { value: oneOrAll(given) };
      const count = minLength === maxLength ? maxLength : `up to ${maxLength}`;
      return { fault: `Whole numbers from ${min} to ${max} are needed, ${count} of them.` };
    },
  };
}

/** A checked 'integers' parameter as a list. */
export function integersOf(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? value.map(numberOf) : [numberOf(value)];
}

/** A list of numbers, or one number alone. */
export interface NumbersType {
  readonly kind: 'numbers';
  readonly min: number;
  readonly max: number;
  /** 1 where it is absent. */
  readonly minLength?: number;
  readonly maxLength: number;
  /** Null is allowed and means this: 'from training rows'. */
  readonly emptyMeans?: string;
}

export const numbers: ParameterKind<NumbersType> = {
  fault({ min, max, minLength = 1, maxLength, emptyMeans }, value) {
    if (value === null && emptyMeans !== undefined) return null;
    const given = Array.isArray(value) ? value : [value];
    const within = given.every((entry) => typeof entry === 'number' && entry >= min && entry <= max);
    if (within && given.length >= minLength && given.length <= maxLength) return null;
    const form =
      minLength > 1 ? `${countOf(minLength, maxLength)} numbers` : `a number, or a list of 1 to ${maxLength}`;
    return `${form}, each from ${min} to ${max}${orNothing(emptyMeans)}`;
  },
  field: ({ min, max, minLength = 1, maxLength, emptyMeans }) => ({
    input: 'text',
    placeholder: emptyMeans ?? '',
    show: listText,
    read(text) {
      const given = wordsOf(text).map(Number);
      const isCount = given.length === 0 || (given.length >= minLength && given.length <= maxLength);
      if (isCount && given.every((entry) => entry >= min && entry <= max)) return { value: oneOrAll(given) };
      const count = minLength > 1 ? countOf(minLength, maxLength) : `up to ${maxLength}`;
      return { fault: `Numbers from ${min} to ${max} are needed, ${count} of them.` };
    },
  }),
};

const countOf = (min: number, max: number): string => (min === max ? String(max) : `${min} to ${max}`);

function listText(value: JsonValue): string {
  return Array.isArray(value) ? value.join(', ') : String(value ?? '');
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,;×x*]+/).filter((word) => word !== '');
}

/** Undefined where there is none: the default. */
function oneOrAll(given: readonly number[]): JsonValue | undefined {
  return given.length > 1 ? [...given] : given[0];
}
