import type { Program } from '../../../src-shared/program/language/types.ts';
import { NUMERICS_VERSION } from '../../../src-shared/training/run/numerics.ts';
import { entryKey } from '../../data/cache/entries.ts';
import type { Engine, HostTensor } from '../../engines/interface/engine.ts';
import { evaluationBatchSize } from '../../engines/interface/model-calls.ts';
import { hashOf } from '../../runs/artifacts.ts';
import { tensorChunks } from '../../runs/safetensors.ts';

/** Changes when entries of the cache get another form. */
const ENTRY_VERSION = 1;

/** What the values depend on besides the programs. */
export interface FeatureSource {
  readonly engine: Pick<Engine, 'name' | 'version' | 'device'>;
  readonly intraOpThreads: number;
  /** Hashes of the encoded examples; null: not known. */
  readonly examples: Readonly<Record<'train' | 'validation', string | null>>;
  readonly state: ReadonlyMap<string, HostTensor>;
}

/**
 * Key of the entry with the cached values of a split: of all that they depend on. The names of the program's outputs say
 * how they are computed.
 *
 * @param features Computes them.
 * @param variants Random ones of each example.
 * @param hashes Of the weights, by name; those that are missing are added.
 * @returns Null: the examples are not known.
 */
export async function featureKey(
  split: keyof FeatureSource['examples'],
  features: Program,
  variants: number,
  { engine, intraOpThreads, examples, state }: FeatureSource,
  hashes: Map<string, string>,
): Promise<string | null> {
  if (examples[split] === null) return null;
  const weights: [string, string][] = [];
  for (const { name } of features.state) {
    const hash = hashes.get(name) ?? (await hashOf(tensorChunks(state.get(name)!)));
    hashes.set(name, hash);
    weights.push([name, hash]);
  }
  return entryKey([
    'features',
    [ENTRY_VERSION, NUMERICS_VERSION],
    [engine.name, engine.version, engine.device, intraOpThreads, evaluationBatchSize(features)],
    [examples[split], features.outputs.map(({ name }) => name), weights],
    ...(variants > 1 ? [variants] : []),
  ]);
}
