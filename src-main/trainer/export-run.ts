import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { columnsRead } from '../../src-shared/compiler/forward/columns-read.ts';
import { featureTensors, specOfColumns } from '../../src-shared/data/feature-tensors.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import { servingModel } from '../../src-shared/compiler/model-programs.ts';
import type { ServingModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { DataChange } from '../../src-shared/data/data-change.ts';
import type { ExampleTensors, HostTensor } from '../engines/interface/engine.ts';
import { examplesOfSplit, hostExamples } from '../engines/interface/example-rows.ts';
import { predict } from '../engines/interface/model-calls.ts';
import { findTensorFlow } from '../engine-setup/cache.ts';
import { predictWithSavedModel } from '../engines/tensorflow/run-saved-model.ts';
import { exportSavedModel, signatureNames } from '../interchange/savedmodel/export.ts';
import type { CallContext } from '../processes/answer-calls.ts';
import type { TrainerCalls } from '../training-protocol/protocol.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import type { DataOfRun, TrainedSession } from './trained-session.ts';

/** Rows that the exported model and the run are compared on. */
const COMPARED_ROWS = 64;

/**
 * Writes a trained model as a SavedModel. If TensorFlow is installed, loads it again and compares its predictions with
 * the run's.
 *
 * @param folder Absolute; `exportSavedModel` says which contents it may have.
 * @param data Test rows for the comparison; if it rejects, values from -1 to 1 are used.
 * @throws AppError 'export/…'; the signal's reason if aborted. Once the model is written, its folder stays.
 */
export async function exportRun(
  { trained, model, tensors, session, engine: compared }: TrainedSession,
  folder: string,
  data: () => Promise<DataOfRun>,
  { signal, onProgress }: Pick<CallContext<RequestProgress>, 'signal' | 'onProgress'>,
): Promise<TrainerCalls['export']['result']> {
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

  const engine = findTensorFlow();
  let maxDifference: number | null = null;
  let dataChange: DataChange | null = null;
  if (engine !== null) {
    const examples = await data().then(
      ({ data, change }) => {
        dataChange = change;
        return hostExamples(examplesOfSplit(data.examples, 'test'), 0, Math.min(COMPARED_ROWS, data.rows.test));
      },
      () => {
        signal.throwIfAborted();
        return syntheticRows(featureSpec);
      },
    );
    onProgress({ fraction: null, activity: 'Checking the model' });
    const expected = await predict(session, examples);
    const exported = await predictWithSavedModel(engine.folder, folder, servingInputs(serving, examples));
    const called = signatureNames(serving.program);
    const differences = serving.outputs.map(({ name }, place) =>
      largestDifference(expected[place]!.data, exported.get(called.get(name)!) ?? []),
    );
    maxDifference = Math.max(...differences);
  }
  const files = await filesIn(folder);
  return {
    folder,
    files: files.map(({ path }) => path),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    maxDifference,
    engine: compared,
    dataChange,
  };
}

/** Part of prepared examples that each input of the exported model takes, by its name in the signature. */
function servingInputs({ program, inputs }: ServingModel, examples: ExampleTensors): Map<string, HostTensor> {
  const called = signatureNames(program);
  const fed = new Map<string, HostTensor>();
  for (const { name, tensor, places } of inputs) {
    const x = examples[tensor]!;
    const rows = x.shape[0]!;
    const width = x.data.length / rows;
    if (places === null) {
      fed.set(called.get(name)!, x);
    } else {
      const size = places.length;
      const data = new Float32Array(rows * size);
      for (let i = 0; i < data.length; i++) data[i] = x.data[Math.floor(i / size) * width + places[i % size]!]!;
      fed.set(called.get(name)!, { dtype: 'float32', shape: [rows, size], data });
    }
  }
  // The input that no Input layer names is the number of a draw.
  for (const { name } of program.inputs) {
    if (inputs.some((input) => input.name === name)) continue;
    fed.set(called.get(name)!, { dtype: 'int32', shape: [], data: Int32Array.of(0) });
  }
  return fed;
}

/** Values from -1 to 1, used if the data cannot be read. */
function syntheticRows(spec: FeatureSpec): ExampleTensors {
  const made = featureTensors(spec).map(({ input, shape }) => {
    const size = shape.reduce((product, extent) => product * extent, COMPARED_ROWS);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    return [input, { dtype: 'float32', shape: [COMPARED_ROWS, ...shape], data } as const] as const;
  });
  return { x: made[0]![1], ...Object.fromEntries(made) };
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
