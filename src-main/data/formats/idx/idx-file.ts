import { kMaxLength } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { fileError, statSource } from '../../tables/source-files.ts';

/**
 * The IDX format: two zero bytes, a type byte, the number of dimensions, the dimensions
 * as big-endian uint32, then the values, big-endian.
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 */
export interface IdxArray {
  readonly path: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
  /** Bytes before the first value. */
  readonly headerBytes: number;
}

const elementBytes: Readonly<Record<number, number>> = { 0x08: 1, 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8 };

/**
 * Reads one IDX file, gzipped or not.
 *
 * @throws AppError `dataset/missing-file`, `dataset/damaged-gzip`, `dataset/bad-magic-number`,
 *   `dataset/truncated-idx` or `dataset/oversized-idx`, naming file and byte position; the signal's reason if aborted.
 */
export async function readIdx(path: string, signal?: AbortSignal): Promise<IdxArray> {
  return parseIdx(await readBytes(path, signal), path);
}

async function readBytes(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  let bytes: Buffer;
  await statSource(path);
  try {
    bytes = await readFile(path, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(error, path);
  }
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes, path) : bytes;
}

/** Compressed bytes that have the header. They become at most a thousand times as many. */
const HEAD_BYTES = 4096;

/** Unpacks as many bytes as the header says, and one more, which shows that there are too many. */
async function unpacked(bytes: Buffer, path: string): Promise<Buffer> {
  let expected = HEAD_BYTES;
  try {
    const head = gunzipSync(bytes.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
    if (head.length >= 4 && head.length >= headerLength(head)) expected = readHeader(head, path).fileBytes;
    return await promisify(gunzip)(bytes, { maxOutputLength: Math.min(expected + 1, kMaxLength) });
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw oversized(path, expected, `more than ${expected}`);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'dataset/damaged-gzip',
      `${path}: expected a complete gzip file; it cannot be unpacked (${reason}, ${bytes.length} bytes read). Copy or download it again.`,
      { path, position: bytes.length },
    );
  }
}

interface IdxHeader {
  readonly type: number;
  readonly shape: readonly number[];
  readonly headerBytes: number;
  /** Of the whole file, not compressed. */
  readonly fileBytes: number;
}

/** @param bytes At least four. */
const headerLength = (bytes: Buffer): number => 4 + 4 * bytes[3]!;

function readHeader(bytes: Buffer, path: string): IdxHeader {
  if (bytes.length < 4) throw truncated(path, bytes.length, 4, 'the magic number');
  const type = bytes[2]!;
  const rank = bytes[3]!;
  const width = elementBytes[type];
  if (bytes[0] !== 0 || bytes[1] !== 0 || width === undefined || rank === 0) {
    const magic = bytes.subarray(0, 4).toString('hex').toUpperCase();
    throw new AppError(
      'dataset/bad-magic-number',
      `${path}: expected an IDX file, which begins with 00 00, a type (08, 09, 0B, 0C, 0D or 0E) and the number of dimensions; received 0x${magic} at byte 0. Choose an IDX file such as train-images-idx3-ubyte.`,
      { path, position: 0, magic },
    );
  }
  const headerBytes = headerLength(bytes);
  if (bytes.length < headerBytes) throw truncated(path, bytes.length, headerBytes, `${rank} dimensions`);
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  return { type, shape, headerBytes, fileBytes: headerBytes + count * width };
}

export function parseIdx(bytes: Buffer, path: string): IdxArray {
  const { type, shape, headerBytes, fileBytes } = readHeader(bytes, path);
  const sizes = shape.join(' × ');
  if (bytes.length < fileBytes) throw truncated(path, bytes.length, fileBytes, `${sizes} values`);
  if (bytes.length > fileBytes) throw oversized(path, fileBytes, String(bytes.length));
  const count = shape.reduce((product, size) => product * size, 1);
  return { path, shape, data: decode(bytes.subarray(headerBytes), type, count), headerBytes };
}

function decode(bytes: Buffer, type: number, count: number): IdxArray['data'] {
  const fill = <A extends Int16Array | Int32Array | Float32Array | Float64Array>(
    array: A,
    read: (i: number) => number,
  ) => {
    for (let i = 0; i < count; i++) array[i] = read(i);
    return array;
  };
  switch (type) {
    case 0x08:
      return new Uint8Array(bytes.buffer, bytes.byteOffset, count);
    case 0x09:
      return new Int8Array(bytes.buffer, bytes.byteOffset, count);
    case 0x0b:
      return fill(new Int16Array(count), (i) => bytes.readInt16BE(2 * i));
    case 0x0c:
      return fill(new Int32Array(count), (i) => bytes.readInt32BE(4 * i));
    case 0x0d:
      return fill(new Float32Array(count), (i) => bytes.readFloatBE(4 * i));
    default:
      return fill(new Float64Array(count), (i) => bytes.readDoubleBE(8 * i));
  }
}

function truncated(path: string, received: number, expected: number, what: string): AppError {
  return new AppError(
    'dataset/truncated-idx',
    `${path}: expected ${expected} bytes for ${what}; the file ends at byte ${received}. It is incomplete: copy or download it again.`,
    { path, position: received, expected, received },
  );
}

function oversized(path: string, expected: number, received: string): AppError {
  return new AppError(
    'dataset/oversized-idx',
    `${path}: expected the ${expected} bytes of its header and its values; received ${received}, with extra bytes from byte ${expected}. The header or the file is damaged: copy or download it again.`,
    { path, position: expected, expected },
  );
}
