import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../../src-shared/program/language/shape.ts';
import { elementReader, npyHeader, rowMajor } from '../../../file-formats/npy.ts';
import { ZipFile } from '../../../file-formats/zip-file.ts';
import { fileError, statSource } from '../../tables/source-files.ts';

/** An array of a `.npy` file or of a `.npz` archive, row-major. */
export interface NumpyArray {
  /** Name in the archive; of a .npy file its own without the ending. */
  readonly name: string;
  readonly path: string;
  readonly shape: readonly number[];
  /** Bytes and truth values as bytes, float32 and float16 as float32, other numbers as float64. */
  readonly values: Uint8Array | Float32Array | Float64Array | readonly string[];
  readonly isWhole: boolean;
  /** Number of whole numbers beyond 2^53 that no double is equal to. */
  readonly rounded: number;
}

export interface NumpyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fraction of the file's bytes. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

const MAX_ARRAY_BYTES = 2 ** 31;
const NPY = Buffer.from('\x93NUMPY', 'latin1');
const ZIP = Buffer.from('PK\x03\x04', 'latin1');

/** What a file begins like; null: neither, or it cannot be read. */
export async function numpyKind(path: string): Promise<'npy' | 'zip' | null> {
  const handle = await open(path).catch(() => null);
  if (handle === null) return null;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(NPY.length), 0, NPY.length, 0);
    if (bytesRead === NPY.length && buffer.equals(NPY)) return 'npy';
    return buffer.subarray(0, ZIP.length).equals(ZIP) ? 'zip' : null;
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}

/**
 * Reads all arrays of a `.npy` file or a `.npz` archive. Pickled objects are refused; nothing in the file is run.
 *
 * @throws AppError `dataset/damaged-numpy` naming file and array, or of the file system; the signal's reason if aborted.
 */
export async function readNumpyFile(path: string, options: NumpyOptions = {}): Promise<NumpyArray[]> {
  const { signal } = options;
  const { size } = await statSource(path);
  if ((await numpyKind(path)) === 'npy' || /\.npy$/i.test(path)) {
    if (size > MAX_ARRAY_BYTES) throw damaged(path, null, tooLarge(size));
    const bytes = await readFile(path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw fileError(error, path);
    });
    return [decode(bytes, basename(path).replace(/\.npy$/i, ''), path)];
  }
  return readArchive(path, options);
}

async function readArchive(path: string, { signal, onProgress }: NumpyOptions): Promise<NumpyArray[]> {
  const zip = await ZipFile.open(path).catch((error: unknown) => {
    throw damaged(path, null, reasonOf(error));
  });
  try {
    const entries = zip.entries.filter(({ name }) => name.endsWith('.npy'));
    if (entries.length === 0) throw damaged(path, null, 'the archive holds no .npy file');
    const total = Math.max(
      1,
      entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    if (total > MAX_ARRAY_BYTES) throw damaged(path, null, tooLarge(total));
    let read = 0;
    const arrays: NumpyArray[] = [];
    for (const { name, sizeBytes } of entries) {
      const parts: Uint8Array[] = [];
      try {
        for await (const part of zip.parts(name)) {
          signal?.throwIfAborted();
          // The header is checked before the rest is read.
          if (parts.length === 0) checkSize(part, sizeBytes);
          parts.push(part);
          onProgress?.((read += part.length) / total);
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw damaged(path, name, reasonOf(error));
      }
      arrays.push(decode(Buffer.concat(parts), name.replace(/\.npy$/, ''), path));
    }
    return arrays;
  } finally {
    zip.close();
  }
}

const tooLarge = (bytes: number): string =>
  `its arrays have ${bytes.toLocaleString('en')} bytes; expected at most ${MAX_ARRAY_BYTES.toLocaleString('en')}`;

/** @throws Error if an array's shape does not fit its size. */
function checkSize(start: Uint8Array, sizeBytes: number): void {
  const header = npyHeader(start);
  const reader = header === null ? null : elementReader(header.type);
  if (header === null || reader === null) return;
  const expected = header.dataStart + elementCount(header.shape) * reader.bytes;
  if (expected !== sizeBytes) {
    throw new Error(`its shape [${header.shape.join(', ')}] needs ${expected} bytes; it has ${sizeBytes}`);
  }
}

function decode(bytes: Buffer, name: string, path: string): NumpyArray {
  try {
    const header = npyHeader(bytes);
    if (header === null) throw new Error('it ends within its header');
    const { type, shape, dataStart, isFortranOrder } = header;
    const count = elementCount(shape);
    const textSize = /^[<>|=]([US])(\d+)$/.exec(type);
    const reader = elementReader(type);
    const size = textSize !== null ? Number(textSize[2]) * (textSize[1] === 'U' ? 4 : 1) : (reader?.bytes ?? null);
    if (size === null) throw new Error(unknownType(type));
    if (bytes.length - dataStart !== count * size) {
      const has = `it has ${bytes.length - dataStart}`;
      throw new Error(`its shape [${shape.join(', ')}] of ${type} needs ${count * size} bytes; ${has}`);
    }
    const base = { name, path, shape, rounded: 0, isWhole: false };
    if (reader === null) {
      if (isFortranOrder && shape.length > 1) throw new Error('texts in Fortran order are not read');
      return { ...base, values: texts(bytes, dataStart, count, size, type) };
    }
    const values = numbers(bytes, dataStart, count, type);
    const isWhole = /[iub]\d$/.test(type);
    const rounded = roundedIn(values, bytes, dataStart, type);
    return { ...base, values: isFortranOrder ? rowMajor(shape, values) : values, isWhole, rounded };
  } catch (error) {
    throw damaged(path, name, reasonOf(error));
  }
}

const unknownType = (type: string): string =>
  type.endsWith('O')
    ? 'it holds Python objects, which are not read because reading them can run code; save it with a type of numbers or texts (array.astype)'
    : `its type '${type}' is not supported; save it as numbers or texts`;

function numbers(bytes: Buffer, start: number, count: number, type: string): Uint8Array | Float32Array | Float64Array {
  if (/[ub]1$/.test(type)) return new Uint8Array(bytes.subarray(start, start + count));
  const { bytes: size, read } = elementReader(type)!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = /f[24]$/.test(type) ? new Float32Array(count) : new Float64Array(count);
  for (let at = 0; at < count; at++) values[at] = read(view, start + at * size);
  return values;
}

/** Number of values that are other numbers than those in the file. */
function roundedIn(values: ArrayLike<number>, bytes: Buffer, start: number, type: string): number {
  if (!/[iu]8$/.test(type)) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !type.startsWith('>');
  let rounded = 0;
  for (let at = 0; at < values.length; at++) {
    if (Math.abs(values[at]!) < 2 ** 53) continue;
    const place = start + at * 8;
    const stored = type.endsWith('u8') ? view.getBigUint64(place, little) : view.getBigInt64(place, little);
    if (BigInt(values[at]!) !== stored) rounded++;
  }
  return rounded;
}

/** Texts of a fixed length, filled up with zeros. 'U': UTF-32; 'S': bytes. */
function texts(bytes: Buffer, start: number, count: number, size: number, type: string): string[] {
  const isUnicode = type.charAt(1) === 'U';
  return Array.from({ length: count }, (_, at) => {
    const cell = bytes.subarray(start + at * size, start + (at + 1) * size);
    if (!isUnicode) return cell.toString('utf8').replace(/\0+$/, '');
    let text = '';
    for (let i = 0; i < cell.length; i += 4) {
      const code = type.startsWith('>') ? cell.readUInt32BE(i) : cell.readUInt32LE(i);
      if (code > 0x10ffff) throw new Error(`it has the character code ${code}, which does not exist`);
      text += String.fromCodePoint(code);
    }
    return text.replace(/\0+$/, '');
  });
}

const reasonOf = (error: unknown): string => {
  if (error instanceof AppError) return String(error.details['reason'] ?? error.message);
  return error instanceof Error ? error.message : String(error);
};

function damaged(path: string, array: string | null, reason: string): AppError {
  const where = array === null ? path : `'${array}' of ${path}`;
  return new AppError(
    'dataset/damaged-numpy',
    `Expected NumPy arrays in ${where}, as numpy.save and numpy.savez write them; ${reason}. Write or copy the file again.`,
    { path, array },
  );
}
