import { z } from 'zod';
import { fittedColumnSchema } from './columns/registry.ts';

/**
 * The feature spec of a prepared data set: shape and columns of an example, and its targets.
 * Fitted on training rows only and recorded with the run, so that rows for prediction are
 * encoded exactly as in training.
 */

export const targetSpecSchema = z.discriminatedUnion('kind', [
  /** Stored as class index. */
  z.object({
    kind: z.literal('classes'),
    name: z.string(),
    classes: z.array(z.string()),
    /** Number of training rows of each class; absent in runs of older versions. */
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

const statisticsSchema = z.object({ mean: z.array(z.number()), variance: z.array(z.number().nonnegative()) });

/** Runs of older versions have one `target`. */
function withTargets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('target' in value) || 'targets' in value) return value;
  const { target, ...rest } = value;
  return { ...rest, targets: [target] };
}

export const featureSpecSchema = z.preprocess(
  withTargets,
  z.object({
    /** In input order; `feature-tensors.ts` says which tensor each column is in. */
    columns: z.array(fittedColumnSchema),
    /** Shape of one example of the tensor `x`, without the batch axis: [featureCount] or [height, width, channels]. */
    inputShape: z.array(z.number().int().positive()),
    /**
     * Mean and variance of the encoded training rows of `x`, per value of an example's last axis; absent in
     * runs of older versions.
     */
    statistics: statisticsSchema.optional(),
    /** The same for further tensors, by input; absent if there are none. */
    furtherStatistics: z.record(z.string(), statisticsSchema).optional(),
    /** One column each of y, in this order; see `target-columns.ts`. */
    targets: z.array(targetSpecSchema).min(1),
    /** The column of sample weights, the last column of y; null: all weights are 1. */
    weight: z.object({ name: z.string() }).nullable().default(null),
  }),
);

export const rowCountsSchema = z.object({
  train: z.number().int(),
  validation: z.number().int(),
  test: z.number().int(),
  /** Rows dropped because of a missing value. */
  dropped: z.number().int(),
  /** Rows that the document's filter leaves out; absent without a filter. */
  filtered: z.number().int().optional(),
});

export type FittedColumn = z.infer<typeof fittedColumnSchema>;
export type TargetSpec = z.infer<typeof targetSpecSchema>;
export type FeatureSpec = z.infer<typeof featureSpecSchema>;
export type RowCounts = z.infer<typeof rowCountsSchema>;
