import { z } from 'zod';
import { fractionBelowOne, nonNegativeFloat32, positiveFloat32 } from '../field-schemas/float32.ts';

/** Optimizers with their options. Names and defaults are Keras 3's. */

/** At most one way of clipping, as in Keras. */
export const clippingSchema = z.object({
  /** Each element to ±limit; each weight's gradient to an L2 norm of limit; all gradients together to it. */
  by: z.enum(['value', 'norm', 'globalNorm']),
  limit: positiveFloat32(),
});

/** A moving average of the weights, which takes their place when training ends, as in Keras's `fit`. */
export const averagingSchema = z.object({
  /** Share of the average that is kept at each update. */
  momentum: z.number().min(0).max(1).default(0.99),
  /** Number of updates after which the average replaces the weights; absent: only at the end. */
  overwriteFrequency: z.number().int().min(1).max(1_000_000).optional(),
  /** Validation and the best checkpoint take the average, as with Keras's SwapEMAWeights. Absent: the weights of that moment. */
  validate: z.boolean().optional(),
});

const beta = (initial: number) => fractionBelowOne().default(initial);
const epsilon = positiveFloat32().default(1e-7);
const nonNegative = (initial: number) => nonNegativeFloat32().default(initial);

/** What every optimizer takes. An absent option is off. */
const common = {
  /** Where a schedule begins, or what it rises to. */
  learningRate: positiveFloat32(),
  clip: clippingSchema.optional(),
  /** Share of learningRate · weight taken off every trained weight before its update. */
  weightDecay: nonNegativeFloat32().optional(),
  /** Number of steps whose mean gradient makes one update. */
  gradientAccumulationSteps: z.number().int().min(2).max(1_000_000).optional(),
  /** Keras's use_ema, ema_momentum, ema_overwrite_frequency. */
  ema: averagingSchema.optional(),
};

const adamOptions = {
  beta1: beta(0.9),
  beta2: beta(0.999),
  epsilon,
  /** AMSGrad: divides by the largest second moment so far. Absent: false. */
  amsgrad: z.boolean().optional(),
};

export const optimizerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sgd'),
    ...common,
    momentum: z.number().min(0).max(1).default(0),
    nesterov: z.boolean().default(false),
  }),
  z.object({ kind: z.literal('adam'), ...common, ...adamOptions }),
  z.object({ kind: z.literal('adamw'), ...common, ...adamOptions, weightDecay: nonNegative(0.004) }),
  z.object({ kind: z.literal('adamax'), ...common, beta1: beta(0.9), beta2: beta(0.999), epsilon }),
  z.object({ kind: z.literal('nadam'), ...common, beta1: beta(0.9), beta2: beta(0.999), epsilon }),
  z.object({ kind: z.literal('adagrad'), ...common, initialAccumulatorValue: nonNegative(0.1), epsilon }),
  z.object({ kind: z.literal('adadelta'), ...common, rho: beta(0.95), epsilon }),
  z.object({
    kind: z.literal('rmsprop'),
    ...common,
    rho: beta(0.9),
    momentum: z.number().min(0).max(1).default(0),
    epsilon,
    /** Divides by the variance of the gradient in place of its second moment. */
    centered: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal('ftrl'),
    ...common,
    learningRatePower: z.number().max(0).default(-0.5),
    initialAccumulatorValue: nonNegative(0.1),
    l1RegularizationStrength: nonNegative(0),
    l2RegularizationStrength: nonNegative(0),
    l2ShrinkageRegularizationStrength: nonNegative(0),
    beta: nonNegative(0),
  }),
  z.object({
    kind: z.literal('lion'),
    ...common,
    beta1: z.number().positive().max(1).default(0.9),
    beta2: beta(0.99),
  }),
]);

export type OptimizerConfiguration = z.infer<typeof optimizerSchema>;
export type OptimizerKind = OptimizerConfiguration['kind'];
export type OptimizerOf<Kind extends OptimizerKind> = Extract<OptimizerConfiguration, { kind: Kind }>;
export type Clipping = z.infer<typeof clippingSchema>;
export type Averaging = z.infer<typeof averagingSchema>;

/** Which option of each kind a schedule of the momentum takes the place of; null: it has none. Source: PyTorch OneCycleLR. */
const momentumOptions = {
  sgd: 'momentum',
  adam: 'beta1',
  adamw: 'beta1',
  adamax: 'beta1',
  nadam: 'beta1',
  rmsprop: 'momentum',
  lion: 'beta1',
  adagrad: null,
  adadelta: null,
  ftrl: null,
} as const satisfies Readonly<Record<OptimizerKind, 'momentum' | 'beta1' | null>>;

export function momentumOption(kind: OptimizerKind): 'momentum' | 'beta1' | null {
  return momentumOptions[kind];
}

/** Keras's learning rate of each kind; with the schema's defaults, all that Keras presets. */
const learningRates: Readonly<Record<OptimizerKind, number>> = {
  sgd: 0.01,
  adam: 0.001,
  adamw: 0.001,
  adamax: 0.001,
  nadam: 0.001,
  adagrad: 0.001,
  adadelta: 0.001,
  rmsprop: 0.001,
  ftrl: 0.001,
  lion: 0.001,
};

/** In the order in which they are offered. */
export const optimizerKinds: readonly OptimizerKind[] = [
  'adam',
  'adamw',
  'nadam',
  'adamax',
  'sgd',
  'rmsprop',
  'adagrad',
  'adadelta',
  'ftrl',
  'lion',
];

/** An optimizer with Keras's defaults. */
export function defaultOptimizer<Kind extends OptimizerKind>(kind: Kind): OptimizerOf<Kind> {
  // The schema returns the member whose kind it was given.
  return optimizerSchema.parse({ kind, learningRate: learningRates[kind] }) as OptimizerOf<Kind>;
}
