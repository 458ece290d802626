import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { issuesText } from '../../../src-shared/text/issue-text.ts';
import { parseJson } from '../../../src-shared/text/parse-json.ts';
import { decoded, float16, float32 } from '../weights/number-types.ts';
import type { StoredNumber } from '../weights/number-types.ts';
import type { FileTensor } from '../importer/model-importer.ts';

const MAX_JSON_BYTES = 256 * 2 ** 20;
/** Bytes of a shard that are converted at a time. */
const CHUNK_BYTES = 4 * 2 ** 20;

const quantizationSchema = z.union([
  z.object({ dtype: z.literal('float16') }),
  z.object({ dtype: z.enum(['uint8', 'uint16']), min: z.number(), scale: z.number() }),
]);

const entrySchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().min(0)),
  dtype: z.string(),
  quantization: quantizationSchema.optional(),
});
type Entry = z.infer<typeof entrySchema>;

const manifestSchema = z.array(z.object({ paths: z.array(z.string()), weights: z.array(entrySchema) }));
export type WeightsManifest = z.infer<typeof manifestSchema>;

/** A tensor of the shards. */
export interface ShardTensor {
  readonly name: string;
  /** In the graph: 'float32', 'int32', 'bool'. */
  readonly dtype: string;
  readonly tensor: FileTensor;
}

export interface TfjsJson {
  readonly text: string;
  readonly root: Readonly<Record<string, unknown>>;
}

/** Reads `model.json`. @throws AppError 'model-file/damaged'. */
export async function readJson(path: string): Promise<TfjsJson> {
  const { size } = await stat(path);
  if (size > MAX_JSON_BYTES) throw damaged(path, `a JSON of ${size} bytes`);
  const text = await readFile(path, 'utf8');
  let root: unknown;
  try {
    root = parseJson(text);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : 'text that is not JSON');
  }
  if (typeof root === 'object' && root !== null && !Array.isArray(root)) {
    return { text, root: root as Record<string, unknown> };
  }
  throw damaged(path, 'JSON that is not an object');
}

export function manifestOf(value: unknown, path: string): WeightsManifest {
  const { success, data, error } = manifestSchema.safeParse(value);
  if (success) return data;
  throw damaged(path, issuesText(error, value));
}

/**
 * The tensors of all shards. The shards of a group are one sequence of bytes, with the tensors one after the other: a
 * tensor can span two shards.
 *
 * @throws AppError 'model-file/damaged', 'model-file/missing-part', 'model-file/unsupported'.
 */
export async function tensorsOf(manifest: WeightsManifest, path: string): Promise<ShardTensor[]> {
  const found: ShardTensor[] = [];
  for (const { paths, weights } of manifest) {
    const shards = await Promise.all(paths.map((shard) => shardOf(shard, path)));
    const available = shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let offset = 0;
    for (const entry of weights) {
      const storage = storageOf(entry, path);
      const [start, end] = [offset, offset + elementCount(entry.shape) * storage.bytes];
      offset = end;
      if (!(end <= available)) {
        throw damaged(path, `shards of ${available} bytes (${paths.join(', ')}); '${entry.name}' needs ${end}`);
      }
      const read = (): AsyncIterable<Float32Array> => decoded(bytesOf(shards, start, end), storage);
      const tensor: FileTensor = { path: entry.name, shape: entry.shape, dtype: 'float32', read };
      found.push({ name: entry.name, dtype: entry.dtype, tensor });
    }
    if (offset !== available) throw damaged(path, `shards of ${available} bytes; expected ${offset}`);
  }
  return found;
}

interface Shard {
  readonly path: string;
  readonly sizeBytes: number;
}

/** @throws AppError 'model-file/damaged' if it leads out of the folder, 'model-file/missing-part'. */
async function shardOf(name: string, path: string): Promise<Shard> {
  const folder = resolve(dirname(path));
  const file = resolve(folder, name);
  if (!file.startsWith(folder + sep)) throw damaged(path, `a shard outside its folder, '${name}'`);
  const status = await stat(file).catch(() => null);
  if (status?.isFile() === true) return { path: file, sizeBytes: status.size };
  throw new AppError(
    'model-file/missing-part',
    `Expected '${name}' in the folder of '${basename(path)}'; there is no such file. Copy all files of the model into one folder.`,
    { path: join(folder, name) },
  );
}

function storageOf({ name, dtype, quantization }: Entry, path: string): StoredNumber {
  if (quantization !== undefined) {
    const storage = quantizedStorage(quantization);
    if (dtype !== 'int32') return storage;
    return { bytes: storage.bytes, read: (view, at) => Math.round(storage.read(view, at)) };
  }
  if (dtype === 'float32') return float32;
  if (dtype === 'int32') return { bytes: 4, read: (view, at) => view.getInt32(at, true) };
  if (dtype === 'bool') return { bytes: 1, read: (view, at) => view.getUint8(at) };
  throw new AppError(
    'model-file/unsupported',
    `Expected float32 numbers for '${name}' in '${path}'; received ${dtype}. Convert the model without this type.`,
    { name },
  );
}

/** Values that the converter rounded to 8 or 16 bits: stored · scale + min, in float32 as TF.js computes them. */
function quantizedStorage(quantization: z.infer<typeof quantizationSchema>): StoredNumber {
  if (quantization.dtype === 'float16') return float16;
  const { dtype, min, scale } = quantization;
  if (dtype === 'uint8') return { bytes: 1, read: (view, at) => view.getUint8(at) * scale + min };
  return { bytes: 2, read: (view, at) => view.getUint16(at, true) * scale + min };
}

async function* bytesOf(shards: readonly Shard[], start: number, end: number): AsyncIterable<Uint8Array> {
  let offset = 0;
  for (const { path, sizeBytes } of shards) {
    const [from, to] = [Math.max(0, start - offset), Math.min(sizeBytes, end - offset)];
    offset += sizeBytes;
    if (from < to) yield* createReadStream(path, { start: from, end: to - 1, highWaterMark: CHUNK_BYTES });
  }
}

export function damaged(path: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a TensorFlow.js model in '${path}'; received ${received}. Convert the model again, or copy all its files again.`,
    { path },
  );
}

/** The name of a model: that of its folder, where the file is called model.json. */
export function modelNameOf(path: string): string {
  const file = basename(path);
  return file === 'model.json' ? basename(dirname(resolve(path))) : file.replace(/\.json$/i, '');
}
