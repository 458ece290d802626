import type { GraphProblem } from '../../document/schema/problem.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';
import { biasBeforeNormalization } from './bias-before-normalization.ts';
import { denseOnImages } from './dense-on-images.ts';
import { dropoutAtEnd } from './dropout-at-end.ts';
import { linearStack } from './linear-stack.ts';
import { pixelRange } from './pixel-range.ts';
import { rectifierInitializer } from './rectifier-initializer.ts';
import { repeatedSoftmax } from './repeated-softmax.ts';
import { saturatingActivation } from './saturating-activation.ts';
import { seluDropout } from './selu-dropout.ts';
import { seluGraph } from './selu-graph.ts';
import { seluInitializer } from './selu-initializer.ts';
import { seluInput } from './selu-input.ts';

/** Rules for models that work but could train better. */
const rules: readonly Advice[] = [
  seluInitializer,
  seluDropout,
  seluInput,
  seluGraph,
  pixelRange,
  biasBeforeNormalization,
  denseOnImages,
  saturatingActivation,
  rectifierInitializer,
  linearStack,
  dropoutAtEnd,
  repeatedSoftmax,
];

/** Advice of all rules, in their order. */
export function advise(model: AdvisedModel): GraphProblem[] {
  return rules.flatMap((rule) => rule(model));
}
