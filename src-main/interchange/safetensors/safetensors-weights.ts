import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { issuesText } from '../../../src-shared/text/issue-text.ts';
import { parseJson } from '../../../src-shared/text/parse-json.ts';
import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { importWeights } from '../weights/import-weights.ts';
import { bfloat16, decoded, float16, float32, float64 } from '../weights/number-types.ts';
import type { NumberType } from '../weights/number-types.ts';
import type { StoredTensor } from '../weights/tensor-names.ts';

/** Limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** Bytes of a tensor that are decoded at a time. */
const CHUNK_BYTES = 4 * 2 ** 20;

const numberTypes: Readonly<Record<string, NumberType>> = { F16: float16, BF16: bfloat16, F32: float32, F64: float64 };
const BYTES_OF_OTHERS: Readonly<Record<string, number>> = { BOOL: 1, U8: 1, I8: 1, U16: 2, I16: 2, U32: 4, I32: 4 };

const size = z.number().int().min(0);
const headerSchema = z.record(
  z.string(),
  z.object({ dtype: z.string(), shape: z.array(size), data_offsets: z.tuple([size, size]) }),
);

/** `.safetensors` files, as PyTorch's programs write them. They have weights only. */
export const safetensorsWeights: ModelImporter = {
  formats: ['safetensors'],
  accepts: (_, name) => name.toLowerCase().endsWith('.safetensors'),
  import: importSafetensors,
};

async function importSafetensors(path: string, { onto, onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the names of the weights');
  const tensors = await tensorsOf(path);
  const file = { format: 'safetensors', path, writtenBy: 'safetensors', tensors } as const;
  return importWeights({ ...file, hasOptimizerState: false, close: async () => {} }, onto);
}

/**
 * Source: https://github.com/huggingface/safetensors (format description).
 * @throws AppError 'model-file/damaged'.
 */
async function tensorsOf(path: string): Promise<StoredTensor[]> {
  const { size: sizeBytes } = await stat(path);
  const { header, dataStart } = await headerOf(path, sizeBytes);
  const found = Object.entries(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [start, end],
      },
    ]) => {
      const type = Object.hasOwn(numberTypes, dtype) ? numberTypes[dtype]! : null;
      const bytes = type?.bytes ?? BYTES_OF_OTHERS[dtype] ?? null;
      if (bytes !== null && end - start !== elementCount(shape) * bytes) {
        throw damaged(path, `'${name}' with ${end - start} bytes for ${shape.join(' × ')} values of ${dtype}`);
      }
      const read = (): AsyncIterable<Float32Array> => {
        if (type === null) throw new Error(`'${name}' has the type ${dtype}.`);
        const range = { start: dataStart + start, end: dataStart + end - 1, highWaterMark: CHUNK_BYTES };
        return end === start ? empty() : decoded(createReadStream(path, range), type);
      };
      return {
        start,
        end,
        tensor: { name, path: name, shape, dtype: type?.dtype ?? 'integer', storedAs: dtype, read },
      };
    },
  );
  const inOrder = found.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let reached = 0;
  for (const { start, end, tensor } of inOrder) {
    if (start !== reached || end < start) throw damaged(path, `'${tensor.name}' at byte ${start}; expected ${reached}`);
    reached = end;
  }
  if (dataStart + reached === sizeBytes) return inOrder.map(({ tensor }) => tensor as StoredTensor);
  throw damaged(path, `${sizeBytes} bytes; the header describes ${dataStart + reached}`);
}

async function* empty(): AsyncIterable<Float32Array> {}

async function headerOf(
  path: string,
  sizeBytes: number,
): Promise<{ header: z.infer<typeof headerSchema>; dataStart: number }> {
  const file = await open(path);
  try {
    const start = Buffer.alloc(8);
    if (sizeBytes < 8 || (await file.read(start, 0, 8, 0)).bytesRead < 8) throw damaged(path, `${sizeBytes} bytes`);
    const length = Number(start.readBigUInt64LE());
    if (length > Math.min(sizeBytes - 8, MAX_HEADER_BYTES)) {
      throw damaged(path, `a header of ${length} bytes in a file of ${sizeBytes}`);
    }
    const bytes = Buffer.alloc(length);
    if ((await file.read(bytes, 0, length, 8)).bytesRead < length) throw damaged(path, 'an incomplete header');
    return { header: parsedHeader(bytes.toString('utf8'), path), dataStart: 8 + length };
  } finally {
    await file.close();
  }
}

function parsedHeader(text: string, path: string): z.infer<typeof headerSchema> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : 'a header that is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw damaged(path, 'a header that is not an object');
  const entries = Object.fromEntries(Object.entries(value).filter(([name]) => name !== '__metadata__'));
  const { success, data, error } = headerSchema.safeParse(entries);
  if (success) return data;
  throw damaged(path, issuesText(error, entries));
}

function damaged(path: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a complete safetensors file in '${path}'; received ${received}. Copy the file again.`,
    { path },
  );
}
