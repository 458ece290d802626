import { stat } from 'node:fs/promises';
import { Dataset, File, Group, ready } from 'h5wasm/node';
import type { Attribute } from 'h5wasm/node';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { FileTensor } from '../importer/model-importer.ts';

/** Bytes of a tensor that are in memory at a time. */
const SLICE_BYTES = 8 * 2 ** 20;
/** Largest compression ratio of deflate, the only usual filter of HDF5. */
const MAX_COMPRESSION = 1032;
/** Groups in groups. Keras's deepest files have about 20. */
const MAX_DEPTH = 64;
/** Maximum number of lookups in a file. */
const MAX_ENTRIES = 200_000;
/** HDF5's classes of types. */
const [INTEGER, FLOAT] = [0, 1];

/**
 * An open HDF5 file. HDF5 runs as WebAssembly and reads the file by its path, in parts. Links to other files are not
 * followed.
 */
export class Hdf5File {
  readonly #file: File;
  readonly #path: string;
  readonly #sizeBytes: number;
  #entries = 0;

  private constructor(file: File, path: string, sizeBytes: number) {
    this.#file = file;
    this.#path = path;
    this.#sizeBytes = sizeBytes;
  }

  /** @throws AppError 'model-file/damaged'. The caller closes the file. */
  static async open(path: string): Promise<Hdf5File> {
    await ready;
    const { size } = await stat(path);
    // HDF5 prints errors to stderr. Some damaged files crash the process.
    const file = guarded(path, () => new File(path, 'r'));
    if (file.file_id < 0n) throw damaged(path, 'the file cannot be opened');
    return new Hdf5File(file, path, size);
  }

  close(): void {
    this.#file.close();
  }

  /** An attribute as text; null if there is none. @param group '' for the file's root. */
  text(group: string, name: string): string | null {
    const value = this.#attribute(group, name);
    if (typeof value === 'string') return value;
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : null;
  }

  /**
   * An attribute as a list of texts; null if there is none. Keras divides a list that is longer than 64 kB into
   * attributes `NAME0`, `NAME1`, ….
   */
  texts(group: string, name: string): string[] | null {
    const whole = this.#texts(group, name);
    if (whole !== null) return whole;
    const parts: string[] = [];
    for (let index = 0; ; index++) {
      const part = this.#texts(group, `${name}${index}`);
      if (part === null) return index === 0 ? null : parts;
      parts.push(...part);
    }
  }

  #texts(group: string, name: string): string[] | null {
    const value = this.#attribute(group, name);
    if (value === null) return null;
    if (typeof value === 'string') return [value];
    if (!Array.isArray(value)) return [];
    return value.filter((text): text is string => typeof text === 'string');
  }

  /** Names in a group, in the order of HDF5; null if there is no such group. */
  names(group: string): string[] | null {
    return guarded(this.#path, () => {
      const found = this.#group(group);
      return found === null ? null : found.keys();
    });
  }

  isGroup(path: string): boolean {
    return guarded(this.#path, () => this.#group(path) !== null);
  }

  /**
   * A dataset of numbers.
   *
   * @returns Null if there is none.
   * @throws AppError 'model-file/damaged' if it cannot be in a file of this size, 'model-file/unsupported' for other types.
   */
  tensor(path: string): FileTensor | null {
    return guarded(this.#path, () => {
      const found = this.#get(path);
      if (!(found instanceof Dataset)) return null;
      const { shape, type, size, littleEndian } = found.metadata;
      if (shape === null) throw damaged(this.#path, `'${path}' has no shape`);
      const isNumber = (type === FLOAT && (size === 4 || size === 8)) || (type === INTEGER && size <= 8);
      if (!isNumber || !littleEndian) {
        throw new AppError(
          'model-file/unsupported',
          `Expected float32 numbers in '${path}'; received ${String(found.dtype)}. Save the model with float32 weights.`,
          { path },
        );
      }
      const bytes = elementCount(shape) * size;
      const most = found.filters.length > 0 ? this.#sizeBytes * MAX_COMPRESSION : this.#sizeBytes;
      if (!(bytes <= most)) {
        throw damaged(this.#path, `'${path}' declares ${bytes} bytes, more than the file can hold`);
      }
      return {
        path,
        shape,
        dtype: type === FLOAT ? (size === 4 ? 'float32' : 'float64') : 'integer',
        read: () => this.#read(found, path, shape, size),
      };
    });
  }

  async *#read(dataset: Dataset, path: string, shape: readonly number[], size: number): AsyncIterable<Float32Array> {
    const [rows = 1, ...rest] = shape;
    const rowBytes = elementCount(rest) * size;
    if (rowBytes === 0 || rows === 0) return;
    if (shape.length === 0 || rows * rowBytes <= SLICE_BYTES) {
      yield this.#values(path, () => dataset.value, rows * elementCount(rest));
      return;
    }
    const step = Math.max(1, Math.floor(SLICE_BYTES / rowBytes));
    for (let start = 0; start < rows; start += step) {
      const end = Math.min(rows, start + step);
      const whole = rest.map((length): [number, number] => [0, length]);
      yield this.#values(path, () => dataset.slice([[start, end], ...whole]), (end - start) * elementCount(rest));
    }
  }

  #values(path: string, read: () => unknown, count: number): Float32Array {
    const values = guarded(this.#path, read);
    const numbers = typeof values === 'number' || typeof values === 'bigint' ? [values] : values;
    if (numbers instanceof Float32Array && numbers.length === count) return numbers;
    const list = ArrayBuffer.isView(numbers) || Array.isArray(numbers) ? (numbers as ArrayLike<number | bigint>) : null;
    if (list?.length !== count) throw damaged(this.#path, `'${path}' cannot be read`);
    return Float32Array.from(list, Number);
  }

  #attribute(path: string, name: string): unknown {
    return guarded(this.#path, () => {
      const group = this.#group(path);
      const attribute: Attribute | undefined = group === null ? undefined : group.attrs[name];
      if (attribute === undefined) return null;
      if (elementCount(attribute.shape ?? []) * attribute.metadata.size > this.#sizeBytes) {
        throw damaged(this.#path, `the attribute '${name}' is larger than the file`);
      }
      return attribute.value;
    });
  }

  #group(path: string): Group | null {
    if (path === '') return this.#file;
    const found = this.#get(path);
    return found instanceof Group ? found : null;
  }

  #get(path: string): unknown {
    if (++this.#entries > MAX_ENTRIES || path.split('/').length > MAX_DEPTH) {
      throw damaged(this.#path, 'it has too many groups');
    }
    let at: unknown = this.#file;
    let place = '';
    for (const name of path.split('/').filter((part) => part !== '')) {
      at = at instanceof Group ? at.get(name) : null;
      place += `/${name}`;
      if (at !== null && this.#isLink(place)) return null;
    }
    return at;
  }

  /** HDF5 follows links, also to other files of this machine. Keras writes no links. */
  #isLink(place: string): boolean {
    const external = this.#file.get_external_link(place) as { filename?: string };
    return external.filename !== undefined || typeof this.#file.get_link(place) === 'string';
  }
}

/** Any error of HDF5 means that the file is damaged. */
function guarded<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw damaged(path, error instanceof Error ? error.message.slice(0, 200) : String(error).slice(0, 200));
  }
}

function damaged(path: string, reason: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected an HDF5 file that Keras wrote in '${path}'; it is damaged: ${reason}. Save the model again, or copy the file again.`,
    { path },
  );
}
