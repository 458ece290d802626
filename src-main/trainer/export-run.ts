import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import type { PreparedDataset } from '../datasets/dataset.ts';
import type { HostTensor } from '../engines/engine.ts';
import { findTensorFlow } from '../engines/install/cache.ts';
import { predictWithSavedModel } from '../engines/tensorflow/run-saved-model.ts';
import { exportSavedModel } from '../models/savedmodel/export.ts';
import type { Jobs } from './protocol.ts';
import { featureRows } from './test-result.ts';
import type { TrainedSession } from './trained-session.ts';

/** Rows that the exported model and the run are compared on. */
const COMPARED_ROWS = 64;

/**
 * Writes a trained model as a SavedModel and, where TensorFlow is installed, loads it again and
 * compares its predictions with the run's.
 *
 * @param folder Absolute; see `exportSavedModel` for what may be there.
 * @param data Gives the test rows to compare on; where it fails, the model's own range of inputs serves.
 * @throws AppError 'export/…'.
 */
export async function exportRun(
  { trained, model, tensors, session }: TrainedSession,
  folder: string,
  data: () => Promise<PreparedDataset>,
): Promise<Jobs['export']['result']> {
  const { featureSpec } = trained;
  const weights = new Map(model.weights.map(({ name }) => [name, tensors.get(name)!]));
  await exportSavedModel({ folder, program: model.predict, weights, features: featureSpec, ...names(trained.model) });

  const engine = findTensorFlow();
  let maxDifference: number | null = null;
  if (engine !== null) {
    const x = await data().then(
      ({ splits }) => featureRows(splits.test.x, 0, Math.min(COMPARED_ROWS, splits.test.x.shape[0]!)),
      () => syntheticRows(featureSpec.inputShape),
    );
    const expected = await session.predict(x);
    maxDifference = largestDifference(expected.data, await predictWithSavedModel(engine.folder, folder, x));
  }
  const files = await filesIn(folder);
  return {
    folder,
    files: files.map(({ path }) => path),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    maxDifference,
  };
}

/** The export's input and output are called as the model's nodes. */
function names(document: ModelDocument): { inputName?: string; outputName?: string } {
  const inputName = document.nodes.find(({ kind }) => kind === 'Input')?.name;
  const outputName = document.nodes.find(({ kind }) => kind === 'Output')?.name;
  return {
    ...(inputName === undefined ? {} : { inputName }),
    ...(outputName === undefined ? {} : { outputName }),
  };
}

/** Values from -1 to 1, where the data are not at hand. */
function syntheticRows(inputShape: readonly number[]): HostTensor {
  const size = inputShape.reduce((product, extent) => product * extent, 1);
  const data = Float32Array.from({ length: COMPARED_ROWS * size }, (_, i) => Math.sin(i));
  return { dtype: 'float32', shape: [COMPARED_ROWS, ...inputShape], data };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }
  return largest;
}

async function filesIn(folder: string): Promise<{ path: string; sizeBytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return files
    .map((path, i) => ({ path: relative(folder, path), sizeBytes: sizes[i]! }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
