import { z } from 'zod';
import { newerVersion } from '../text/document-version.ts';
import { migrate, type Migration } from '../text/migrate.ts';
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
    /** True: the column was not read, whatever its type, and y has zeros. */
    unread: z.literal(true).optional(),
  }),
]);

const statisticsSchema = z.object({ mean: z.array(z.number()), variance: z.array(z.number().nonnegative()) });

export const featureSpecSchema = z.object({
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
});

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

/** Version of specs as runs record them. Those that have no version have version 1. */
const SPEC_VERSION = 2;

const MIGRATIONS: readonly Migration[] = [
  // 2: a list of targets. The first runs have one `target`.
  ({ target, ...spec }) => (target === undefined ? spec : { targets: [target], ...spec }),
];

/** A spec as a run records it. */
export function recordedSpec(spec: FeatureSpec): Record<string, unknown> {
  return { version: SPEC_VERSION, ...spec };
}

/**
 * A recorded spec in the present version; other values are returned unchanged.
 *
 * @param owner For messages: 'The feature spec of run 3'.
 * @throws AppError `document/newer-version`.
 */
export function specOfThisVersion(recorded: unknown, owner: string): unknown {
  if (typeof recorded !== 'object' || recorded === null) return recorded;
  const { version = 1, ...spec } = recorded as Record<string, unknown>;
  if (typeof version !== 'number') return recorded;
  if (version > SPEC_VERSION) throw newerVersion(owner, version, SPEC_VERSION);
  const { version: _, ...present } = migrate(spec, version, MIGRATIONS, SPEC_VERSION);
  return present;
}
