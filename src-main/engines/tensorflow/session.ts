import {
  batchRows,
  checkData,
  checkTensor,
  exampleInputs,
  inputType,
  stepScalarsOf,
} from '../interface/check-tensor.ts';
import { NativeSession } from './native-session.ts';
import { loadSignatureName, sourceIndex } from './resident-data.ts';
import { withDefaultExecutor } from './graph/executors.ts';
import { drivesGpu } from './load.ts';
import { buildSessionGraph, exampleTypes, signatureName } from './session-graph.ts';
import { StateVariables } from './state-variables.ts';
import type { TensorFlow } from './load.ts';
import type { DataTensor, Source } from './resident-data.ts';
import type {
  DataArray,
  EngineSession,
  ExampleTensors,
  HostTensor,
  SessionData,
  SessionOptions,
  TrainRequest,
} from '../interface/engine.ts';
import { DRAW, drawsNoise } from '../../../src-shared/compiler/forward/draws.ts';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import { elementCount, sameType } from '../../../src-shared/program/language/shape.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';

/** Loaded examples. */
interface Resident extends Pick<SessionData, 'inputs' | 'splits'> {
  /** For each tensor the index of the variable that it is gathered from. */
  readonly sources: Int32Array;
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
  #resident: Resident | null = null;

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

  async loadData(data: SessionData): Promise<void> {
    checkData(data, [this.#train]);
    this.#resident = null;
    const { inputs, splits } = data;
    const loaded: { array: string; source: Source }[] = [];
    const sources = new Int32Array(this.#data.length);
    for (const [index, tensor] of this.#data.entries()) {
      const { array: name } = inputs[tensor.input]!;
      const known = loaded.find(({ array, source }) => array === name && sameType(source.owner.type, tensor.type));
      // The variables of a tensor that reads those of another are emptied.
      const array = known === undefined ? data.arrays[name]! : withoutRows(data.arrays[name]!);
      const own: Source = { owner: tensor, storage: array.dtype === 'uint8' ? 'bytes' : 'values' };
      await this.#native.run(loadSignatureName(own), dataInputs(array));
      if (known === undefined) loaded.push({ array: name, source: own });
      sources[index] = sourceIndex(tensor, this.#data, known?.source ?? own);
    }
    this.#resident = { inputs, splits, sources };
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
    const names = this.#data.map(({ input }) => input);
    const rows = new Int32Array(names.length * indices.length);
    const lists = batchRows(this.#resident, split, indices, names);
    names.forEach((name, index) => rows.set(lists.get(name)!, index * indices.length));
    return {
      sources: { dtype: 'int32', shape: [names.length], data: this.#resident!.sources },
      rows: { dtype: 'int32', shape: [names.length, indices.length], data: rows },
    };
  }
}

function withoutRows({ dtype, shape }: DataArray): DataArray {
  const none = [0, ...shape.slice(1)];
  if (dtype === 'int32') return { dtype, shape: none, data: new Int32Array(0) };
  return { dtype: 'float32', shape: none, data: new Float32Array(0) };
}

function dataInputs(array: DataArray): Record<string, HostTensor> {
  if (array.dtype !== 'uint8') return { data: array };
  const { shape, words } = packed(array);
  return {
    words: { dtype: 'int32', shape: [words.length], data: words },
    shape: { dtype: 'int32', shape: [shape.length], data: Int32Array.from(shape) },
    offset: { dtype: 'float32', shape: [], data: Float32Array.of(array.offset) },
    scale: { dtype: 'float32', shape: [], data: Float32Array.of(array.scale) },
  };
}

/**
 * Packs four bytes per word; without a copy if the array is aligned. Where its bytes do not fill the last
 * word, up to three rows of zeros are added.
 */
function packed({ shape, data }: Extract<DataArray, { dtype: 'uint8' }>): {
  shape: readonly number[];
  words: Int32Array;
} {
  const [rows = 0, ...row] = shape;
  if (data.byteOffset % 4 === 0 && data.byteLength % 4 === 0) {
    return { shape, words: new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4) };
  }
  const length = elementCount(row);
  const filled = length % 4 === 0 ? rows : Math.ceil(rows / 4) * 4;
  const words = new Int32Array((filled * length) / 4);
  new Uint8Array(words.buffer).set(data);
  return { shape: [filled, ...row], words };
}

function scalar(value: number): HostTensor {
  return { dtype: 'int32', shape: [], data: Int32Array.of(value) };
}

function float32(tensor: HostTensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32')
    throw new Error(`Expected a float32 report; received ${tensor?.dtype ?? 'nothing'}.`);
  return tensor.data;
}
