import type { ResolvedLoss } from '../../../training/configuration/losses.ts';

/** What a loss expects of targets and of the model's end. */
export interface LossFit {
  /** Takes a target that is a number, several of them together alone, or none. */
  readonly numbers: boolean | 'several';
  /** How it takes classes: two of them as one value (and so labels), one value a class, both, or not at all. */
  readonly classes: 'one' | 'each' | 'either' | 'none';
  /** What the model's values must be: probabilities by this activation, above zero, 0 or 1, or anything. */
  readonly end: 'sigmoid' | 'softmax' | 'positive' | 'step' | 'any';
}

const distance: LossFit = { numbers: true, classes: 'either', end: 'any' };
const counts: LossFit = { numbers: true, classes: 'none', end: 'positive' };
const twoClasses: LossFit = { numbers: false, classes: 'one', end: 'sigmoid' };
const distribution: LossFit = { numbers: false, classes: 'each', end: 'softmax' };

export const lossFits: Readonly<Record<ResolvedLoss, LossFit>> = {
  meanSquaredError: distance,
  meanAbsoluteError: distance,
  /** Divides by the target, which classes make 0. */
  meanAbsolutePercentageError: { numbers: true, classes: 'none', end: 'any' },
  meanSquaredLogarithmicError: counts,
  huber: distance,
  logCosh: distance,
  binaryCrossentropy: twoClasses,
  categoricalCrossentropy: distribution,
  sparseCategoricalCrossentropy: distribution,
  binaryFocalCrossentropy: twoClasses,
  categoricalFocalCrossentropy: distribution,
  klDivergence: distribution,
  poisson: counts,
  hinge: { numbers: false, classes: 'either', end: 'any' },
  squaredHinge: { numbers: false, classes: 'either', end: 'any' },
  categoricalHinge: { numbers: false, classes: 'each', end: 'any' },
  /** Of one value only the sign would count. */
  cosineSimilarity: { numbers: 'several', classes: 'each', end: 'any' },
  perceptron: { numbers: false, classes: 'either', end: 'step' },
  formula: distance,
};
