import { convolutional, residual } from './images.ts';
import { classifier, regressor, selfNormalizing, twoOutputs, wideAndDeep } from './perceptrons.ts';
import { longShortTerm } from './sequences.ts';
import type { Template } from './template.ts';

/** In the order in which they are offered. */
export const templates: readonly Template[] = [
  regressor,
  classifier,
  selfNormalizing,
  wideAndDeep,
  twoOutputs,
  convolutional,
  residual,
  longShortTerm,
];
