import { z } from 'zod';

/** Why the outputs of frozen layers are computed in each step although layers are frozen. */
const reasonSchema = z.enum([
  'off',
  'recorded',
  'epochs',
  'random',
  'augmentation',
  'batch',
  'trained',
  'small',
  'large',
]);

/**
 * Steps at which layers were frozen or unfrozen and the run chose what to compute once from there on. Absent in older
 * runs, which never chose again.
 */
const changedAtSchema = z.array(z.number().int()).optional();

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
    /** True: too large for memory, so each batch is read from the cache on disk. */
    streamed: z.boolean().optional(),
    /** Random variants of each training image, which epochs read in turn; absent: nothing is random. */
    variants: z.number().int().optional(),
    /** The cached values; the figures above are of those that were chosen last. */
    values: z.array(
      z.object({
        name: z.string(),
        /** The step from which on it is cached; absent: from the start. */
        fromStep: z.number().int().optional(),
        /** The step from which on it is computed in every step; null: never. */
        untilStep: z.number().int().nullable(),
      }),
    ),
    changedAt: changedAtSchema,
  }),
  z.object({
    used: z.literal(false),
    reason: reasonSchema,
    /** The first layer whose outputs change between epochs. */
    layer: z.string().optional(),
    changedAt: changedAtSchema,
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
  const { layers, durationMs, stored, streamed = false, variants } = record;
  const drawn = variants === undefined ? '' : `, with ${variants.toLocaleString('en')} random variants of each image`;
  const part = `The frozen part, ${layers.toLocaleString('en')} ${layers === 1 ? 'layer' : 'layers'}${drawn},`;
  const until = cachedUntil(record);
  const isSmaller = until !== null && record.values.some(({ fromStep = 0 }) => fromStep >= until);
  const change = isSmaller ? 'it is smaller, because layers of it train' : 'layers in it train';
  const byBatch = streamed ? ' Its outputs do not fit in memory: they are read from the data cache by batch.' : '';
  const end = byBatch + (until === null ? '' : ` From step ${(until + 1).toLocaleString('en')} on, ${change}.`);
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
    case 'augmentation':
      return `'${layer}' changes images at random. Set ‘Variants of random images’ to compute some variants once`;
    case 'batch':
      return `'${layer}' depends on all examples of a batch`;
    case 'trained':
      return `'${layer}', before frozen layers, trains`;
    case 'small':
      return 'computing it once would save too little time';
    case 'large':
      return 'its outputs fit neither in memory nor in the data cache';
  }
}
