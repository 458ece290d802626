import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
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
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'dataset/damaged-gzip',
      `${path}: expected a complete gzip file; it cannot be unpacked (${reason}, ${bytes.length} bytes read). Copy or download it again.`,
      { path, position: bytes.length },
    );
  }
}

export function parseIdx(bytes: Buffer, path: string): IdxArray {
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
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) throw truncated(path, bytes.length, headerBytes, `${rank} dimensions`);
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  const expected = headerBytes + count * width;
  if (bytes.length < expected) throw truncated(path, bytes.length, expected, `${shape.join(' × ')} values`);
  if (bytes.length > expected) {
    throw new AppError(
      'dataset/oversized-idx',
      `${path}: expected ${expected} bytes for ${shape.join(' × ')} values; received ${bytes.length}, with extra bytes from byte ${expected}. The header or the file is damaged: copy or download it again.`,
      { path, position: expected, expected, received: bytes.length },
    );
  }
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
