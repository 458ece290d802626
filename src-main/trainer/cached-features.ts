import { createHash } from 'node:crypto';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { operationsPerExample } from '../../src-shared/program/builder/cost.ts';
import { divideProgram, scopesOf } from '../../src-shared/program/builder/divide.ts';
import type { DividedProgram } from '../../src-shared/program/builder/divide.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import { NUMERICS_VERSION } from '../../src-shared/training/run/numerics.ts';
import { entryKey, readEntry, writeEntry } from '../data/cache/entries.ts';
import type {
  DataArray,
  Engine,
  EngineSession,
  HostTensor,
  InputRows,
  SessionData,
  SessionModel,
} from '../engines/interface/engine.ts';
import { updatedState } from '../engines/interface/program-inputs.ts';
import { hashOf } from '../runs/artifacts.ts';
import { tensorChunks } from '../runs/safetensors.ts';
import { evaluationBatchSize } from './execution.ts';

/** Changes when entries of the cache get another form. */
const ENTRY_VERSION = 1;

/** The splits whose examples a run reads in each epoch, with the program that does, and that of their features. */
const parts = [
  { split: 'train', program: 'train', features: 'trainFeatures', rest: 'train' },
  { split: 'validation', program: 'evaluate', features: 'validationFeatures', rest: 'validate' },
] as const;
type Part = (typeof parts)[number];
type CachedSplit = Part['split'];

export const targetInputs: ReadonlySet<string> = new Set(['y']);

/** Number of examples. */
export type CachedRows = Readonly<Record<CachedSplit, number>>;

/** What the values depend on besides the programs. */
export interface FeatureSource {
  readonly engine: Pick<Engine, 'name' | 'version' | 'device'>;
  readonly intraOpThreads: number;
  /** Hashes of the encoded examples; null: not known. */
  readonly examples: Readonly<Record<CachedSplit, string | null>>;
  readonly state: ReadonlyMap<string, HostTensor>;
}

/** A value for each example of a split. */
interface Feature {
  readonly name: string;
  /** Of one example. */
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

interface Features {
  readonly part: Part;
  readonly divided: DividedProgram;
  readonly rows: number;
  /** Null: neither computed nor read. */
  values: readonly Feature[] | null;
  /** Number of examples that are computed. */
  done: number;
  /** Of the entry in the cache on disk; null: not known. */
  key: string | null;
}

/**
 * Outputs of frozen layers that a run computes once, for each split that it reads in each epoch. Programs of a session
 * read them in place of the examples: `train`, and `validate` in place of `evaluate`.
 */
export class CachedFeatures {
  readonly #model: CompiledModel;
  readonly #splits: readonly Features[];

  private constructor(model: CompiledModel, splits: readonly Features[]) {
    this.#model = model;
    this.#splits = splits;
  }

  /**
   * @param only Names of the values that may be cached. Default: all.
   * @returns Null if training would read none.
   */
  static of(model: CompiledModel, rows: CachedRows, only?: ReadonlySet<string>): CachedFeatures | null {
    const updated = new Set(updatedState(model.programs.train));
    const splits = parts.flatMap((part): Features[] => {
      if (rows[part.split] === 0) return [];
      const options = { updated, targets: targetInputs, prefix: part.split, hash: sha256, ...(only && { only }) };
      const divided = divideProgram(model.programs[part.program], options);
      return divided === null ? [] : [{ part, divided, rows: rows[part.split], values: null, done: 0, key: null }];
    });
    return splits.length === 0 ? null : new CachedFeatures(model, splits);
  }

  /** The same values for a model that differs in what is frozen, without those that change now; null: none is left. */
  after(model: CompiledModel): CachedFeatures | null {
    const rows = { train: 0, validation: 0 };
    for (const { part, rows: count } of this.#splits) rows[part.split] = count;
    const next = CachedFeatures.of(model, rows, new Set(this.names));
    if (next === null) return null;
    for (const split of next.#splits) {
      const before = this.#splits.find(({ part }) => part === split.part)!;
      if (before.values === null || before.done < before.rows) continue;
      const kept = new Set(split.divided.features.outputs.map(({ name }) => name));
      split.values = before.values.filter(({ name }) => kept.has(name));
      split.done = before.done;
    }
    return next;
  }

  /** Names of the values. */
  get names(): string[] {
    return this.#splits.flatMap(({ divided }) => divided.features.outputs.map(({ name }) => name));
  }

  get layers(): number {
    return new Set(this.#splits.flatMap(({ divided }) => scopesOf(divided.features))).size;
  }

  /** Number of examples. */
  get rows(): number {
    return this.#splits.reduce((sum, { rows }) => sum + rows, 0);
  }

  get sizeBytes(): number {
    return this.#splits.reduce((sum, { divided, rows }) => sum + rows * bytesPerExample(divided), 0);
  }

  /** Bytes of the values of one training example, and the floating-point operations that compute them. */
  get training(): { readonly bytes: number; readonly operations: number } {
    const train = this.#splits.find(({ part }) => part.split === 'train');
    if (train === undefined) return { bytes: 0, operations: 0 };
    return { bytes: bytesPerExample(train.divided), operations: operationsPerExample(train.divided.features) };
  }

  get isComplete(): boolean {
    return this.#splits.every(({ done, rows }) => done === rows);
  }

  /** The program that evaluates the validation split. */
  get validation(): string {
    return this.#splits.find(({ part }) => part.split === 'validation')?.part.rest ?? 'evaluate';
  }

  /** The model's programs, with those that read the values and, if they are not known, those that compute them. */
  get sessionModel(): SessionModel {
    const { programs, weights, slots } = this.#model;
    const further = this.#splits.flatMap(({ part, divided, rows, done }) => [
      [part.rest, divided.rest] as const,
      ...(done < rows ? [[part.features, divided.features] as const] : []),
    ]);
    return { programs: { ...programs, ...Object.fromEntries(further) }, weights, slots };
  }

  /** The data with the values as inputs; those that are not known are zeros. */
  sessionData(data: SessionData): SessionData {
    const { rows, array } = data.inputs.y;
    const examples = rows?.length ?? data.arrays[array]!.shape[0]!;
    const arrays: Record<string, DataArray> = {};
    const inputs: Record<string, InputRows> = {};
    for (const { part, divided, values, done, rows: count } of this.#splits) {
      const isKnown = values !== null && done === count;
      const rowOf = new Int32Array(examples);
      if (isKnown) data.splits[part.split].forEach((example, row) => (rowOf[example] = row));
      for (const { name, shape } of featureTypes(divided)) {
        const known = isKnown ? values.find((value) => value.name === name)!.data : null;
        const zeros = (): Float32Array => new Float32Array(elementCount(shape));
        arrays[name] = { dtype: 'float32', shape: [known === null ? 1 : count, ...shape], data: known ?? zeros() };
        inputs[name] = { array: name, rows: rowOf };
      }
    }
    return { arrays: { ...data.arrays, ...arrays }, inputs: { ...data.inputs, ...inputs }, splits: data.splits };
  }

  /** Reads the values from the cache on disk. @returns True if all are there. */
  async read(source: FeatureSource): Promise<boolean> {
    const hashes = new Map<string, string>();
    for (const split of this.#splits) split.key = await keyOf(split, source, hashes);
    for (const split of this.#splits) {
      const entry = split.key === null ? null : await readEntry(split.key);
      if (entry === null) return false;
      const types = featureTypes(split.divided);
      const values = types.flatMap(({ shape }, index): Feature[] => {
        const bytes = entry.parts[String(index)];
        if (bytes?.byteLength !== 4 * split.rows * elementCount(shape)) return [];
        return [{ ...types[index]!, data: new Float32Array(bytes.buffer) }];
      });
      if (values.length < types.length) return false;
      split.values = values;
      split.done = split.rows;
    }
    return true;
  }

  /** Writes computed values to the cache on disk, if they fit there. */
  async store(): Promise<void> {
    for (const { key, values, rows } of this.#splits) {
      if (key === null) continue;
      const data = values!.map((value, index) => [String(index), value.data] as const);
      await writeEntry(key, { rows }, Object.fromEntries(data));
    }
  }

  /**
   * Computes values that are not known. An interrupted call is continued by the next one.
   *
   * @param session Has the programs of `sessionModel` and the examples.
   * @param continues Called after each batch with the fraction that is computed; false ends the call.
   * @returns False if it was ended before the last example.
   */
  async compute(session: EngineSession, continues: (fraction: number) => Promise<boolean>): Promise<boolean> {
    for (const split of this.#splits) {
      const { part, divided, rows } = split;
      const batch = evaluationBatchSize(divided.features);
      const values = (split.values ??= featureTypes(divided).map(({ name, shape }) => {
        return { name, shape, data: new Float32Array(rows * elementCount(shape)) };
      }));
      while (split.done < rows) {
        const { done } = split;
        const indices = Int32Array.from({ length: Math.min(batch, rows - done) }, (_, row) => done + row);
        const outputs = await session.run(part.features, { rows: { split: part.split, indices } });
        for (const { name, shape, data } of values) data.set(outputs.get(name)!.data, done * elementCount(shape));
        split.done += indices.length;
        if (!(await continues(this.#fraction)) && !this.isComplete) return false;
      }
    }
    return true;
  }

  get #fraction(): number {
    return this.#splits.reduce((sum, { done }) => sum + done, 0) / this.rows;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Names and shapes of the values of one example. */
function featureTypes({ features }: DividedProgram): Pick<Feature, 'name' | 'shape'>[] {
  return features.outputs.map(({ name, value }) => {
    return { name, shape: features.values[value]!.shape.slice(1).map(Number) };
  });
}

function bytesPerExample(divided: DividedProgram): number {
  return featureTypes(divided).reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
}

/**
 * The names of the values say how they are computed.
 *
 * @param hashes Of the weights, by name; those that are missing are added.
 * @returns Null: the examples are not known.
 */
async function keyOf(
  { part, divided }: Features,
  source: FeatureSource,
  hashes: Map<string, string>,
): Promise<string | null> {
  const { engine, intraOpThreads, examples, state } = source;
  const { features } = divided;
  if (examples[part.split] === null) return null;
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
    [examples[part.split], features.outputs.map(({ name }) => name), weights],
  ]);
}
