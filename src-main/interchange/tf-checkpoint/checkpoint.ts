import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { bytesOf, fieldsOf, numberOf, readVarint } from '../protobuf/message.ts';
import { bfloat16, decoded, float16, float32, float64 } from '../weights/number-types.ts';
import type { NumberType } from '../weights/number-types.ts';
import type { StoredTensor } from '../weights/tensor-names.ts';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { readObjectGraph } from './object-graph.ts';
import type { ObjectGraph } from './object-graph.ts';
import { tableEntries } from './table.ts';

const INDEX = '.index';
/** Indices have about a hundred bytes for each tensor. */
const MAX_INDEX_BYTES = 256 * 2 ** 20;
const MAX_GRAPH_BYTES = 256 * 2 ** 20;
/** Bytes of a tensor that are decoded at a time. */
const CHUNK_BYTES = 4 * 2 ** 20;
const GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH';

const STRING = 7;
const numberTypes: Readonly<Record<number, NumberType>> = { 1: float32, 2: float64, 14: bfloat16, 19: float16 };
/** TensorFlow's names of other types. */
const OTHERS: Readonly<Record<number, string>> = {
  ...{ 3: 'int32', 4: 'uint8', 5: 'int16', 6: 'int8', 7: 'string', 9: 'int64', 10: 'bool', 17: 'uint16' },
  ...{ 22: 'uint32', 23: 'uint64' },
};

/** An entry of the index: where the bytes of a tensor are. */
interface Entry {
  readonly key: string;
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly checksum: number;
  /** Whether it is divided into parts that have other entries. */
  readonly isDivided: boolean;
}

/** A checkpoint of TensorFlow: `NAME.index` and its shards `NAME.data-00000-of-00001`. */
export interface TfCheckpoint {
  /** By key: 'dense/kernel', 'layer-1/kernel/.ATTRIBUTES/VARIABLE_VALUE'. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Null: the checkpoint has names only. */
  readonly graph: ObjectGraph | null;
}

/**
 * @param path Of the index, or of a shard.
 * @throws AppError 'model-file/damaged', 'model-file/missing-part', 'model-file/unsupported'.
 */
export async function openCheckpoint(path: string): Promise<TfCheckpoint> {
  const prefix = path.replace(/\.index$|\.data-\d{5}-of-\d{5}$/i, '');
  const index = `${prefix}${INDEX}`;
  const { shards, entries } = await indexOf(index);
  const sizes = await Promise.all(
    Array.from({ length: shards }, (_, shard) => sizeOfShard(shardPath(prefix, shard, shards))),
  );
  const tensors = new Map<string, StoredTensor>();
  let graph: ObjectGraph | null = null;
  for (const entry of entries) {
    const { key, dtype, shape, shard, offset, sizeBytes } = entry;
    const available = sizes[shard];
    if (available === undefined || offset + sizeBytes > available) {
      throw damaged(index, `'${key}' at byte ${offset} of part ${shard}, which has ${available ?? 0} bytes`);
    }
    const file = shardPath(prefix, shard, shards);
    if (key === GRAPH_KEY && dtype === STRING) graph = await graphOf(file, entry, index);
    if (dtype === STRING) continue;
    const type = numberTypes[dtype] ?? null;
    if (entry.isDivided) {
      throw new AppError(
        'model-file/unsupported',
        `Expected whole tensors in '${basename(index)}'; '${key}' is divided into parts. Save the variables without a partitioner.`,
        { path },
      );
    }
    if (type !== null && sizeBytes !== elementCount(shape) * type.bytes) {
      throw damaged(index, `'${key}' of ${shape.join(' × ')} values with ${sizeBytes} bytes`);
    }
    const read = (): AsyncIterable<Float32Array> => {
      if (type === null) throw new Error(`'${key}' has the type ${OTHERS[dtype] ?? dtype}.`);
      return decoded(checkedBytes(file, entry, index), type);
    };
    const storedAs = type === null ? (OTHERS[dtype] ?? `type ${dtype}`) : type.dtype;
    tensors.set(key, { name: key, path: key, shape, dtype: type?.dtype ?? 'integer', storedAs, read });
  }
  return { tensors, graph };
}

async function indexOf(index: string): Promise<{ shards: number; entries: readonly Entry[] }> {
  const { size } = await stat(index).catch(() => {
    throw missing(index);
  });
  if (size > MAX_INDEX_BYTES) throw damaged(index, `${size} bytes`);
  const entries: Entry[] = [];
  let shards = 0;
  try {
    for (const [key, value] of tableEntries(await readFile(index))) {
      if (key === '') shards = shardsOf(value);
      else entries.push(entryOf(key, value));
    }
  } catch (error) {
    if (error instanceof RangeError) throw damaged(index, error.message);
    throw error;
  }
  if (shards >= 1 && shards <= 99_999 && entries.length > 0) return { shards, entries };
  throw damaged(index, `${shards} parts and ${entries.length} tensors`);
}

/** Of the message BundleHeaderProto. */
function shardsOf(bytes: Uint8Array): number {
  let shards = 0;
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 1) shards = numberOf(value);
    else if (number === 2 && numberOf(value) !== 0) throw new RangeError('numbers in big-endian order');
  }
  return shards;
}

/** The message BundleEntryProto. Fields that are 0 are left out. */
function entryOf(key: string, bytes: Uint8Array): Entry {
  const numbers = [0, 0, 0, 0, 0, 0];
  let shape: readonly number[] = [];
  let checksum = 0;
  let isDivided = false;
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 2) shape = shapeOf(bytesOf(value));
    else if (number === 6) checksum = Buffer.from(bytesOf(value)).readUInt32LE();
    else if (number === 7) isDivided = true;
    else if (number <= 5) numbers[number] = numberOf(value);
  }
  const [, dtype = 0, , shard = 0, offset = 0, sizeBytes = 0] = numbers;
  if (Math.min(offset, sizeBytes, shard) < 0) throw new RangeError(`a negative position of '${key}'`);
  return { key, dtype, shape, shard, offset, sizeBytes, checksum, isDivided };
}

/** Of the message TensorShapeProto. */
function shapeOf(bytes: Uint8Array): readonly number[] {
  const shape: number[] = [];
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 3) throw new RangeError('a tensor of unknown shape');
    if (number !== 2) continue;
    let size = 0;
    for (const [field, of] of fieldsOf(bytesOf(value))) if (field === 1) size = numberOf(of);
    if (size < 0) throw new RangeError('a tensor of unknown shape');
    shape.push(size);
  }
  return shape;
}

/** @throws AppError 'model-file/damaged' after the last byte if the checksum differs. */
async function* checkedBytes(
  path: string,
  { key, offset, sizeBytes, checksum }: Entry,
  index: string,
): AsyncIterable<Uint8Array> {
  let sum = 0;
  if (sizeBytes > 0) {
    const range = { start: offset, end: offset + sizeBytes - 1, highWaterMark: CHUNK_BYTES };
    for await (const chunk of createReadStream(path, range) as AsyncIterable<Buffer>) {
      sum = crc32c(chunk, sum);
      yield chunk;
    }
  }
  if (maskedCrc32c(sum) !== checksum) throw damaged(index, `another checksum of '${key}'`);
}

/**
 * A tensor of one text: its length, the checksum of the length, and its bytes. The checksum of the tensor is over the
 * length in 4 bytes, that checksum, and the bytes.
 */
async function graphOf(path: string, { key, offset, sizeBytes, checksum }: Entry, index: string): Promise<ObjectGraph> {
  if (sizeBytes > MAX_GRAPH_BYTES) throw damaged(index, `'${key}' of ${sizeBytes} bytes`);
  const bytes = Buffer.alloc(sizeBytes);
  const file = await open(path);
  try {
    await file.read(bytes, 0, sizeBytes, offset);
  } finally {
    await file.close();
  }
  try {
    const { value, next } = readVarint(bytes, 0);
    const start = next + 4;
    const text = bytes.subarray(start);
    if (Number(value) !== text.length) throw new RangeError(`'${key}' of ${text.length} bytes; expected ${value}`);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const sum = crc32c(text, crc32c(bytes.subarray(next, start), crc32c(length)));
    if (maskedCrc32c(sum) !== checksum) throw new RangeError(`another checksum of '${key}'`);
    return readObjectGraph(text);
  } catch (error) {
    if (error instanceof RangeError) throw damaged(index, error.message);
    throw error;
  }
}

function shardPath(prefix: string, shard: number, shards: number): string {
  const five = (number: number): string => String(number).padStart(5, '0');
  return `${prefix}.data-${five(shard)}-of-${five(shards)}`;
}

async function sizeOfShard(path: string): Promise<number> {
  const status = await stat(path).catch(() => null);
  if (status?.isFile() === true) return status.size;
  throw missing(path);
}

function missing(path: string): AppError {
  return new AppError(
    'model-file/missing-part',
    `Expected '${path}'; there is no such file. Copy all files of the checkpoint into one folder.`,
    { path },
  );
}

function damaged(path: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a complete checkpoint of TensorFlow in '${path}'; received ${received}. Save it again, or copy all its files again.`,
    { path },
  );
}
