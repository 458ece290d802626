import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { modelFormatsText } from '../../src-shared/contract/model-formats.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { errorCode } from '../system/error-code.ts';
import { kerasArchive } from './keras/keras-archive.ts';
import { kerasCode } from './keras/keras-code.ts';
import { kerasH5 } from './keras/keras-h5.ts';
import type { ModelImporter } from './importer/model-importer.ts';
import { onnx } from './onnx/onnx.ts';
import { npzWeights } from './npz/npz-weights.ts';
import { savedModel } from './savedmodel/savedmodel.ts';
import { safetensorsWeights } from './safetensors/safetensors-weights.ts';
import { checkpointWeights } from './tf-checkpoint/checkpoint-weights.ts';
import { tfjs } from './tfjs/tfjs.ts';
import { tflite } from './tflite/tflite.ts';

/** Formats of model files that can be opened. The first one that accepts a file opens it. */
const modelImporters: readonly ModelImporter[] = [
  kerasArchive,
  kerasH5,
  safetensorsWeights,
  npzWeights,
  checkpointWeights,
  savedModel,
  tfjs,
  onnx,
  tflite,
  kerasCode,
];

const HEAD_BYTES = 1024;
const SAVED_MODEL = 'saved_model.pb';

/**
 * The importer of a file, and what it opens: a SavedModel is a folder.
 *
 * @param path Of a file or a folder.
 * @throws AppError 'model-file/missing', 'model-file/unknown'.
 */
export async function importerOf(path: string): Promise<{ importer: ModelImporter; source: string }> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
  const file = isFolder ? join(path, SAVED_MODEL) : path;
  const head = await headOf(file);
  const importer = modelImporters.find(({ accepts }) => accepts(head, basename(file)));
  if (importer !== undefined) return { importer, source: basename(file) === SAVED_MODEL ? dirname(file) : file };
  throw new AppError(
    'model-file/unknown',
    `'${path}' is not a model file that Lamina opens. Expected one of: ${modelFormatsText()}. Choose another file.`,
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
