import { z } from 'zod';

/** Losses with their options. Names and defaults are Keras 3's. */

/** Share of each target that is spread evenly over all classes. */
const labelSmoothing = z.number().min(0).max(1).default(0);
const focal = { alpha: z.number().min(0).max(1).default(0.25), gamma: z.number().min(0).max(100).default(2) };

const plain = <Name extends string>(name: Name) => z.object({ name: z.literal(name) });

/** A loss with its options. */
export const lossSettingsSchema = z.discriminatedUnion('name', [
  plain('meanSquaredError'),
  plain('meanAbsoluteError'),
  plain('meanAbsolutePercentageError'),
  plain('meanSquaredLogarithmicError'),
  /** Error from which on the loss grows as a line. */
  z.object({ name: z.literal('huber'), delta: z.number().positive().max(1e6).default(1) }),
  plain('logCosh'),
  z.object({ name: z.literal('binaryCrossentropy'), labelSmoothing }),
  z.object({ name: z.literal('categoricalCrossentropy'), labelSmoothing }),
  plain('sparseCategoricalCrossentropy'),
  z.object({
    name: z.literal('binaryFocalCrossentropy'),
    ...focal,
    /** Weights class 1 by alpha and class 0 by 1 − alpha; off, alpha does nothing. */
    applyClassBalancing: z.boolean().default(false),
    labelSmoothing,
  }),
  z.object({ name: z.literal('categoricalFocalCrossentropy'), ...focal, labelSmoothing }),
  plain('klDivergence'),
  plain('poisson'),
  plain('hinge'),
  plain('squaredHinge'),
  plain('categoricalHinge'),
  plain('cosineSimilarity'),
]);

export type LossSettings = z.infer<typeof lossSettingsSchema>;
export type ResolvedLoss = LossSettings['name'];
export type LossOf<Name extends ResolvedLoss> = Extract<LossSettings, { name: Name }>;

const names = lossSettingsSchema.options.map((option) => option.shape.name.value) as [ResolvedLoss, ...ResolvedLoss[]];

/**
 * A loss's name, with Keras's options, or an object of its name and its options. 'auto' is chosen
 * from the target: sparse categorical cross-entropy, binary cross-entropy or MSE.
 */
export const lossSchema = z.union([z.enum(['auto', ...names]), lossSettingsSchema]);

export type LossConfiguration = z.infer<typeof lossSchema>;
export type LossName = ResolvedLoss | 'auto';

export function lossNameOf(loss: LossConfiguration): LossName {
  return typeof loss === 'string' ? loss : loss.name;
}

/** A loss with all its options, defaults filled in. */
export function lossSettings(loss: ResolvedLoss | LossSettings): LossSettings {
  return lossSettingsSchema.parse(typeof loss === 'string' ? { name: loss } : loss);
}
