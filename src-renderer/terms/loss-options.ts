import type { LossSettings } from '../../src-shared/training/configuration/losses.ts';

type OptionsOf<Loss> = Loss extends unknown ? Exclude<keyof Loss, 'name' | 'formula'> : never;
export type LossOption = OptionsOf<LossSettings>;

interface OptionTerm {
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
}

/** The options of losses for a person, with their formula. */
export const lossOptionTerms: Readonly<Record<LossOption, OptionTerm>> = {
  delta: { label: 'Delta δ', hint: 'Error from which on the loss grows as a line.', min: 1e-6, max: 1e6 },
  fromLogits: {
    label: 'From logits',
    hint: 'The model ends with linear values; the loss applies softmax or sigmoid itself. Predictions are then logits, not probabilities.',
    min: 0,
    max: 1,
  },
  labelSmoothing: {
    label: 'Label smoothing s',
    hint: 'Share of each target spread over all classes, against too sure predictions.\ny ← y·(1 − s) + s / classes',
    min: 0,
    max: 1,
  },
  alpha: { label: 'Alpha α', hint: 'Weight of a class, or with two classes of class 1.', min: 0, max: 1 },
  gamma: { label: 'Gamma γ', hint: 'How much less easy examples count; 0: not at all.\n(1 − p)^γ', min: 0, max: 100 },
  applyClassBalancing: {
    label: 'Class balancing',
    hint: 'Weights class 1 by α and class 0 by 1 − α; off, α does nothing.',
    min: 0,
    max: 1,
  },
};
