import { z } from 'zod';
import type { ColumnType } from './column-type.ts';

const fitted = z.object({
  type: z.literal('numeric'),
  name: z.string(),
  /** value' = (value - offset) / scale. */
  offset: z.number(),
  scale: z.number(),
  /** Replaces missing values, before scaling; null: rows with a missing value were dropped. */
  fill: z.number().nullable(),
  /** Range of the training rows. */
  min: z.number(),
  max: z.number(),
  unit: z.string().optional(),
});

/** Unscaled values on both sides of 0 whose magnitude is at most this count as standardized. */
const LARGEST_STANDARDIZED = 6;

export const numeric = {
  type: 'numeric',
  fitted,
  label: 'numeric',
  oneValue: 'a number',
  hasClasses: false,
  canBeTarget: true,
  canBeWeight: true,
  inTable: true,
  comparedAs: 'number',
  field: 'number',
  canReplace: (_, { numbers }) => numbers,
  missing: ['median', 'mean', 'zero', 'most-frequent', 'drop-row'],
  acceptsMissing: (policy) => policy !== 'category',
  scaling: ['standard', 'min-max', 'none'],
  shapeOf: () => [1],
  inWords: () => 'number',
  reproducedAs: ({ offset, scale, unit }) => ({
    kind: 'numeric',
    offset,
    scale,
    ...(unit === undefined ? {} : { unit }),
  }),
  varianceOf: (_, { variance }, start) => variance[start] ?? 0,
  isBeyondUnit: ({ min, max, offset, scale }) => (min - offset) / scale < 0 || (max - offset) / scale > 1,
  isStandardized({ min, max, offset, scale }) {
    if (offset === min && scale === (max - min || 1)) return min === max;
    if (offset !== 0 || scale !== 1) return true;
    return min < 0 && max > 0 && Math.max(-min, max) <= LARGEST_STANDARDIZED;
  },
  numbersOf: (column) => column,
  choicesOf: () => null,
} as const satisfies ColumnType<z.infer<typeof fitted>>;
