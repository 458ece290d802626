import { isWhole } from './parameter-kind.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** A shape without the batch axis; empty: that of the data set. */
export interface ShapeType {
  readonly kind: 'shape';
}

const MAX_RANK = 4;
const MAX_SIZE = 1_000_000;

export const shape: ParameterKind<ShapeType> = {
  fault(_, value) {
    const fits = Array.isArray(value) && value.length <= MAX_RANK && value.every((size) => isWhole(size, 1, MAX_SIZE));
    return fits ? null : 'a list of at most four sizes, each a whole number of 1 or more';
  },
  field: () => ({
    input: 'text',
    placeholder: 'from the data set',
    show: (value) => (Array.isArray(value) ? value.join(' × ') : ''),
    read(text) {
      const sizes = parseShape(text);
      if (sizes === null) return { fault: 'Positive whole numbers are needed, such as 28 × 28 × 1.' };
      return { value: sizes.length === 0 ? undefined : sizes };
    },
  }),
};

/** '28, 28, 1' or '28 × 28 × 1' → [28, 28, 1]; null where it is not a list of positive whole numbers. Empty gives []. */
export function parseShape(text: string): number[] | null {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const sizes = trimmed.split(/\s*[,×x*\s]\s*/).map(Number);
  return sizes.every((size) => Number.isInteger(size) && size > 0) ? sizes : null;
}
