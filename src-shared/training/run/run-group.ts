import { z } from 'zod';
import { datasetDocumentSchema } from '../../data/dataset-document.ts';
import { modelDocumentSchema } from '../../document/schema/model-document.ts';
import { AppError } from '../../errors/app-error.ts';
import { trainingConfigurationSchema } from '../configuration/configuration.ts';

/** Most runs of a group. */
export const MOST_GROUP_RUNS = 1000;
const seedSchema = z.number().int().min(0).max(0xffffffff);

/** What a run is in its group: a variant, trained with a seed. */
export const runGroupSchema = z.object({
  id: z.string().min(1),
  /** Of the group. */
  name: z.string(),
  variant: z.string(),
  seed: seedSchema,
});
export type RunGroup = z.infer<typeof runGroupSchema>;

/** Runs that are queued and compared together: each variant with each seed. */
export const newGroupSchema = z.object({
  name: z.string().trim().min(1),
  variants: z.array(
    z.object({
      name: z.string().trim().min(1),
      documents: z.object({
        model: modelDocumentSchema,
        dataset: datasetDocumentSchema,
        configuration: trainingConfigurationSchema,
      }),
    }),
  ),
  seeds: z.array(seedSchema),
});
export type NewGroup = z.infer<typeof newGroupSchema>;
export type NewVariant = NewGroup['variants'][number];

export interface GroupMember {
  readonly variant: NewVariant;
  readonly seed: number;
  /** Of the run. */
  readonly name: string;
}

/**
 * The runs of a group in the order of the queue: seed by seed, so that a group that is cancelled has compared all variants
 * equally often.
 *
 * @throws AppError 'training/bad-group'.
 */
export function groupMembers({ variants, seeds }: NewGroup): GroupMember[] {
  const names = variants.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const runs = variants.length * seeds.length;
  const fault =
    variants.length === 0
      ? 'at least one variant of the model; received none. Choose a cut or what is frozen.'
      : seeds.length === 0
        ? 'at least one seed; received none. Choose the number of seeds.'
        : twice !== undefined
          ? `variants with different names; received '${twice}' twice. Rename one.`
          : new Set(seeds).size < seeds.length
            ? `different seeds; received ${seeds.join(', ')}. Remove those that repeat.`
            : runs > MOST_GROUP_RUNS
              ? `at most ${MOST_GROUP_RUNS} runs; received ${variants.length} variants with ${seeds.length} seeds, ${runs} runs. Choose fewer.`
              : null;
  if (fault !== null) throw new AppError('training/bad-group', `A group of runs expects ${fault}`);
  return seeds.flatMap((seed) => variants.map((variant) => ({ variant, seed, name: `${variant.name}, seed ${seed}` })));
}
