import {
  defaultOptimizer,
  optimizerKinds,
  optimizerSchema,
} from '../../src-shared/training/configuration/optimizers.ts';
import type { OptimizerConfiguration, OptimizerKind } from '../../src-shared/training/configuration/optimizers.ts';

/** Clipping, decay, accumulated gradients and averages of weights: the options that most optimizers have. */
const allOptions = {
  clip: { by: 'globalNorm', limit: 0.5 },
  weightDecay: 0.01,
  gradientAccumulationSteps: 2,
  ema: { momentum: 0.9, overwriteFrequency: 3 },
} as const;

/** @param parameters Other than the defaults and a learning rate of 0.05. */
export function optimizerWith(kind: OptimizerKind, parameters: Record<string, unknown> = {}): OptimizerConfiguration {
  return optimizerSchema.parse({ ...defaultOptimizer(kind), learningRate: 0.05, ...parameters });
}

/**
 * Every kind of optimizer: SGD, Nadam and RMSprop with all options, AMSGrad for Adam.
 *
 * @param more Further parameters of a kind.
 */
export function optimizersWithState(
  more: Partial<Record<OptimizerKind, Record<string, unknown>>> = {},
): OptimizerConfiguration[] {
  const parameters: typeof more = {
    adam: { amsgrad: true },
    sgd: { momentum: 0.9, nesterov: true, ...allOptions },
    nadam: allOptions,
    rmsprop: { momentum: 0.5, centered: true, ...allOptions },
  };
  return optimizerKinds.map((kind) => optimizerWith(kind, { ...parameters[kind], ...more[kind] }));
}
