import { createHash, randomUUID } from 'node:crypto';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { STEP } from '../../../src-shared/compiler/optimizers/emit.ts';
import { operationsPerExample } from '../../../src-shared/program/builder/cost.ts';
import { divideProgram, FEATURES_DRAW, scopesOf } from '../../../src-shared/program/builder/divide.ts';
import type { DividedProgram, RandomDraws } from '../../../src-shared/program/builder/divide.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { entryKey } from '../../data/cache/entries.ts';
import type { DataArray, EngineSession, InputRows, SessionData, SessionModel } from '../../engines/interface/engine.ts';
import { evaluate, evaluationBatchSize, trainSteps } from '../../engines/interface/model-calls.ts';
import type { TrainRequest } from '../../engines/interface/model-calls.ts';
import { updatedState } from '../../engines/interface/program-inputs.ts';
import { featureKey } from './feature-key.ts';
import type { FeatureSource } from './feature-key.ts';
import { featureWriter, storedValues } from './feature-values.ts';
import type { FeatureType, FeatureValues, FeatureWriter } from './feature-values.ts';
import type { FedBatches, FedProgram } from './fed-batches.ts';

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

export interface CacheOptions {
  /** Names of the values that may be cached. Default: all. */
  readonly only?: ReadonlySet<string>;
  /** If the values have more bytes, they stay on disk and are read by batch. Default: Infinity. */
  readonly memoryBytes?: number;
  /** Random variants of each image that are cached. Default: layers that change images at random end the cached part. */
  readonly variants?: number | undefined;
}

interface Features {
  readonly part: Part;
  readonly divided: DividedProgram;
  readonly types: readonly FeatureType[];
  /** Examples. */
  readonly rows: number;
  /** Of each example, one after the other; epochs read them in turn. */
  readonly variants: number;
  /** Null: neither computed nor read. */
  values: FeatureValues | null;
  /** While they are computed. */
  writer: FeatureWriter | null;
  /** Number of rows that are computed: examples of all variants. */
  done: number;
  /** Of the entry in the cache on disk; null: not known. */
  key: string | null;
}

/**
 * Outputs of frozen layers that a run computes once, for each split that it reads in each epoch. Programs of a session
 * read them in place of the examples: `train`, and `validate` in place of `evaluate`. The owner closes it.
 */
export class CachedFeatures {
  readonly #model: CompiledModel;
  readonly #splits: readonly Features[];
  readonly #options: CacheOptions;

  private constructor(model: CompiledModel, splits: readonly Features[], options: CacheOptions) {
    this.#model = model;
    this.#splits = splits;
    this.#options = options;
  }

  /** @returns Null if training would read none. */
  static of(model: CompiledModel, rows: CachedRows, options: CacheOptions = {}): CachedFeatures | null {
    const { only, variants } = options;
    const draws = variants !== undefined && drawsOf(model);
    const updated = new Set(updatedState(model.programs.train));
    const splits = parts.flatMap((part): Features[] => {
      if (rows[part.split] === 0) return [];
      const of = { updated, targets: targetInputs, prefix: part.split, hash: sha256, ...(only && { only }) };
      const random = draws === false ? {} : { draws };
      const divided = divideProgram(model.programs[part.program], { ...of, ...random });
      if (divided === null) return [];
      const types = featureTypes(divided);
      const drawn = divided.features.inputs.some(({ name }) => name === FEATURES_DRAW);
      const known = { values: null, writer: null, done: 0, key: null };
      return [{ part, divided, types, rows: rows[part.split], variants: drawn ? variants! : 1, ...known }];
    });
    return splits.length === 0 ? null : new CachedFeatures(model, splits, options);
  }

  /** The same values for a model that differs in what is frozen, without those that change now; null: none is left. */
  after(model: CompiledModel): CachedFeatures | null {
    const rows = { train: 0, validation: 0 };
    for (const { part, rows: count } of this.#splits) rows[part.split] = count;
    const next = CachedFeatures.of(model, rows, { ...this.#options, only: new Set(this.names) });
    next?.takeFrom(this);
    return next;
  }

  /** Takes known values of another one over, for the splits of which it has all; that one must not be used afterwards. */
  takeFrom(before: CachedFeatures): void {
    for (const split of this.#splits) {
      const values = before.#splits.find(({ part }) => part === split.part)?.values ?? null;
      if (values === null || !split.types.every(({ name }) => values.has(name))) continue;
      split.values = values;
      split.done = storedRows(split);
    }
  }

  /** Frees what is not used any more. @param next Goes on with the values that it has taken. */
  async close(next: CachedFeatures | null = null): Promise<void> {
    const kept = new Set(next === null ? [] : next.#splits.map(({ values }) => values));
    for (const { values, writer } of this.#splits) {
      await writer?.discard();
      if (values !== null && !kept.has(values)) await values.close();
    }
  }

  /** Names of the values. */
  get names(): string[] {
    return this.#splits.flatMap(({ types }) => types.map(({ name }) => name));
  }

  get layers(): number {
    return new Set(this.#splits.flatMap(({ divided }) => scopesOf(divided.features))).size;
  }

  /** Number of examples. */
  get rows(): number {
    return this.#splits.reduce((sum, { rows }) => sum + rows, 0);
  }

  get sizeBytes(): number {
    return this.#splits.reduce((sum, split) => sum + storedRows(split) * bytesPerExample(split.types), 0);
  }

  /** Whether the values are too large for memory: they stay on disk and are read by batch. */
  get streamed(): boolean {
    return this.sizeBytes > (this.#options.memoryBytes ?? Infinity);
  }

  /** Random variants of each training example. */
  get variants(): number {
    return this.#split('train')?.variants ?? 1;
  }

  /** Bytes of the values of one training example, and the floating-point operations that compute them. */
  get training(): { readonly bytes: number; readonly operations: number } {
    const train = this.#splits.find(({ part }) => part.split === 'train');
    if (train === undefined) return { bytes: 0, operations: 0 };
    return { bytes: bytesPerExample(train.types), operations: operationsPerExample(train.divided.features) };
  }

  get isComplete(): boolean {
    return this.#splits.every(({ values }) => values !== null);
  }

  /** The model's programs, with those that read the values and, if they are not known, those that compute them. */
  get sessionModel(): SessionModel {
    const { programs, weights, slots } = this.#model;
    const further = this.#splits.flatMap(({ part, divided, values }) => [
      [part.rest, divided.rest] as const,
      ...(values === null ? [[part.features, divided.features] as const] : []),
    ]);
    return { programs: { ...programs, ...Object.fromEntries(further) }, weights, slots };
  }

  /** The data with the values in memory as inputs; those that are not known or are read by batch are zeros. */
  sessionData(data: SessionData): SessionData {
    const { rows, array } = data.inputs.y;
    const examples = rows?.length ?? data.arrays[array]!.shape[0]!;
    const arrays: Record<string, DataArray> = {};
    const inputs: Record<string, InputRows> = {};
    for (const split of this.#splits) {
      const { part, types, values, rows: count } = split;
      const memory = isFed(split) ? null : (values?.memory ?? null);
      const rowOf = new Int32Array(examples);
      if (memory !== null) data.splits[part.split].forEach((example, row) => (rowOf[example] = row));
      for (const { name, shape } of types) {
        const known = memory?.get(name) ?? null;
        const zeros = (): Float32Array => new Float32Array(elementCount(shape));
        arrays[name] = { dtype: 'float32', shape: [known === null ? 1 : count, ...shape], data: known ?? zeros() };
        inputs[name] = { array: name, rows: rowOf };
      }
    }
    return { arrays: { ...data.arrays, ...arrays }, inputs: { ...data.inputs, ...inputs }, splits: data.splits };
  }

  /** Reads the values that are not known from the cache on disk. @returns True if all are known. */
  async read(source: FeatureSource): Promise<boolean> {
    const hashes = new Map<string, string>();
    const missing = this.#splits.filter(({ values }) => values === null);
    for (const split of missing) {
      const { part, divided, variants } = split;
      split.key = await featureKey(part.split, divided.features, variants, source, hashes);
    }
    for (const split of missing) {
      const { key, types } = split;
      const count = storedRows(split);
      split.values = key === null ? null : await storedValues(key, types, count, this.streamed);
      if (split.values !== null) split.done = count;
    }
    return this.isComplete;
  }

  /**
   * Computes values that are not known, and writes them to the cache on disk. An interrupted call is continued by the
   * next one.
   *
   * @param session Has the programs of `sessionModel` and the examples.
   * @param continues Called after each batch with the fraction that is computed; false ends the call.
   * @returns False if it was ended before the last example.
   * @throws AppError 'training/features-unwritable' if values that are read by batch cannot be written.
   */
  async compute(session: EngineSession, continues: (fraction: number) => Promise<boolean>): Promise<boolean> {
    for (const split of this.#splits) {
      if (split.values !== null) continue;
      const { part, divided, types, rows } = split;
      const batch = evaluationBatchSize(divided.features);
      const count = storedRows(split);
      // Without a key of its content, an entry has a name that is found by this run only.
      const key = split.key ?? (this.streamed ? entryKey(['features', randomUUID()]) : null);
      split.writer ??= await featureWriter(key, types, count, this.streamed);
      while (split.done < count) {
        const variant = Math.floor(split.done / rows);
        const start = split.done % rows;
        const indices = Int32Array.from({ length: Math.min(batch, rows - start) }, (_, row) => start + row);
        const draw = Int32Array.of(variant * Math.ceil(rows / batch) + start / batch);
        const feeds = { rows: { split: part.split, indices }, values: { [FEATURES_DRAW]: draw } };
        await split.writer.append(await session.run(part.features, feeds));
        split.done += indices.length;
        if (!(await continues(this.#fraction)) && this.#fraction < 1) return false;
      }
      split.values = await split.writer.finish();
      split.writer = null;
    }
    return true;
  }

  /**
   * Trains on rows; see `trainSteps`.
   *
   * @param session Has the programs of `sessionModel`, and `sessionData`.
   * @param epoch Number of completed epochs: decides on the variant.
   */
  async train(
    session: EngineSession,
    request: TrainRequest,
    batches: FedBatches,
    epoch: number,
  ): Promise<Float32Array> {
    const split = this.#split('train');
    if (split === undefined || !isFed(split)) return trainSteps(session, request);
    return batches.train(session, fedProgram(split, epoch % split.variants), request);
  }

  /** Evaluates rows of the validation split; see `evaluate`. */
  async validate(
    session: EngineSession,
    indices: Int32Array,
    draw: number,
    batches: FedBatches,
  ): Promise<Float32Array> {
    const split = this.#split('validation');
    if (split === undefined) return evaluate(session, 'validation', indices, draw);
    if (!isFed(split)) return evaluate(session, 'validation', indices, draw, split.part.rest);
    return batches.evaluate(session, fedProgram(split), indices, draw);
  }

  #split(name: CachedSplit): Features | undefined {
    return this.#splits.find(({ part }) => part.split === name);
  }

  get #fraction(): number {
    const sum = (countOf: (split: Features) => number): number =>
      this.#splits.reduce((total, split) => total + countOf(split), 0);
    return sum(({ done }) => done) / sum(storedRows);
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Rows of the values: the examples of all variants. */
const storedRows = ({ rows, variants }: Features): number => rows * variants;

/** Whether the values are read for each batch: the session does not have them, or those of one variant only are read. */
const isFed = ({ values, variants }: Features): boolean => values !== null && (values.memory === null || variants > 1);

function fedProgram({ part, divided, types, values, rows }: Features, variant = 0): FedProgram {
  const program = { name: part.rest, program: divided.rest, split: part.split };
  return { ...program, types, values: values!, firstRow: variant * rows };
}

/** The random draws that can be cached. */
export const drawsOf = ({ augmentations }: CompiledModel): RandomDraws => ({
  scopes: new Set(augmentations),
  step: STEP,
});

/** Names and shapes of the values of one example. */
function featureTypes({ features }: DividedProgram): FeatureType[] {
  return features.outputs.map(({ name, value }) => {
    return { name, shape: features.values[value]!.shape.slice(1).map(Number) };
  });
}

function bytesPerExample(types: readonly FeatureType[]): number {
  return types.reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
}
