import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { weightHashSchema } from '../../../src-shared/training/run/freezing-proof.ts';
import type { FreezingProof, WeightHash } from '../../../src-shared/training/run/freezing-proof.ts';
import type { EngineSession, HostTensor } from '../../engines/interface/engine.ts';
import { updatedState } from '../../engines/interface/program-inputs.ts';
import { hashOf } from '../../runs/artifacts.ts';
import { tensorChunks } from '../../runs/safetensors.ts';

type Model = Pick<CompiledModel, 'weights' | 'programs'>;
type State = ReadonlyMap<string, HostTensor>;

/** The entry of a checkpoint's metadata. */
const METADATA = 'weightHashes';

const savedSchema = z.object({ version: z.literal(1), weights: z.record(z.string(), z.array(weightHashSchema)) });
type Saved = z.infer<typeof savedSchema>['weights'];

/**
 * Hashes of a run's weights: at its start, where layers are frozen or unfrozen, and at its end. A checkpoint holds those up
 * to its step, so that the comparison of a resumed run covers all steps.
 */
export class WeightHashes {
  readonly #hashes: Map<string, WeightHash[]>;
  /** Names of weights that the training program has changed while their layer was frozen. */
  readonly #following = new Set<string>();

  /** @param metadata Of the checkpoint that the run resumes. Checkpoints of older versions hold no hashes. */
  constructor(metadata: Readonly<Record<string, string>> = {}) {
    this.#hashes = new Map(Object.entries(savedHashes(metadata[METADATA])));
  }

  /**
   * Hashes the weights that have no hash yet, and those of layers that were frozen or unfrozen.
   *
   * @param model Trains from this step on.
   * @param state Weights at this step.
   */
  async update({ weights, programs }: Model, state: State, step: number): Promise<void> {
    const updated = new Set(updatedState(programs.train));
    for (const { name, frozen } of weights) {
      if (frozen && updated.has(name)) this.#following.add(name);
      const hashes = this.#hashes.get(name) ?? [];
      const last = hashes.at(-1);
      if (last?.frozen === frozen) continue;
      if (last?.step === step) this.#hashes.set(name, [...hashes.slice(0, -1), { ...last, frozen }]);
      else this.#add(name, { step, sha256: await hashOf(tensorChunks(state.get(name)!)), frozen });
    }
  }

  /** For a checkpoint. */
  metadata(): Record<string, string> {
    const saved = { version: 1, weights: Object.fromEntries(this.#hashes) } satisfies z.infer<typeof savedSchema>;
    return { [METADATA]: JSON.stringify(saved) };
  }

  /**
   * Compares the weights in the engine's memory with those before. Call once, after the last step; host memory holds a part
   * of the weights at a time.
   */
  async proof({ weights }: Model, session: EngineSession, step: number): Promise<FreezingProof> {
    for await (const portion of session.readPortions(weights.map(({ name }) => name))) {
      for (const [name, tensor] of portion) {
        this.#add(name, { step, sha256: await hashOf(tensorChunks(tensor)), frozen: false });
      }
    }
    const layers = [...Map.groupBy(weights, ({ layer }) => layer)].map(([layer, own]) => ({
      layer,
      before: digest(own.map(({ name }) => this.#hashes.get(name)![0]!)),
      after: digest(own.map(({ name }) => this.#hashes.get(name)!.at(-1)!)),
      weights: own.map(({ name, shape }) => ({
        name,
        shape: [...shape],
        followsBatches: this.#following.has(name),
        hashes: [...this.#hashes.get(name)!],
      })),
    }));
    return { version: 1, layers };
  }

  #add(name: string, hash: WeightHash): void {
    this.#hashes.set(name, [...(this.#hashes.get(name) ?? []), hash]);
  }
}

/** Empty if the text is of another version. */
function savedHashes(text: string | undefined): Saved {
  if (text === undefined) return {};
  const { success, data } = savedSchema.safeParse(JSON.parse(text));
  return success ? data.weights : {};
}

const digest = (hashes: readonly WeightHash[]): string =>
  createHash('sha256')
    .update(hashes.map(({ sha256 }) => sha256).join(''))
    .digest('hex');
