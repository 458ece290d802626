import { AppError } from '../../../src-shared/errors/app-error.ts';
import {
  checkRows,
  checkSplitTensor,
  checkTensor,
  exampleInputs,
  inputType,
  rowsOfSplit,
  stepScalarsOf,
} from '../interface/check-tensor.ts';
import { NativeSession } from './native-session.ts';
import { loadSignatureName, sourceIndex, sourceName } from './resident-data.ts';
import { withDefaultExecutor } from './graph/executors.ts';
import { drivesGpu } from './load.ts';
import { buildSessionGraph, exampleTypes, signatureName } from './session-graph.ts';
import { StateVariables } from './state-variables.ts';
import type { TensorFlow } from './load.ts';
import type { DataTensor, Storage } from './resident-data.ts';
import type {
  EngineSession,
  ExampleTensors,
  HostTensor,
  SessionOptions,
  SplitTensor,
  SplitTensors,
  TrainRequest,
} from '../interface/engine.ts';
import { DRAW, drawsNoise } from '../../../src-shared/compiler/forward/draws.ts';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';

/** A loaded split: number of rows, and the variables in use. */
interface Placement {
  readonly rows: number;
  /** By the program's input. */
  readonly storage: ReadonlyMap<string, Storage>;
}

/** One model in TensorFlow. Weights, slots and data are variables of a native session. */
export class TensorFlowSession implements EngineSession {
  readonly #tf: TensorFlow;
  readonly #native: NativeSession;
  readonly #state: StateVariables;
  readonly #data: readonly DataTensor[];
  /** Whether evaluation and prediction have the input `draw`. */
  readonly #draws: boolean;
  readonly #train: Program;
  readonly #predict: Program;
  /** Output names of `predict`, in the model's order. */
  readonly #predictions: readonly string[];
  readonly #stepsPerCall: ReadonlySet<number>;
  readonly #placements = new Map<SplitName, Placement>();

  private constructor(tf: TensorFlow, native: NativeSession, model: CompiledModel, options: SessionOptions) {
    this.#tf = tf;
    this.#native = native;
    this.#state = new StateVariables(native, model);
    this.#data = exampleTypes(model.train);
    this.#predict = model.predict;
    this.#draws = drawsNoise(model.predict);
    this.#train = model.train;
    this.#predictions = model.predict.outputs.map(({ name }) => name);
    this.#stepsPerCall = new Set(options.stepsPerCall);
  }

  /** @throws AppError `engine/graph-refused`. */
  static async create(tf: TensorFlow, model: CompiledModel, options: SessionOptions): Promise<TensorFlowSession> {
    const executor = options.intraOpThreads === 1 ? 'SINGLE_THREADED_EXECUTOR' : '';
    const graph = buildSessionGraph(model, options.stepsPerCall, executor);
    const native = await NativeSession.open(tf, drivesGpu(tf) ? withDefaultExecutor(graph) : graph);
    return new TensorFlowSession(tf, native, model, options);
  }

  async writeState(values: ReadonlyMap<string, HostTensor>): Promise<void> {
    await this.#state.write(values);
  }

  async readState(names: readonly string[]): Promise<Map<string, HostTensor>> {
    return this.#state.read(names);
  }

  async loadSplit(split: SplitName, tensors: SplitTensors): Promise<void> {
    for (const { input, type } of this.#data) checkSplitTensor(input, tensors[input], type);
    const rows = rowsOfSplit(split, tensors);
    const storage = new Map<string, Storage>();
    this.#placements.delete(split);
    for (const data of this.#data) {
      const tensor = tensors[data.input]!;
      storage.set(data.input, storageOf(tensor));
      await this.#native.run(loadSignatureName(split, data, storageOf(tensor)), dataInputs(tensor));
    }
    this.#placements.set(split, { rows, storage });
  }

  async trainSteps(request: TrainRequest): Promise<Float32Array> {
    const { split, indices, steps } = request;
    const scalars = [...stepScalarsOf(request, this.#train)];
    if (!this.#stepsPerCall.has(steps)) {
      const made = [...this.#stepsPerCall].join(', ');
      throw new Error(`Expected a call of ${made} steps; received ${steps}.`);
    }
    this.#state.requireWritten(['weights', 'slots']);
    const { reports } = await this.#native.run(signatureName.train(steps), {
      ...this.#batchInputs(split, indices),
      ...Object.fromEntries(scalars.map(([name, data]) => [name, { dtype: 'float32', shape: [steps], data }])),
    });
    return float32(reports);
  }

  async evaluate(split: SplitName, indices: Int32Array, draw = 0): Promise<Float32Array> {
    this.#state.requireWritten(['weights']);
    const inputs = { ...this.#batchInputs(split, indices), ...this.#drawInput(draw) };
    const { report } = await this.#native.run(signatureName.evaluate, inputs);
    return float32(report);
  }

  async predict(examples: ExampleTensors, draw = 0): Promise<readonly HostTensor[]> {
    const fed = exampleInputs(this.#predict).map((name) => {
      checkTensor(name, examples[name], inputType(this.#predict, name));
      return [name, examples[name]!] as const;
    });
    this.#state.requireWritten(['weights']);
    const fetched = await this.#native.run(signatureName.predict, {
      ...Object.fromEntries(fed),
      ...this.#drawInput(draw),
    });
    return this.#predictions.map((name) => fetched[name]!);
  }

  tensorCount(): number {
    return this.#tf.memory().numTensors;
  }

  async dispose(): Promise<void> {
    this.#native.dispose();
  }

  #drawInput(draw: number): Record<string, HostTensor> {
    return this.#draws ? { [DRAW]: scalar(draw) } : {};
  }

  #batchInputs(split: SplitName, indices: Int32Array): Record<string, HostTensor> {
    const placement = this.#placements.get(split);
    if (placement === undefined) {
      throw new AppError(
        'engine/split-not-loaded',
        `Expected the ${split} split to be loaded; it is not. Load it before using its rows.`,
        { split },
      );
    }
    checkRows(indices, placement.rows);
    return {
      ...Object.fromEntries(
        this.#data.map((data) => [
          sourceName(data),
          scalar(sourceIndex(data, split, placement.storage.get(data.input)!)),
        ]),
      ),
      indices: { dtype: 'int32', shape: [indices.length], data: indices },
    };
  }
}

function storageOf(tensor: SplitTensor): Storage {
  return tensor.dtype === 'uint8' ? 'bytes' : 'values';
}

function dataInputs(tensor: SplitTensor): Record<string, HostTensor> {
  if (tensor.dtype !== 'uint8') return { data: tensor };
  const words = packedWords(tensor.data);
  return {
    words: { dtype: 'int32', shape: [words.length], data: words },
    shape: { dtype: 'int32', shape: [tensor.shape.length], data: Int32Array.from(tensor.shape) },
    offset: { dtype: 'float32', shape: [], data: Float32Array.of(tensor.offset) },
    scale: { dtype: 'float32', shape: [], data: Float32Array.of(tensor.scale) },
  };
}

/** Packs four bytes per word, padded with zeros; without a copy if the array is aligned. */
function packedWords(bytes: Uint8Array): Int32Array {
  if (bytes.byteOffset % 4 === 0 && bytes.byteLength % 4 === 0) {
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  const words = new Int32Array(Math.ceil(bytes.byteLength / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function scalar(value: number): HostTensor {
  return { dtype: 'int32', shape: [], data: Int32Array.of(value) };
}

function float32(tensor: HostTensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32')
    throw new Error(`Expected a float32 report; received ${tensor?.dtype ?? 'nothing'}.`);
  return tensor.data;
}
