import { z } from 'zod';

/** Why the outputs of frozen layers are computed in each step although layers are frozen. */
const reasonSchema = z.enum(['off', 'recorded', 'epochs', 'random', 'batch', 'trained', 'small', 'large']);

/** Whether a run computes its frozen part once, on which values it trains instead, and from which step on no longer. */
export const cachedFeaturesSchema = z.discriminatedUnion('used', [
  z.object({
    used: z.literal(true),
    /** Number of layers. */
    layers: z.number().int(),
    /** Examples. */
    rows: z.number().int(),
    sizeBytes: z.number(),
    /** Computing or reading them; null: not yet. */
    durationMs: z.number().nullable(),
    /** Read from the cache on disk. */
    stored: z.boolean(),
    /** The cached values, and the step from which on each is computed in every step; null: never. */
    values: z.array(z.object({ name: z.string(), untilStep: z.number().int().nullable() })),
  }),
  z.object({
    used: z.literal(false),
    reason: reasonSchema,
    /** The first layer whose outputs change between epochs. */
    layer: z.string().optional(),
  }),
]);
export type CachedFeaturesRecord = z.infer<typeof cachedFeaturesSchema>;
export type UsedFeatures = Extract<CachedFeaturesRecord, { used: true }>;
export type UnusedFeatures = Extract<CachedFeaturesRecord, { used: false }>;

/** The first step that did not use all of the cached values; null: none. */
export function cachedUntil({ values }: UsedFeatures): number | null {
  const steps = values.flatMap(({ untilStep }) => untilStep ?? []);
  return steps.length === 0 ? null : Math.min(...steps);
}

/** 'The frozen part, 98 layers, was computed once: 8.5 s.' */
export function cachedFeaturesText(record: CachedFeaturesRecord): string {
  if (!record.used) return `The frozen part is computed in each step: ${reasonText(record)}.`;
  const { layers, durationMs, stored } = record;
  const part = `The frozen part, ${layers.toLocaleString('en')} ${layers === 1 ? 'layer' : 'layers'},`;
  const until = cachedUntil(record);
  const end = until === null ? '' : ` From step ${(until + 1).toLocaleString('en')} on, layers in it train.`;
  if (durationMs === null) return `${part} is computed once.${end}`;
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  return stored ? `${part} was read from the cache: ${seconds}.${end}` : `${part} was computed once: ${seconds}.${end}`;
}

function reasonText({ reason, layer = '' }: UnusedFeatures): string {
  switch (reason) {
    case 'off':
      return 'the setting ‘Compute the frozen part once’ is off';
    case 'recorded':
      return 'the run that it repeats or resumes did so';
    case 'epochs':
      return 'it is frozen for one epoch';
    case 'random':
      return `'${layer}' draws random numbers`;
    case 'batch':
      return `'${layer}' depends on all examples of a batch`;
    case 'trained':
      return `'${layer}', before frozen layers, trains`;
    case 'small':
      return 'computing it once would save too little time';
    case 'large':
      return 'its outputs do not fit in memory';
  }
}
