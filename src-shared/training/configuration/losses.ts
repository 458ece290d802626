import { z } from 'zod';
import { positiveFloat32 } from '../field-schemas/float32.ts';
import { formulaSchema, GOAL_VARIABLES } from '../field-schemas/formulas.ts';

/** Losses with their options. Names and defaults are Keras 3's. */

/** Share of each target that is spread evenly over all classes. */
const labelSmoothing = z.number().min(0).max(1).default(0);
/** The model's values are logits: softmax or sigmoid is applied in the loss. */
const fromLogits = z.boolean().default(false);
const focal = { alpha: z.number().min(0).max(1).default(0.25), gamma: z.number().min(0).max(100).default(2) };

const plain = <Name extends string>(name: Name) => z.object({ name: z.literal(name) });

/** A loss with its options. */
export const lossSettingsSchema = z.discriminatedUnion('name', [
  plain('meanSquaredError'),
  plain('meanAbsoluteError'),
  plain('meanAbsolutePercentageError'),
  plain('meanSquaredLogarithmicError'),
  /** Error from which on the loss grows as a line. */
  z.object({ name: z.literal('huber'), delta: positiveFloat32().max(1e6).default(1) }),
  plain('logCosh'),
  z.object({ name: z.literal('binaryCrossentropy'), fromLogits, labelSmoothing }),
  z.object({ name: z.literal('categoricalCrossentropy'), fromLogits, labelSmoothing }),
  z.object({ name: z.literal('sparseCategoricalCrossentropy'), fromLogits }),
  z.object({
    name: z.literal('binaryFocalCrossentropy'),
    ...focal,
    /** Weights class 1 by alpha and class 0 by 1 − alpha; off, alpha does nothing. */
    applyClassBalancing: z.boolean().default(false),
    fromLogits,
    labelSmoothing,
  }),
  z.object({ name: z.literal('categoricalFocalCrossentropy'), ...focal, fromLogits, labelSmoothing }),
  plain('klDivergence'),
  plain('poisson'),
  plain('hinge'),
  plain('squaredHinge'),
  plain('categoricalHinge'),
  plain('cosineSimilarity'),
  plain('perceptron'),
  /** Of y_true and y_pred, for each value. */
  z.object({ name: z.literal('formula'), formula: formulaSchema(GOAL_VARIABLES) }),
]);

export type LossSettings = z.infer<typeof lossSettingsSchema>;
export type ResolvedLoss = LossSettings['name'];
export type LossOf<Name extends ResolvedLoss> = Extract<LossSettings, { name: Name }>;

/** Losses that need no more than their name. */
export type PlainLoss = Exclude<ResolvedLoss, 'formula'>;

const names = lossSettingsSchema.options
  .map((option) => option.shape.name.value)
  .filter((name) => name !== 'formula') as [PlainLoss, ...PlainLoss[]];

/**
 * A loss's name, with Keras's options, an object of its name and its options, or `{ "formula": … }`.
 * 'auto' is chosen from the target: sparse categorical cross-entropy, binary cross-entropy or MSE.
 */
export const lossSchema = z.union([
  z.enum(['auto', ...names]),
  lossSettingsSchema,
  z
    .strictObject({ formula: formulaSchema(GOAL_VARIABLES) })
    .transform(({ formula }) => ({ name: 'formula' as const, formula })),
]);

export type LossConfiguration = z.infer<typeof lossSchema>;
export type LossName = ResolvedLoss | 'auto';

export function lossNameOf(loss: LossConfiguration): LossName {
  return typeof loss === 'string' ? loss : loss.name;
}

/** A loss with all its options, defaults filled in. */
export function lossSettings(loss: PlainLoss | LossSettings): LossSettings {
  return lossSettingsSchema.parse(typeof loss === 'string' ? { name: loss } : loss);
}

/** Whether the loss compares values with -1 and 1, so that 0 parts the classes. */
export function readsMargins({ name }: LossSettings): boolean {
  return name === 'hinge' || name === 'squaredHinge';
}

/** Whether the loss applies softmax or sigmoid itself. */
export function readsLogits(loss: LossSettings): boolean {
  return 'fromLogits' in loss && loss.fromLogits;
}
