import { batchRows, checkData, checkTensor } from '../interface/check-tensor.ts';
import { checkSteps, exampleInputs, inputType, stepValues } from '../interface/program-inputs.ts';
import { NativeSession } from './native-session.ts';
import { loadSignatureName, sourceIndex } from './resident-data.ts';
import { withDefaultExecutor } from './graph/executors.ts';
import { drivesGpu } from './load.ts';
import { buildSessionGraph, exampleTypes, signatureName, tensorsRead } from './session-graph.ts';
import { StateVariables } from './state-variables.ts';
import type { TensorFlow } from './load.ts';
import type { DataTensor, Source } from './resident-data.ts';
import type {
  DataArray,
  EngineSession,
  HostTensor,
  LoadedRows,
  ProgramFeeds,
  ProgramOutputs,
  SessionData,
  SessionModel,
  SessionOptions,
} from '../interface/engine.ts';
import { elementCount, sameType } from '../../../src-shared/program/language/shape.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';

/** Loaded examples. */
interface Resident extends Pick<SessionData, 'inputs' | 'splits'> {
  /** By input: index of the variable that it is gathered from. */
  readonly sources: ReadonlyMap<string, number>;
}

/** One model in TensorFlow. Weights, slots and data are variables of a native session. */
export class TensorFlowSession implements EngineSession {
  readonly #tf: TensorFlow;
  readonly #native: NativeSession;
  readonly #state: StateVariables;
  readonly #programs: Readonly<Record<string, Program>>;
  /** Tensors that the programs read. */
  readonly #data: readonly DataTensor[];
  readonly #stepsPerCall: readonly number[];
  #resident: Resident | null = null;

  private constructor(tf: TensorFlow, native: NativeSession, model: SessionModel, options: SessionOptions) {
    this.#tf = tf;
    this.#native = native;
    this.#state = new StateVariables(native, model);
    this.#programs = model.programs;
    this.#data = exampleTypes(Object.values(model.programs));
    this.#stepsPerCall = options.stepsPerCall;
  }

  /** @throws AppError `engine/graph-refused`. */
  static async create(tf: TensorFlow, model: SessionModel, options: SessionOptions): Promise<TensorFlowSession> {
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

  readPortions(names: readonly string[]): AsyncGenerator<ReadonlyMap<string, HostTensor>> {
    return this.#state.readGroups(names);
  }

  async loadData(data: SessionData): Promise<void> {
    checkData(data, Object.values(this.#programs));
    this.#resident = null;
    const { inputs, splits } = data;
    const loaded: { array: string; source: Source }[] = [];
    const sources = new Map<string, number>();
    for (const tensor of this.#data) {
      const { array: name } = inputs[tensor.input]!;
      const known = loaded.find(({ array, source }) => array === name && sameType(source.owner.type, tensor.type));
      // The variables of a tensor that reads those of another are emptied.
      const array = known === undefined ? data.arrays[name]! : withoutRows(data.arrays[name]!);
      const own: Source = { owner: tensor, storage: array.dtype === 'uint8' ? 'bytes' : 'values' };
      await this.#native.run(loadSignatureName(own), dataInputs(array));
      if (known === undefined) loaded.push({ array: name, source: own });
      sources.set(tensor.input, sourceIndex(tensor, this.#data, known?.source ?? own));
    }
    this.#resident = { inputs, splits, sources };
  }

  async run(name: string, feeds: ProgramFeeds): Promise<ProgramOutputs> {
    const program = this.#programs[name];
    if (program === undefined) throw new Error(`The session has no program '${name}'.`);
    const steps = 'rows' in feeds ? (feeds.rows.steps ?? 1) : 1;
    const values = stepValues(program, feeds.values, steps);
    let signature: string;
    let examples: Record<string, HostTensor>;
    if ('rows' in feeds) {
      checkSteps(program, steps, this.#stepsPerCall, feeds.rows.indices.length);
      signature = signatureName.rows(name, steps);
      examples = this.#rowsInputs(program, feeds.rows);
    } else {
      signature = signatureName.examples(name);
      examples = examplesRead(program, feeds.examples);
    }
    this.#state.requireWritten(program);
    const fetched = await this.#native.run(signature, { ...examples, ...Object.fromEntries(values) });
    return new Map(program.outputs.map((output) => [output.name, fetched[output.name]!]));
  }

  tensorCount(): number {
    return this.#tf.memory().numTensors;
  }

  async dispose(): Promise<void> {
    this.#native.dispose();
  }

  #rowsInputs(program: Program, { split, indices }: LoadedRows): Record<string, HostTensor> {
    const names = tensorsRead(program, this.#data).map(({ input }) => input);
    const rows = new Int32Array(names.length * indices.length);
    const lists = batchRows(this.#resident, split, indices, names);
    names.forEach((name, index) => rows.set(lists.get(name)!, index * indices.length));
    const sources = Int32Array.from(names, (name) => this.#resident!.sources.get(name)!);
    return {
      sources: { dtype: 'int32', shape: [names.length], data: sources },
      rows: { dtype: 'int32', shape: [names.length, indices.length], data: rows },
    };
  }
}

function examplesRead(program: Program, given: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  const fed = exampleInputs(program).map((name) => {
    checkTensor(name, given[name], inputType(program, name));
    return [name, given[name]!] as const;
  });
  return Object.fromEntries(fed);
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
