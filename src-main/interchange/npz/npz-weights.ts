import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { importWeights } from '../weights/import-weights.ts';
import { decoded, float16, float32, float64 } from '../weights/number-types.ts';
import type { NumberType } from '../weights/number-types.ts';
import { reordered } from '../weights/reordered.ts';
import type { StoredTensor } from '../weights/tensor-names.ts';
import type { ZipEntry } from '../../file-formats/zip-file.ts';
import { ZipFile } from '../../file-formats/zip-file.ts';
import { npyHeader } from '../../file-formats/npy.ts';
import type { NpyHeader } from '../../file-formats/npy.ts';

const SUFFIX = '.npy';
const numberTypes: Readonly<Record<string, NumberType>> = { '<f2': float16, '<f4': float32, '<f8': float64 };

/** Arrays of NumPy's `.npz`, by the names that `np.savez` gave them. They are weights only. */
export const npzWeights: ModelImporter = {
  formats: ['npz'],
  accepts: (head, name) => head[0] === 0x50 && head[1] === 0x4b && name.toLowerCase().endsWith('.npz'),
  import: importNpz,
};

async function importNpz(path: string, { onto, onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the names of the weights');
  const zip = await ZipFile.open(path);
  try {
    const tensors: StoredTensor[] = [];
    for (const entry of zip.entries) {
      if (entry.name.endsWith(SUFFIX)) tensors.push(await tensorOf(zip, entry, path));
    }
    const close = async (): Promise<void> => zip.close();
    const file = { format: 'npz', path, writtenBy: 'NumPy', tensors, hasOptimizerState: false, close } as const;
    return importWeights(file, onto);
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function tensorOf(zip: ZipFile, { name: entry, sizeBytes }: ZipEntry, path: string): Promise<StoredTensor> {
  const { type: storedAs, shape, isFortranOrder, dataStart } = await headerOf(zip, entry, path);
  const name = entry.slice(0, -SUFFIX.length);
  const type = Object.hasOwn(numberTypes, storedAs) ? numberTypes[storedAs]! : null;
  if (type !== null && sizeBytes - dataStart !== elementCount(shape) * type.bytes) {
    throw damaged(path, entry, `its shape [${shape.join(', ')}] does not fit its ${sizeBytes} bytes`);
  }
  const read = (): AsyncIterable<Float32Array> => {
    if (type === null) throw new Error(`'${name}' has the type ${storedAs}.`);
    return decoded(after(zip.parts(entry), dataStart), type);
  };
  const reversed = shape.map((_, axis) => shape.length - 1 - axis);
  const rowMajor = (): AsyncIterable<Float32Array> => reordered(read, shape.toReversed(), reversed);
  const dtype = type?.dtype ?? 'integer';
  return { name, path: name, shape, dtype, storedAs, read: isFortranOrder && shape.length > 1 ? rowMajor : read };
}

async function headerOf(zip: ZipFile, entry: string, path: string): Promise<NpyHeader> {
  let start = Buffer.alloc(0);
  for await (const part of zip.parts(entry)) {
    start = Buffer.concat([start, part]);
    try {
      const header = npyHeader(start);
      if (header !== null) return header;
    } catch (error) {
      throw damaged(path, entry, error instanceof Error ? error.message : String(error));
    }
  }
  throw damaged(path, entry, 'it ends in its header');
}

/** Bytes without the first ones. */
async function* after(chunks: AsyncIterable<Uint8Array>, skipped: number): AsyncIterable<Uint8Array> {
  let left = skipped;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function damaged(path: string, entry: string, reason: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected NumPy arrays of numbers in '${path}'; '${entry}' cannot be read: ${reason}. Save the file again with np.savez.`,
    { path, entry },
  );
}
