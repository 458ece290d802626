import type { ServingModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { DataChange } from '../../../src-shared/data/data-change.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { operationsPerExample } from '../../../src-shared/program/builder/cost.ts';
import { interpret } from '../../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../../src-shared/program/interpret/tensor.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';
import { findTensorFlow } from '../../engine-setup/cache.ts';
import type { ExampleTensors, HostTensor } from '../../engines/interface/engine.ts';
import { examplesOfSplit, hostExamples } from '../../engines/interface/example-rows.ts';
import { predict } from '../../engines/interface/model-calls.ts';
import { relativeDifference } from '../../engines/interface/relative-difference.ts';
import { loadTensorFlow } from '../../engines/tensorflow/load.ts';
import { predictWithSavedModel } from '../../engines/tensorflow/run-saved-model.ts';
import { signatureNames } from '../../interchange/savedmodel/export.ts';
import type { DataOfRun, TrainedSession } from './trained-session.ts';

/** Rows that the exported model and the run are compared on. */
const COMPARED_ROWS = 64;
/** Operations and values that the interpreter may compute: about half a second, and 150 MB for a convolution. */
const INTERPRETED = 2e6;

export interface ExportCheck {
  /**
   * What was compared with the run: the written files, loaded by TensorFlow; without TensorFlow the program in them, run
   * by the float64 interpreter; null: nothing, because the model is too large for the interpreter.
   */
  readonly compared: 'files' | 'program' | null;
  /** Largest difference of a prediction, relative to the largest prediction of its output or 1; null: not compared. */
  readonly maxDifference: number | null;
  readonly dataChange: DataChange | null;
}

/**
 * Compares the predictions of an exported model with the run's.
 *
 * @param folder Of the SavedModel.
 * @param weights Values of the program's state.
 * @param data Test rows; if it rejects, values from -1 to 1 are used.
 * @throws The signal's reason if aborted.
 */
export async function checkExport(
  { trained, session }: TrainedSession,
  serving: ServingModel,
  folder: string,
  weights: ReadonlyMap<string, HostTensor>,
  data: () => Promise<DataOfRun>,
  signal: AbortSignal,
): Promise<ExportCheck> {
  const tensorFlow = usableTensorFlow();
  const interpretable = Math.floor(INTERPRETED / costPerExample(serving.program));
  const rows = tensorFlow === null ? Math.min(COMPARED_ROWS, interpretable) : COMPARED_ROWS;
  if (rows === 0) return { compared: null, maxDifference: null, dataChange: null };
  let dataChange: DataChange | null = null;
  const examples = await data().then(
    (ofRun) => {
      dataChange = ofRun.change;
      const { examples, rows: counts } = ofRun.data;
      return hostExamples(examplesOfSplit(examples, 'test'), 0, Math.min(rows, counts.test));
    },
    () => {
      signal.throwIfAborted();
      return syntheticRows(trained.featureSpec, rows);
    },
  );
  const expected = await predict(session, examples);
  const inputs = servingInputs(serving, examples);
  const found =
    tensorFlow === null
      ? interpretedPredictions(serving.program, inputs, weights)
      : await filePredictions(serving.program, inputs, tensorFlow, folder);
  const differences = serving.outputs.map(({ name }, place) =>
    relativeDifference(found.get(name) ?? [], expected[place]!.data, 1),
  );
  return { compared: tensorFlow === null ? 'program' : 'files', maxDifference: Math.max(...differences), dataChange };
}

/** Folder of a TensorFlow that loads; null: there is none. */
function usableTensorFlow(): string | null {
  const found = findTensorFlow();
  if (found === null) return null;
  try {
    return loadTensorFlow(found.folder, 0).folder;
  } catch {
    return null;
  }
}

/** By output name of the program. */
type Predictions = ReadonlyMap<string, ArrayLike<number>>;

async function filePredictions(
  program: Program,
  inputs: ReadonlyMap<string, HostTensor>,
  engineFolder: string,
  folder: string,
): Promise<Predictions> {
  const called = signatureNames(program);
  const fed = new Map([...inputs].map(([name, tensor]) => [called.get(name)!, tensor]));
  const outputs = await predictWithSavedModel(engineFolder, folder, fed);
  return new Map(program.outputs.map(({ name }) => [name, outputs.get(called.get(name)!) ?? []]));
}

function interpretedPredictions(
  program: Program,
  inputs: ReadonlyMap<string, HostTensor>,
  weights: ReadonlyMap<string, HostTensor>,
): Predictions {
  const state = program.state.map(({ name }) => [name, weights.get(name)!] as const);
  const feeds = [...inputs, ...state].map(([name, { dtype, shape, data }]) => {
    return [name, tensorOf(dtype, shape, data)] as const;
  });
  const { outputs } = interpret(program, new Map(feeds));
  return new Map([...outputs].map(([name, { data }]) => [name, data]));
}

function costPerExample(program: Program): number {
  return operationsPerExample(program) + program.values.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Part of prepared examples that each input of the exported model takes, by its name in the program. */
function servingInputs({ program, inputs }: ServingModel, examples: ExampleTensors): Map<string, HostTensor> {
  const fed = new Map<string, HostTensor>();
  for (const { name, tensor, places } of inputs) {
    const x = examples[tensor]!;
    const rows = x.shape[0]!;
    const width = x.data.length / rows;
    if (places === null) {
      fed.set(name, x);
    } else {
      const size = places.length;
      const data = new Float32Array(rows * size);
      for (let i = 0; i < data.length; i++) data[i] = x.data[Math.floor(i / size) * width + places[i % size]!]!;
      fed.set(name, { dtype: 'float32', shape: [rows, size], data });
    }
  }
  // The input that no Input layer names is the number of a draw.
  for (const { name } of program.inputs) {
    if (inputs.some((input) => input.name === name)) continue;
    fed.set(name, { dtype: 'int32', shape: [], data: Int32Array.of(0) });
  }
  return fed;
}

/** Values from -1 to 1, used if the data cannot be read. */
function syntheticRows(spec: FeatureSpec, rows: number): ExampleTensors {
  const made = featureTensors(spec).map(({ input, shape }) => {
    const data = Float32Array.from({ length: rows * elementCount(shape) }, (_, i) => Math.sin(i));
    return [input, { dtype: 'float32', shape: [rows, ...shape], data } as const] as const;
  });
  return { x: made[0]![1], ...Object.fromEntries(made) };
}
