import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { EntryWriter, OpenEntry, readEntry, writeEntry } from '../../data/cache/entries.ts';
import { dataCacheFolder } from '../../data/cache/folder.ts';
import type { HostTensor, ProgramOutputs } from '../../engines/interface/engine.ts';

/** A value that is computed once for each example. */
export interface FeatureType {
  readonly name: string;
  /** Of one example. */
  readonly shape: readonly number[];
}

/** Cached values of a split: rows of float32, in host memory or in an entry of the data cache. */
export interface FeatureValues {
  /** By name; null: they are read by batch. */
  readonly memory: ReadonlyMap<string, Float32Array<ArrayBuffer>> | null;
  has(name: string): boolean;
  /** Copies rows of a value. @throws AppError 'training/features-unreadable'. */
  read(type: FeatureType, rows: Int32Array): Promise<HostTensor>;
  close(): Promise<void>;
}

/** Takes the values of a split as they are computed. */
export interface FeatureWriter {
  /** Values of the next rows. @throws AppError 'training/features-unwritable'. */
  append(outputs: ProgramOutputs): Promise<void>;
  /** @throws AppError 'training/features-unwritable'. */
  finish(): Promise<FeatureValues>;
  discard(): Promise<void>;
}

const bytesOf = ({ shape }: FeatureType, rows: number): number => 4 * rows * elementCount(shape);
/** Names of an entry's parts. */
const partOf = (index: number): string => String(index);

class MemoryValues implements FeatureValues {
  readonly memory: ReadonlyMap<string, Float32Array<ArrayBuffer>>;

  constructor(memory: MemoryValues['memory']) {
    this.memory = memory;
  }

  has(name: string): boolean {
    return this.memory.has(name);
  }

  async read({ name, shape }: FeatureType, rows: Int32Array): Promise<HostTensor> {
    const all = this.memory.get(name)!;
    const length = elementCount(shape);
    const data = new Float32Array(rows.length * length);
    rows.forEach((row, at) => data.set(all.subarray(row * length, (row + 1) * length), at * length));
    return { dtype: 'float32', shape: [rows.length, ...shape], data };
  }

  async close(): Promise<void> {}
}

class StreamedValues implements FeatureValues {
  readonly memory = null;
  readonly #entry: OpenEntry;
  /** Names of the entry's parts by name of the value. */
  readonly #parts: ReadonlyMap<string, string>;

  constructor(entry: OpenEntry, types: readonly FeatureType[]) {
    this.#entry = entry;
    this.#parts = new Map(types.map(({ name }, index) => [name, partOf(index)]));
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }

  async read({ name, shape }: FeatureType, rows: Int32Array): Promise<HostTensor> {
    const bytes = 4 * elementCount(shape);
    const data = new Float32Array(rows.length * elementCount(shape));
    const part = this.#parts.get(name)!;
    try {
      // Consecutive rows, as in a validation, are one read.
      for (let start = 0; start < rows.length;) {
        let end = start + 1;
        while (end < rows.length && rows[end] === rows[end - 1]! + 1) end++;
        await this.#entry.read(
          part,
          rows[start]! * bytes,
          new Uint8Array(data.buffer, start * bytes, (end - start) * bytes),
        );
        start = end;
      }
    } catch (error) {
      throw new AppError(
        'training/features-unreadable',
        `The outputs of the frozen part could not be read from the data cache in ${dataCacheFolder()}: ${AppError.from(error).message} Resume the run from its last checkpoint.`,
      );
    }
    return { dtype: 'float32', shape: [rows.length, ...shape], data };
  }

  async close(): Promise<void> {
    await this.#entry.close();
  }
}

/**
 * Reads the values of a split from the cache on disk.
 *
 * @param streamed Whether they stay there and are read by batch.
 * @returns Null if there is no complete entry. The caller closes them.
 */
export async function storedValues(
  key: string,
  types: readonly FeatureType[],
  rows: number,
  streamed: boolean,
): Promise<FeatureValues | null> {
  if (!streamed) {
    const parts = (await readEntry(key))?.parts;
    const values = types.flatMap((type, index) => {
      const part = parts?.[partOf(index)];
      if (part?.byteLength !== bytesOf(type, rows)) return [];
      return [[type.name, new Float32Array(part.buffer)] as const];
    });
    return values.length < types.length ? null : new MemoryValues(new Map(values));
  }
  const entry = await OpenEntry.open(key);
  if (entry === null) return null;
  const sizes = new Map(entry.parts.map(({ name, bytes }) => [name, bytes]));
  const fits = types.every((type, index) => sizes.get(partOf(index)) === bytesOf(type, rows));
  if (fits && (await entry.isIntact().catch(() => false))) return new StreamedValues(entry, types);
  await entry.close();
  return null;
}

/**
 * A writer of the values of a split.
 *
 * @param key Of the entry in the cache on disk; null: values in memory are not stored.
 * @throws AppError 'training/features-unwritable' if they are streamed and the cache has no space for them.
 */
export async function featureWriter(
  key: string | null,
  types: readonly FeatureType[],
  rows: number,
  streamed: boolean,
): Promise<FeatureWriter> {
  if (!streamed) return new MemoryWriter(key, types, rows);
  const sizes = types.map((type, index) => [partOf(index), bytesOf(type, rows)] as const);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  const writer = await written(() => EntryWriter.create(key!, { rows }, Object.fromEntries(sizes)));
  if (writer !== null) return new DiskWriter(writer, key!, types, rows);
  throw unwritable(`it has no space for ${Math.ceil(total / 2 ** 20).toLocaleString('en')} MiB.`);
}

class MemoryWriter implements FeatureWriter {
  readonly #key: string | null;
  readonly #rows: number;
  readonly #types: readonly FeatureType[];
  readonly #values: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
  #done = 0;

  constructor(key: string | null, types: readonly FeatureType[], rows: number) {
    this.#key = key;
    this.#rows = rows;
    this.#types = types;
    this.#values = new Map(types.map(({ name, shape }) => [name, new Float32Array(rows * elementCount(shape))]));
  }

  async append(outputs: ProgramOutputs): Promise<void> {
    let count = 0;
    for (const { name, shape } of this.#types) {
      const output = outputs.get(name)!;
      this.#values.get(name)!.set(output.data, this.#done * elementCount(shape));
      count = output.shape[0]!;
    }
    this.#done += count;
  }

  async finish(): Promise<FeatureValues> {
    const parts = [...this.#values.values()].map((data, index) => [partOf(index), data] as const);
    if (this.#key !== null) await writeEntry(this.#key, { rows: this.#rows }, Object.fromEntries(parts));
    return new MemoryValues(this.#values);
  }

  async discard(): Promise<void> {}
}

class DiskWriter implements FeatureWriter {
  readonly #writer: EntryWriter;
  readonly #key: string;
  readonly #types: readonly FeatureType[];
  readonly #rows: number;

  constructor(writer: EntryWriter, key: string, types: readonly FeatureType[], rows: number) {
    this.#writer = writer;
    this.#key = key;
    this.#types = types;
    this.#rows = rows;
  }

  async append(outputs: ProgramOutputs): Promise<void> {
    await written(async () => {
      for (const [index, { name }] of this.#types.entries()) {
        await this.#writer.append(partOf(index), outputs.get(name)!.data);
      }
    });
  }

  async finish(): Promise<FeatureValues> {
    await written(() => this.#writer.finish());
    const values = await storedValues(this.#key, this.#types, this.#rows, true);
    if (values === null) throw unwritable('what was written reads otherwise.');
    return values;
  }

  async discard(): Promise<void> {
    await this.#writer.discard();
  }
}

/** @throws AppError 'training/features-unwritable'. */
async function written<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw unwritable(AppError.from(error).message);
  }
}

function unwritable(reason: string): AppError {
  return new AppError(
    'training/features-unwritable',
    `The outputs of the frozen part do not fit in memory and could not be written to the data cache in ${dataCacheFolder()}: ${reason} Free space on its disk, or turn ‘Compute the frozen part once’ off.`,
  );
}
