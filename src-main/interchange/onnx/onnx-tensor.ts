import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { ONNX_TYPES, sizeOf } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { Numbers, OnnxTensor, OnnxType } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import { packedVarints } from '../protobuf/wire-format.ts';
import type { ProtobufFile } from '../protobuf/protobuf-reader.ts';
import type { ByteRange } from '../protobuf/wire-format.ts';

/** Field numbers of TensorProto. */
const DIMS = 1;
const DATA_TYPE = 2;
const SEGMENT = 3;
const FLOAT_DATA = 4;
const INT32_DATA = 5;
const INT64_DATA = 7;
const NAME = 8;
const RAW_DATA = 9;
const DOUBLE_DATA = 10;
const UINT64_DATA = 11;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;

const MAX_AXES = 32;
const MAX_TEXT_BYTES = 65_536;

const BYTES: Readonly<Record<OnnxType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
};

/** Values in fields that are not raw: packed ones, or one field for each. */
interface Typed {
  readonly field: number;
  readonly parts: ByteRange[];
  readonly single: bigint[];
}

/**
 * Reads a TensorProto. Its values stay in the file until they are requested.
 *
 * @throws AppError 'model-file/damaged' if its sizes contradict each other, 'model-file/unsupported',
 *   'model-file/missing-part'.
 */
export function readTensor(file: ProtobufFile, range: ByteRange, path: string): { name: string; tensor: OnnxTensor } {
  const shape: number[] = [];
  let name = '';
  let type = 0;
  let raw: ByteRange | null = null;
  let isExternal = false;
  const external = new Map<string, string>();
  const typed: Typed[] = [];
  for (const { number, integer, bytes } of file.fields(range)) {
    if (number === DIMS) {
      const sizes = integer === null ? packedVarints(file.bytes(limited(bytes!, path))) : [integer];
      shape.push(...sizes.map((size) => Number(BigInt.asIntN(64, size))));
      if (shape.length > MAX_AXES) throw damagedOnnx(path, `a tensor of more than ${MAX_AXES} axes`);
    } else if (number === DATA_TYPE) type = Number(integer ?? 0n);
    else if (number === NAME && bytes !== null) name = textOf(file, bytes, path);
    else if (number === RAW_DATA) raw = bytes;
    else if (number === SEGMENT) throw damagedOnnx(path, 'a tensor in segments');
    else if (number === DATA_LOCATION) isExternal = integer === 1n;
    else if (number === EXTERNAL_DATA && bytes !== null) readEntry(file, bytes, path, external);
    else if ([FLOAT_DATA, INT32_DATA, INT64_DATA, DOUBLE_DATA, UINT64_DATA].includes(number)) {
      let found = typed.find(({ field }) => field === number);
      if (found === undefined) typed.push((found = { field: number, parts: [], single: [] }));
      if (bytes !== null) found.parts.push(bytes);
      else if (integer !== null) found.single.push(integer);
    }
  }
  const known = ONNX_TYPES[type];
  if (known === undefined) throw unsupportedType(path, name, type);
  const count = sizeOf(shape);
  if (!shape.every((size) => size >= 0) || !Number.isSafeInteger(count)) {
    throw damagedOnnx(path, `a tensor '${name}' of ${shape.join(' × ')} values`);
  }
  const source = isExternal
    ? externalSource(external, path, name, count * BYTES[known])
    : raw === null
      ? null
      : { file, range: raw };
  if (source !== null && source.range.end - source.range.start !== count * BYTES[known]) {
    const received = source.range.end - source.range.start;
    throw damagedOnnx(path, `${received} bytes for '${name}', ${shape.join(' × ')} values of ${known}`);
  }
  const values =
    source === null
      ? (): Numbers => typedValues(file, typed, known, count, path, name)
      : (): Numbers => decoded(read(source, path), known);
  if (source === null && count > 0) checkTyped(typed, count, path, name);
  return { name, tensor: { type: known, shape, values } };
}

/** A short text. */
export function textOf(file: ProtobufFile, bytes: ByteRange, path: string): string {
  return new TextDecoder().decode(file.bytes(limited(bytes, path)));
}

function limited(bytes: ByteRange, path: string): ByteRange {
  if (bytes.end - bytes.start <= MAX_TEXT_BYTES) return bytes;
  throw damagedOnnx(path, `a name or shape of ${bytes.end - bytes.start} bytes`);
}

/** An entry of a map of texts: field 1 is the key, field 2 the value. */
function readEntry(file: ProtobufFile, range: ByteRange, path: string, entries: Map<string, string>): void {
  const texts = new Map<number, string>();
  for (const { number, bytes } of file.fields(range)) if (bytes !== null) texts.set(number, textOf(file, bytes, path));
  entries.set(texts.get(1) ?? '', texts.get(2) ?? '');
}

/** Bytes of the ONNX file, or of a file with its weights. */
type Source =
  { readonly file: ProtobufFile; readonly range: ByteRange } | { readonly path: string; readonly range: ByteRange };

function read(source: Source, path: string): Buffer {
  if ('file' in source) return source.file.bytes(source.range);
  const { start, end } = source.range;
  const bytes = Buffer.alloc(end - start);
  const descriptor = openSync(source.path, 'r');
  try {
    for (let at = 0; at < bytes.length;) {
      const count = readSync(descriptor, bytes, at, bytes.length - at, start + at);
      if (count === 0) throw damagedOnnx(path, `a file of weights that ends at byte ${start + at}`);
      at += count;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** Weights in another file of the same folder. Paths that lead out of the folder are refused. */
function externalSource(entries: ReadonlyMap<string, string>, path: string, name: string, bytes: number): Source {
  const location = entries.get('location') ?? '';
  const folder = realpathSync(dirname(resolve(path)));
  const target = resolve(folder, location);
  if (location === '' || !target.startsWith(folder + sep)) {
    throw damagedOnnx(path, `weights outside its folder, '${location}'`);
  }
  let size: number;
  try {
    if (!realpathSync(target).startsWith(folder + sep))
      throw damagedOnnx(path, `weights outside its folder, '${location}'`);
    const descriptor = openSync(target, 'r');
    const status = fstatSync(descriptor);
    closeSync(descriptor);
    if (!status.isFile()) throw new Error('not a file');
    size = status.size;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'model-file/missing-part',
      `Expected '${location}' in the folder of '${basename(path)}', with the weights '${name}'; it cannot be read. Copy all files of the model into one folder.`,
      { path: join(folder, location) },
    );
  }
  const start = Number(entries.get('offset') ?? '0');
  const length = entries.has('length') ? Number(entries.get('length')) : bytes;
  const fits =
    Number.isSafeInteger(start) && Number.isSafeInteger(length) && start >= 0 && length >= 0 && start + length <= size;
  if (!fits)
    throw damagedOnnx(
      path,
      `weights '${name}' at bytes ${start} to ${start + length} of '${location}', which has ${size}`,
    );
  return { path: target, range: { start, end: start + length } };
}

function decoded(bytes: Buffer, type: OnnxType): Numbers {
  const { buffer, byteOffset: at } = bytes;
  const count = bytes.length / BYTES[type];
  switch (type) {
    case 'float32':
      return new Float32Array(buffer, at, count);
    case 'float64':
      return new Float64Array(buffer, at, count);
    case 'float16':
      return Float32Array.from(new Float16Array(buffer, at, count));
    case 'bfloat16':
      return wide(new Uint16Array(buffer, at, count));
    case 'int8':
      return Float64Array.from(new Int8Array(buffer, at, count));
    case 'int16':
      return Float64Array.from(new Int16Array(buffer, at, count));
    case 'int32':
      return Float64Array.from(new Int32Array(buffer, at, count));
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, at, count), Number);
    case 'uint16':
      return Float64Array.from(new Uint16Array(buffer, at, count));
    case 'uint32':
      return Float64Array.from(new Uint32Array(buffer, at, count));
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer, at, count), Number);
    case 'uint8':
    case 'bool':
      return Float64Array.from(new Uint8Array(buffer, at, count));
  }
}

/** bfloat16: the upper half of float32. */
function wide(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** Fields without as many values as the shape says, before memory is allocated. */
function checkTyped(typed: readonly Typed[], count: number, path: string, name: string): void {
  const bytes = typed.flatMap(({ parts }) => parts).reduce((sum, { start, end }) => sum + end - start, 0);
  const single = typed.reduce((sum, { single: list }) => sum + list.length, 0);
  if (bytes + single < count) throw damagedOnnx(path, `fewer values than the ${count} of '${name}'`);
}

function typedValues(
  file: ProtobufFile,
  typed: readonly Typed[],
  type: OnnxType,
  count: number,
  path: string,
  name: string,
): Numbers {
  const values = type === 'float32' ? new Float32Array(count) : new Float64Array(count);
  let at = 0;
  const put = (list: Iterable<number>): void => {
    for (const value of list) {
      values[at] = value;
      at++;
    }
  };
  for (const { field, parts, single } of typed) {
    for (const part of parts) {
      const bytes = file.bytes(part);
      if (field === FLOAT_DATA || field === DOUBLE_DATA) {
        const own = field === FLOAT_DATA ? 'float32' : 'float64';
        if (bytes.length % BYTES[own] !== 0) throw damagedOnnx(path, `a part of a number in '${name}'`);
        put(decoded(bytes, own));
      } else put(packedVarints(bytes).map((value) => integerOf(value, type)));
    }
    put(single.map((value) => integerOf(value, type)));
  }
  if (at !== count) throw damagedOnnx(path, `${at} values for the ${count} of '${name}'`);
  return values;
}

/** A stored integer as a number of the type. 16-bit floats are stored as their bits. */
function integerOf(value: bigint, type: OnnxType): number {
  if (type === 'float16') return new Float16Array(Uint16Array.of(Number(value & 0xffffn)).buffer)[0]!;
  if (type === 'bfloat16') return wide(Uint16Array.of(Number(value & 0xffffn)))[0]!;
  return Number(type.startsWith('u') ? value : BigInt.asIntN(64, value));
}

function unsupportedType(path: string, name: string, type: number): AppError {
  return new AppError(
    'model-file/unsupported',
    `Expected numbers of 8 bits or more as '${name}' in '${path}'; received ONNX's type ${type}. Export the model with float32 weights.`,
    { name },
  );
}

export function damagedOnnx(path: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected an ONNX model in '${path}'; received ${received}. Copy the file again, or export the model again.`,
    { path },
  );
}
