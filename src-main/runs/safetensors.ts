import type { FileHandle } from 'node:fs/promises';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import type { HostTensor } from '../engines/interface/engine.ts';

/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header with type, shape
 * and byte range of each tensor, then the tensors' raw little-endian bytes.
 * Source: https://github.com/huggingface/safetensors (format description).
 */

/** Bytes that are read, hashed or written at once. */
const CHUNK_BYTES = 8 * 2 ** 20;

const typeNames = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const;
const elementBytes = { float32: 4, int32: 4, bool: 1 } as const;

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * The file's bytes before the data.
 *
 * @param tensors In the order of their data.
 * @param metadata The header's entry `__metadata__`.
 */
export function safetensorsStart(
  tensors: Iterable<readonly [name: string, Pick<HostTensor, 'dtype' | 'shape'>]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, HeaderEntry | Readonly<Record<string, string>>> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = offset + elementCount(shape) * elementBytes[dtype];
    header[name] = { dtype: typeNames[dtype], shape: [...shape], data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Data begins at a multiple of 8, as in files of the reference implementation; spaces pad the header.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + headerLength).fill(0x20, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerLength), true);
  start.set(json, 8);
  return start;
}

/** The file's bytes in chunks, without copies of the tensors. */
export function safetensorsChunks(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  return [...chunksOf(safetensorsStart(tensors, metadata)), ...[...tensors.values()].flatMap(tensorChunks)];
}

/** A tensor's bytes in chunks, without copies. */
export function tensorChunks({ data }: HostTensor): Uint8Array[] {
  return chunksOf(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
}

export interface SafetensorsContent {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file that is read from its beginning. */
class SequentialReader {
  readonly #file: FileHandle;
  readonly #onBytes: (bytes: Uint8Array) => void;
  #position = 0;

  constructor(file: FileHandle, onBytes: (bytes: Uint8Array) => void) {
    this.#file = file;
    this.#onBytes = onBytes;
  }

  get position(): number {
    return this.#position;
  }

  async fill(target: Uint8Array): Promise<void> {
    for (const chunk of chunksOf(target)) {
      const { bytesRead } = await this.#file.read(chunk, 0, chunk.byteLength, this.#position);
      if (bytesRead < chunk.byteLength) throw new Error(`The file has ended at ${this.#position + bytesRead} bytes.`);
      this.#position += bytesRead;
      this.#onBytes(chunk);
    }
  }
}

interface Header {
  readonly entries: readonly (readonly [name: string, HeaderEntry])[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** @param size Bytes of the file. */
async function readHeader(reader: SequentialReader, size: number): Promise<Header> {
  if (size < 8) throw new Error(`Expected at least 8 bytes; received ${size}.`);
  const length = new Uint8Array(8);
  await reader.fill(length);
  const headerLength = Number(new DataView(length.buffer).getBigUint64(0, true));
  if (8 + headerLength > size) throw new Error(`Expected a header of ${headerLength} bytes; the file has ${size - 8}.`);
  const json = new Uint8Array(headerLength);
  await reader.fill(json);
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(json)) as Record<
    string,
    HeaderEntry
  >;
  return { entries: Object.entries(entries), metadata: metadata as unknown as Record<string, string> };
}

/** Names, shapes and metadata. @throws Error if the header is damaged. */
export async function readSafetensorsHeader(
  file: FileHandle,
): Promise<{ shapes: { name: string; shape: number[] }[]; metadata: Readonly<Record<string, string>> }> {
  const { size } = await file.stat();
  const { entries, metadata } = await readHeader(new SequentialReader(file, () => {}), size);
  return { shapes: entries.map(([name, { shape }]) => ({ name, shape })), metadata };
}

/**
 * Reads a whole file.
 *
 * @param onBytes Called with all bytes of the file, in order.
 * @returns Tensors that own their memory.
 * @throws Error if the bytes are damaged.
 */
export async function readSafetensors(
  file: FileHandle,
  onBytes: (bytes: Uint8Array) => void,
): Promise<SafetensorsContent> {
  const { size } = await file.stat();
  const reader = new SequentialReader(file, onBytes);
  const { entries, metadata } = await readHeader(reader, size);
  const dataStart = reader.position;
  const tensors = new Map<string, HostTensor>();
  const ranges: { start: number; bytes: Uint8Array }[] = [];
  for (const [name, entry] of entries) {
    const start = dataStart + entry.data_offsets[0];
    const tensor = emptyTensor(name, entry, size - start);
    tensors.set(name, tensor);
    ranges.push({ start, bytes: new Uint8Array(tensor.data.buffer) });
  }
  for (const { start, bytes } of ranges.toSorted((a, b) => a.start - b.start || a.bytes.length - b.bytes.length)) {
    if (start < reader.position) throw new Error('Two tensors have the same bytes.');
    await reader.fill(new Uint8Array(start - reader.position));
    await reader.fill(bytes);
  }
  await reader.fill(new Uint8Array(size - reader.position));
  return { tensors, metadata };
}

/** @param available Bytes of the file from the tensor's start. */
function emptyTensor(
  name: string,
  { dtype, shape, data_offsets: [start, end] }: HeaderEntry,
  available: number,
): HostTensor {
  const elements = elementCount(shape);
  const size = elements * (dtype === 'BOOL' ? 1 : 4);
  if (end - start !== size || size > available) {
    throw new Error(`Tensor '${name}' needs ${size} bytes; the file has ${available}.`);
  }
  if (dtype === 'F32') return { dtype: 'float32', shape, data: new Float32Array(elements) };
  if (dtype === 'I32') return { dtype: 'int32', shape, data: new Int32Array(elements) };
  if (dtype === 'BOOL') return { dtype: 'bool', shape, data: new Uint8Array(elements) };
  throw new Error(`Tensor '${name}' has type ${dtype}; expected F32, I32 or BOOL.`);
}
