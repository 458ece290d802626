import { z } from 'zod';

/**
 * What a prepared dataset offers a model: shapes of one example and how to read its
 * targets. Fitted on training rows only; recorded with the run, so that a single row
 * can be prepared for prediction exactly as in training.
 */

export const fittedColumnSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('numeric'),
    name: z.string(),
    /** value' = (value - offset) / scale. */
    offset: z.number(),
    scale: z.number(),
    /** Replaces a missing value, before scaling; null: rows with a missing value were dropped. */
    fill: z.number().nullable(),
    /** Range seen in training rows, for input forms. */
    min: z.number(),
    max: z.number(),
    unit: z.string().optional(),
  }),
  z.object({
    type: z.literal('categorical'),
    name: z.string(),
    /** One-hot position by index, in order of first sorting by name. Includes '(missing)' where missing is a category. */
    categories: z.array(z.string()),
    fill: z.string().nullable(),
  }),
  z.object({
    type: z.literal('image'),
    name: z.string(),
    /** height, width, channels. */
    shape: z.tuple([z.number().int(), z.number().int(), z.number().int()]),
    offset: z.number(),
    scale: z.number(),
  }),
]);

export const targetSpecSchema = z.discriminatedUnion('kind', [
  /** Stored as class index. */
  z.object({
    kind: z.literal('classes'),
    name: z.string(),
    classes: z.array(z.string()),
    /** Training rows of each class; absent in runs of older versions. */
    counts: z.array(z.number().int()).optional(),
  }),
  /** Stored scaled; original = stored * scale + offset. */
  z.object({
    kind: z.literal('numeric'),
    name: z.string(),
    offset: z.number(),
    scale: z.number(),
    /** Statistics of the target over training rows, in original units; the mean is absent in runs of older versions. */
    mean: z.number().optional(),
    standardDeviation: z.number(),
    unit: z.string().optional(),
  }),
]);

/** Runs of older versions have one `target`. */
function withTargets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('target' in value) || 'targets' in value) return value;
  const { target, ...rest } = value;
  return { ...rest, targets: [target] };
}

export const featureSpecSchema = z.preprocess(
  withTargets,
  z.object({
    /** In input order; one-hot and numeric columns concatenate into one vector. */
    columns: z.array(fittedColumnSchema),
    /** Shape of one example without the batch axis: [featureCount] or [height, width, channels]. */
    inputShape: z.array(z.number().int().positive()),
    /**
     * Mean and variance over the training rows of each value of an example's last axis, as a model is
     * given it; absent in runs of older versions.
     */
    statistics: z.object({ mean: z.array(z.number()), variance: z.array(z.number().nonnegative()) }).optional(),
    /** One column each of y, in this order; see `target-columns.ts`. */
    targets: z.array(targetSpecSchema).min(1),
    /** The column that weights examples in the loss, the last column of y; null: all count alike. */
    weight: z.object({ name: z.string() }).nullable().default(null),
  }),
);

export const rowCountsSchema = z.object({
  train: z.number().int(),
  validation: z.number().int(),
  test: z.number().int(),
  /** Rows left out because a value was missing. */
  dropped: z.number().int(),
});

export type FittedColumn = z.infer<typeof fittedColumnSchema>;
export type TargetSpec = z.infer<typeof targetSpecSchema>;
export type FeatureSpec = z.infer<typeof featureSpecSchema>;
export type RowCounts = z.infer<typeof rowCountsSchema>;
