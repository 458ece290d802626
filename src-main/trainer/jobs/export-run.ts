import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { columnsRead } from '../../../src-shared/compiler/forward/columns-read.ts';
import { specOfColumns } from '../../../src-shared/data/feature-tensors.ts';
import { servingModel } from '../../../src-shared/compiler/model-programs.ts';
import { exportSavedModel } from '../../interchange/savedmodel/export.ts';
import type { CallContext } from '../../processes/answer-calls.ts';
import type { TrainerCalls } from '../../training-protocol/protocol.ts';
import type { RequestProgress } from '../../../src-shared/contract/transport.ts';
import { checkExport } from './export-check.ts';
import type { DataOfRun, TrainedSession } from './trained-session.ts';

/**
 * Writes a trained model as a SavedModel and compares its predictions with the run's.
 *
 * @param folder Absolute; `exportSavedModel` says which contents it may have.
 * @param data Test rows for the comparison; if it rejects, values from -1 to 1 are used.
 * @throws AppError 'export/…'; the signal's reason if aborted. Once the model is written, its folder stays.
 */
export async function exportRun(
  opened: TrainedSession,
  folder: string,
  data: () => Promise<DataOfRun>,
  { signal, onProgress }: Pick<CallContext<RequestProgress>, 'signal' | 'onProgress'>,
): Promise<TrainerCalls['export']['result']> {
  const { trained, model, tensors } = opened;
  const { featureSpec } = trained;
  signal.throwIfAborted();
  onProgress({ fraction: null, activity: 'Writing the model' });
  const weights = new Map(model.weights.map(({ name }) => [name, tensors.get(name)!]));
  const serving = servingModel(trained.model, featureSpec, trained.configuration);
  await exportSavedModel({
    folder,
    program: serving.program,
    weights,
    columns: new Map(serving.inputs.map(({ name, columns }) => [name, columns])),
    targets: new Map(serving.outputs.map(({ name, targets }) => [name, targets])),
    reproduced: new Map(
      serving.outputs.flatMap(({ name, reproduces }) => (reproduces === null ? [] : [[name, reproduces]])),
    ),
    features: specOfColumns(
      featureSpec,
      new Set([
        ...columnsRead(trained.model, featureSpec),
        ...model.outputs.flatMap(({ reproduces }) => reproduces?.map(({ name }) => name) ?? []),
      ]),
    ),
    trained: { run: trained.runId, ...trained.weights },
    signal,
  });

  onProgress({ fraction: null, activity: 'Checking the model' });
  const check = await checkExport(opened, serving, folder, weights, data, signal);
  const files = await filesIn(folder);
  return {
    folder,
    files: files.map(({ path }) => path),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...check,
    engine: opened.engine,
  };
}

async function filesIn(folder: string): Promise<{ path: string; sizeBytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return files
    .map((path, i) => ({ path: relative(folder, path), sizeBytes: sizes[i]! }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
