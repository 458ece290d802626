import type { JsonValue } from '../../document/schema/model-document.ts';
import { isWhole } from './parameter-kind.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** Keras's `noise_shape`: the mask's size along each axis, the examples' first; null: that of the input. */
export interface NoiseShapeType {
  readonly kind: 'noiseShape';
}

const MAX_RANK = 5;
const MAX_SIZE = 1_000_000;
const EXPECTED = `nothing, or a size for each axis, at most ${MAX_RANK}: None for the input's, else a whole number of 1 or more`;

export const noiseShape: ParameterKind<NoiseShapeType> = {
  fault: (_, value) => (value === null || isNoiseShape(value) ? null : EXPECTED),
  field: () => ({
    input: 'text',
    placeholder: "the input's shape",
    show: noiseShapeText,
    read(text) {
      const words = text.split(/[\s,×()[\]]+/).filter((word) => word !== '');
      if (words.length === 0) return { value: undefined };
      const sizes = words.map((word) => (/^(none|null)$/i.test(word) ? null : Number(word)));
      return isNoiseShape(sizes)
        ? { value: sizes }
        : { fault: 'A size for each axis is needed, such as None, 1, 1, 1.' };
    },
  }),
  words: (_, value) => noiseShapeText(value),
  fromKeras: (_, value) => (Array.isArray(value) ? (value as JsonValue[]) : undefined),
};

function isNoiseShape(value: JsonValue): value is (number | null)[] {
  const isSize = (size: JsonValue): boolean => size === null || isWhole(size, 1, MAX_SIZE);
  return Array.isArray(value) && value.length >= 2 && value.length <= MAX_RANK && value.every(isSize);
}

/** 'None, 1, 1, 1'. */
function noiseShapeText(value: JsonValue): string {
  return Array.isArray(value) ? value.map((size) => (size === null ? 'None' : String(size))).join(', ') : '';
}

/** A checked parameter; null: the mask has the input's shape. */
export function noiseShapeOf(value: JsonValue | undefined): readonly (number | null)[] | null {
  return Array.isArray(value) ? (value as (number | null)[]) : null;
}
