import { averagingSchema, type Averaging } from '../../src-shared/training/configuration/optimizers.ts';

/** Keras's preset. */
export const presetAveraging: Averaging = averagingSchema.parse({});

export const averagingTerms = {
  ema: 'Keeps a moving average of the weights, which takes their place when training ends; often generalizes better.\na ← m·a + (1 − m)·w',
  momentum: 'Share m of the average that each update keeps.\n0.99: about the last 100 updates count.',
  overwriteFrequency: 'Number of updates after which the average replaces the weights.\nEmpty: only at the end.',
  validate:
    'Validation and the best checkpoint use the average too.\nOff, as in Keras: they use the weights of that moment; only the last weights are averages.',
} as const;

/** 'weights averaged (0.99)'. */
export function averagingWords(ema: Averaging | undefined): string[] {
  if (ema === undefined) return [];
  const { momentum, overwriteFrequency } = ema;
  const often = overwriteFrequency === undefined ? '' : `, overwritten every ${overwriteFrequency}`;
  return [`weights averaged (${momentum}${often})`];
}
