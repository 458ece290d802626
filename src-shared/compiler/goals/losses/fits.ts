import type { ResolvedLoss } from '../../../training/configuration/losses.ts';

/** Which targets and last activation a loss is for. */
export interface LossFit {
  /** Whether it is for numeric targets; 'several': for several together only. */
  readonly numbers: boolean | 'several';
  /** For class targets: 'one' value for two classes (and labels), one value for 'each' class, 'either', 'none'. */
  readonly classes: 'one' | 'each' | 'either' | 'none';
  /** Expected predictions: probabilities of this activation, 'positive' values, 0 or 1 ('step'), 'any'. */
  readonly end: 'sigmoid' | 'softmax' | 'positive' | 'step' | 'any';
}

const distance: LossFit = { numbers: true, classes: 'either', end: 'any' };
const counts: LossFit = { numbers: true, classes: 'none', end: 'positive' };
const twoClasses: LossFit = { numbers: false, classes: 'one', end: 'sigmoid' };
const distribution: LossFit = { numbers: false, classes: 'each', end: 'softmax' };

export const lossFits: Readonly<Record<ResolvedLoss, LossFit>> = {
  meanSquaredError: distance,
  meanAbsoluteError: distance,
  /** Divides by the target, which is 0 for classes. */
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
  /** For one value only the sign would count. */
  cosineSimilarity: { numbers: 'several', classes: 'each', end: 'any' },
  perceptron: { numbers: false, classes: 'either', end: 'step' },
  formula: distance,
};
