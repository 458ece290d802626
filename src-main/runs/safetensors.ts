import { open } from 'node:fs/promises';
import type { HostTensor } from '../engines/interface/engine.ts';

/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header with type, shape
 * and byte range of each tensor, then the tensors' raw little-endian bytes.
 * Source: https://github.com/huggingface/safetensors (format description).
 */

const typeNames = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const;

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** @param metadata The header's entry `__metadata__`. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, HeaderEntry | Readonly<Record<string, string>>> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, tensor] of tensors) {
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: typeNames[tensor.dtype], shape: [...tensor.shape], data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Data begins at a multiple of 8, as in files of the reference implementation; spaces pad the header.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  let at = 8 + headerLength;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

export interface SafetensorsContent {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @returns Tensors that own their memory.
 * @throws Error if the bytes are damaged.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 8) throw new Error(`Expected at least 8 bytes; received ${bytes.byteLength}.`);
  const headerLength = Number(view.getBigUint64(0, true));
  const dataStart = 8 + headerLength;
  if (dataStart > bytes.byteLength) {
    throw new Error(`Expected a header of ${headerLength} bytes; the file has ${bytes.byteLength - 8}.`);
  }
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataStart))) as Record<string, HeaderEntry>;
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.set(name, decodeTensor(name, entry, bytes, dataStart));
  }
  return { tensors, metadata: (header['__metadata__'] ?? {}) as unknown as Record<string, string> };
}

/**
 * Names and shapes in a file, of which it reads the header only.
 *
 * @throws Error if the header is damaged. Node's error.
 */
export async function readShapes(path: string): Promise<{ name: string; shape: number[] }[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Buffer.alloc(8);
    await file.read(length, 0, 8, 0);
    const headerLength = Number(length.readBigUInt64LE());
    if (8 + headerLength > size)
      throw new Error(`Expected a header of ${headerLength} bytes; the file has ${size - 8}.`);
    const json = Buffer.alloc(headerLength);
    await file.read(json, 0, headerLength, 8);
    const header = JSON.parse(json.toString('utf8')) as Record<string, HeaderEntry>;
    const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
    return tensors.map(([name, { shape }]) => ({ name, shape }));
  } finally {
    await file.close();
  }
}

function decodeTensor(name: string, entry: HeaderEntry, bytes: Uint8Array, dataStart: number): HostTensor {
  const [start, end] = entry.data_offsets;
  const elements = entry.shape.reduce((product, size) => product * size, 1);
  const size = elements * (entry.dtype === 'BOOL' ? 1 : 4);
  if (end - start !== size || dataStart + end > bytes.byteLength) {
    throw new Error(`Tensor '${name}' needs ${size} bytes; the file has ${bytes.byteLength - dataStart - start}.`);
  }
  // Not `slice`: a Buffer's `slice` shares its memory.
  const data = Uint8Array.from(bytes.subarray(dataStart + start, dataStart + end));
  const { shape } = entry;
  if (entry.dtype === 'F32') return { dtype: 'float32', shape, data: new Float32Array(data.buffer) };
  if (entry.dtype === 'I32') return { dtype: 'int32', shape, data: new Int32Array(data.buffer) };
  if (entry.dtype === 'BOOL') return { dtype: 'bool', shape, data };
  throw new Error(`Tensor '${name}' has type ${entry.dtype}; expected F32, I32 or BOOL.`);
}
