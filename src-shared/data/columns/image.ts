import { z } from 'zod';
import { pictureSettingsSchema } from './column.ts';
import type { ColumnType } from './column-type.ts';

const fitted = z.object({
  type: z.literal('image'),
  name: z.string(),
  /** height, width, channels. */
  shape: z.tuple([z.number().int(), z.number().int(), z.number().int()]),
  offset: z.number(),
  scale: z.number(),
  /** How picture files were made into images; absent if the images come from no picture files, and in runs of older versions. */
  picture: pictureSettingsSchema.optional(),
});

/** Largest rounding error of the mean of values between 0 and 1. */
const ROUNDING = 1e-6;

export const image = {
  type: 'image',
  fitted,
  label: 'image',
  oneValue: 'an image',
  hasClasses: false,
  canBeTarget: false,
  canBeWeight: false,
  inTable: false,
  comparedAs: null,
  field: 'picture',
  canReplace: (guessed, { numbers, cells }) => guessed === 'categorical' && cells && !numbers,
  missing: ['drop-row'],
  acceptsMissing: (policy) => policy !== 'category',
  scaling: ['standard', 'min-max', 'unit', 'none'],
  shapeOf: ({ shape }) => [...shape],
  inWords: () => 'image',
  reproducedAs: ({ offset, scale }) => ({ kind: 'numeric', offset, scale }),
  varianceOf: (_, { variance }) => (variance.length === 1 ? variance[0]! : 0),
  // The variance of values in [0, 1] is at most mean · (1 − mean).
  isBeyondUnit: (_, statistics) =>
    (statistics?.mean ?? []).some((mean, channel) => {
      const variance = statistics!.variance[channel]!;
      return mean < -ROUNDING || mean > 1 + ROUNDING || variance > mean * (1 - mean) + ROUNDING;
    }),
  // Without an offset, pixels are raw or divided by 255.
  isStandardized: ({ offset }) => offset !== 0,
  numbersOf: () => null,
  choicesOf: () => null,
} as const satisfies ColumnType<z.infer<typeof fitted>>;
