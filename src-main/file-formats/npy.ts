import { elementCount } from '../../src-shared/program/language/shape.ts';

/** An array of numbers, row-major. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER = /^\{\s*'descr':\s*'([^']+)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\sL]*)\),?\s*\}\s*$/;

/** Reads one element of an array. */
export type ElementReader = (view: DataView, at: number) => number;

/** Readers of one element by NumPy's name of a type without its byte order. */
const readers: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number, littleEndian: boolean) => number]>
> = {
  f2: [2, (view, at, little) => view.getFloat16(at, little)],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u1: [1, (view, at) => view.getUint8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  b1: [1, (view, at) => view.getUint8(at)],
};

/** @param type NumPy's name: '<f4', '>i2', '|u1'. @returns Null: it is not a type of numbers. */
export function elementReader(type: string): { readonly bytes: number; readonly read: ElementReader } | null {
  const name = type.slice(1);
  if (!'<>|='.includes(type.charAt(0)) || !Object.hasOwn(readers, name)) return null;
  const [bytes, read] = readers[name]!;
  const little = !type.startsWith('>');
  return { bytes, read: (view, at) => read(view, at, little) };
}

/** What stands before the values of an array. */
export interface NpyHeader {
  /** NumPy's name: '<f4'. */
  readonly type: string;
  /** Whether the first axis changes fastest. */
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
  /** Index of the first byte of the values. */
  readonly dataStart: number;
}

/** Headers of arrays of numbers are far shorter. */
const MAX_HEADER_BYTES = 2 ** 16;

/**
 * Reads the header of NumPy's `.npy` format, versions 1 to 3.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @param bytes The first bytes of the file.
 * @returns Null: the header is longer than `bytes`.
 * @throws Error with the reason.
 */
export function npyHeader(bytes: Uint8Array): NpyHeader | null {
  if (MAGIC.some((byte, index) => index < bytes.length && bytes[index] !== byte)) {
    throw new Error('it is not a NumPy array');
  }
  if (bytes.length < 12) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! >= 2;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > MAX_HEADER_BYTES) throw new Error(`its header has ${length} bytes`);
  const dataStart = start + length;
  if (dataStart > bytes.length) return null;
  const text = new TextDecoder().decode(bytes.subarray(start, dataStart));
  const found = HEADER.exec(text);
  if (found === null) throw new Error(`expected an array of numbers; its header is ${text.trim().slice(0, 100)}`);
  const [, type = '', order, sizes = ''] = found;
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number.parseInt(size, 10)]));
  return { type, isFortranOrder: order === 'True', shape, dataStart };
}

/** Reads a whole array as float32. @throws Error with the reason. */
export function readNpy(bytes: Uint8Array): NpyArray {
  const header = npyHeader(bytes);
  if (header === null) throw new Error('it is not a whole NumPy array');
  const { type, isFortranOrder, shape, dataStart } = header;
  const reader = elementReader(type);
  if (reader === null)
    throw new Error(`its type '${type}' is not supported (expected ${Object.keys(readers).join(', ')})`);
  const { bytes: size, read } = reader;
  const count = elementCount(shape);
  if (bytes.length - dataStart !== count * size) {
    throw new Error(`its shape [${shape.join(', ')}] needs ${count * size} bytes; it has ${bytes.length - dataStart}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = Float32Array.from({ length: count }, (_, index) => read(view, dataStart + index * size));
  return { shape, data: isFortranOrder ? rowMajor(shape, data) : data };
}

/** Writes float32 values as a `.npy` file of version 1. */
export function writeNpy({ shape, data }: NpyArray): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${tuple}), }`;
  // The data begins at a multiple of 64; the header ends with a new line.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length + data.byteLength).fill(0x20, 10, length);
  bytes.set(MAGIC);
  bytes[6] = 1;
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes[length - 1] = 0x0a;
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/** Reorders values that are stored in Fortran order, where the first axis changes fastest. */
export function rowMajor<Values extends Float32Array | Float64Array | Uint8Array>(
  shape: readonly number[],
  stored: Values,
): Values {
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const place = new Array<number>(shape.length).fill(0);
  const ordered = stored.slice() as Values;
  for (let at = 0; at < ordered.length; at++) {
    ordered[at] = stored[place.reduce((sum, index, axis) => sum + index * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]! += 1;
      if (place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
  return ordered;
}
