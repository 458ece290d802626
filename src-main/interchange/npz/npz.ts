import { crc32 } from 'node:zlib';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { openOutputFile } from '../../system/output-file.ts';
import { ZipFile } from '../../file-formats/zip-file.ts';
import { readNpy, writeNpy } from '../../file-formats/npy.ts';
import type { NpyArray } from '../../file-formats/npy.ts';

const MAX_ARRAY_BYTES = 2 ** 31;
/** The largest size of a zip archive without the Zip64 extension. */
const MAX_ZIP_BYTES = 2 ** 32 - 1;

/** Reads the arrays of NumPy's `.npz`. @throws AppError 'npz/damaged' naming the array. */
export async function readNpz(path: string): Promise<Map<string, NpyArray>> {
  const zip = await ZipFile.open(path).catch((error: unknown) => {
    const { details, message } = AppError.from(error);
    throw damaged(path, `a file that is not a complete zip archive: ${String(details['reason'] ?? message)}`);
  });
  try {
    const arrays = new Map<string, NpyArray>();
    for (const { name } of zip.entries) {
      if (!name.endsWith('.npy')) continue;
      try {
        arrays.set(name.slice(0, -'.npy'.length), readNpy(await zip.bytes(name, MAX_ARRAY_BYTES)));
      } catch (error) {
        throw damaged(path, `'${name}': ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return arrays;
  } finally {
    zip.close();
  }
}

/** Writes arrays as NumPy's `.npz`. The file gets its name once it is complete. @throws AppError 'files/…'. */
export async function writeNpz(path: string, arrays: ReadonlyMap<string, NpyArray>): Promise<void> {
  const file = await openOutputFile(path);
  try {
    writeArchive(path, arrays, (bytes) => file.write(bytes));
    await file.close();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function writeArchive(path: string, arrays: ReadonlyMap<string, NpyArray>, write: (bytes: Uint8Array) => void): void {
  const encoder = new TextEncoder();
  const directory: Uint8Array[] = [];
  let offset = 0;
  const add = (bytes: Uint8Array): void => {
    offset += bytes.byteLength;
    if (offset > MAX_ZIP_BYTES) throw tooLarge(path);
    write(bytes);
  };
  for (const [name, array] of arrays) {
    const data = writeNpy(array);
    const fileName = encoder.encode(`${name}.npy`);
    const sum = crc32(data);
    const start = offset;
    add(header(LOCAL, fileName, data.byteLength, sum, start));
    add(data);
    directory.push(header(CENTRAL, fileName, data.byteLength, sum, start));
  }
  const start = offset;
  for (const bytes of directory) add(bytes);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, directory.length, true);
  end.setUint16(10, directory.length, true);
  end.setUint32(12, offset - start, true);
  end.setUint32(16, start, true);
  add(new Uint8Array(end.buffer));
}

const [LOCAL, CENTRAL] = [0x04034b50, 0x02014b50];
/** File names are UTF-8. */
const UTF8 = 0x0800;
/** 1980-01-01, the first date of zip archives: the same arrays give the same bytes. */
const DATE = 0x21;

/** A header of a stored entry: before its data, or in the directory at the end. */
function header(signature: number, name: Uint8Array, size: number, sum: number, start: number): Uint8Array {
  const central = signature === CENTRAL;
  const length = central ? 46 : 30;
  const bytes = new Uint8Array(length + name.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  // The version that wrote it comes first in the directory; the other fields have the same order in both.
  const at = central ? 6 : 4;
  if (central) view.setUint16(4, 20, true);
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, UTF8, true);
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, sum, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, name.byteLength, true);
  if (central) view.setUint32(42, start, true);
  bytes.set(name, length);
  return bytes;
}

function tooLarge(path: string): AppError {
  return new AppError(
    'files/too-large',
    `Expected arrays of at most 4 GB in all for '${path}'. Predict for fewer rows.`,
    {
      path,
    },
  );
}

function damaged(path: string, reason: string): AppError {
  return new AppError(
    'npz/damaged',
    `Expected NumPy arrays in '${path}', as numpy.savez writes them; received ${reason}. Write the file again.`,
    { path },
  );
}
