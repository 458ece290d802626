import { z } from 'zod';
import type { ColumnType } from './column-type.ts';

const fitted = z.object({
  type: z.literal('categorical'),
  name: z.string(),
  /** Categories in the order of their one-hot index. Includes '(missing)' if missing values are a category. */
  categories: z.array(z.string()),
  fill: z.string().nullable(),
});

/** The category of missing values, for columns with `missing: 'category'`. */
export const MISSING_CATEGORY = '(missing)';

export const categorical = {
  type: 'categorical',
  fitted,
  label: 'categorical',
  oneValue: 'a category',
  hasClasses: true,
  canBeTarget: true,
  canBeWeight: false,
  inTable: true,
  comparedAs: 'text',
  field: 'choice',
  canReplace: (guessed, { cells }) => guessed === 'numeric' || cells,
  missing: ['category', 'most-frequent', 'drop-row'],
  acceptsMissing: (policy) => policy !== 'mean' && policy !== 'median',
  scaling: ['none'],
  shapeOf: ({ categories }) => [categories.length],
  inWords: ({ categories }) => `${categories.length} categories`,
  reproducedAs: ({ categories }) => ({ kind: 'classes', classes: categories }),
  varianceOf: (_, { variance }, start) => variance[start] ?? 0,
  isBeyondUnit: () => false,
  isStandardized: () => true,
  numbersOf: () => null,
  choicesOf: ({ categories }) => categories.filter((category) => category !== MISSING_CATEGORY),
} as const satisfies ColumnType<z.infer<typeof fitted>>;
