import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { modelFormatsText } from '../../src-shared/contract/model-formats.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { errorCode } from '../system/error-code.ts';
import { kerasArchive } from './keras/keras-archive.ts';
import { kerasH5 } from './keras/keras-h5.ts';
import type { ModelImporter } from './importer/model-importer.ts';
import { onnx } from './onnx/onnx.ts';
import { tfjs } from './tfjs/tfjs.ts';

/** Formats of model files that can be opened. The first one that accepts a file opens it. */
export const modelImporters: readonly ModelImporter[] = [kerasArchive, kerasH5, tfjs, onnx];

const HEAD_BYTES = 1024;

/** @throws AppError 'model-file/missing', 'model-file/unknown'. */
export async function importerOf(path: string): Promise<ModelImporter> {
  const head = await headOf(path);
  const found = modelImporters.find((importer) => importer.accepts(head, basename(path)));
  if (found !== undefined) return found;
  throw new AppError(
    'model-file/unknown',
    `Expected one of: ${modelFormatsText()}. '${path}' is none of them. Choose another file.`,
    { path },
  );
}

async function headOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new AppError(
      'model-file/missing',
      `Expected a file in '${path}'; it cannot be read (${errorCode(error)}). Check the path.`,
      { path },
    );
  }
}
