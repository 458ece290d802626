import type { Tensor } from 'onnxruntime-node';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';
import { batchRows, checkData, checkTensor } from '../interface/check-tensor.ts';
import type {
  EngineSession,
  HostTensor,
  LoadedRows,
  ProgramFeeds,
  ProgramOutputs,
  SessionData,
  SessionModel,
  SessionOptions,
} from '../interface/engine.ts';
import {
  checkSteps,
  exampleInputs,
  inputType,
  stepInputs,
  stepValues,
  updatesState,
} from '../interface/program-inputs.ts';
import { ResidentArray } from '../interface/resident-array.ts';
import type { HostArray } from './host-tensors.ts';
import { allocate, tensorOver, toHostTensor } from './host-tensors.ts';
import { programGraph, stateInputName, stateOutputName, stepInputName, unrolledGraph } from './program-writer.ts';
import type { LoadedGraph, OnnxBackend } from './runtime.ts';
import { loadGraph } from './runtime.ts';
import { StateStore } from './state-store.ts';

/** Loaded examples. */
interface Resident extends Pick<SessionData, 'inputs' | 'splits'> {
  /** By input of the program; several may have the same array. */
  readonly arrays: ReadonlyMap<string, ResidentArray>;
}

/** Rows to gather, by input of the program. */
type Batch = ReadonlyMap<string, { readonly array: ResidentArray; readonly rows: Int32Array }>;

/** Buffers for the batches of a graph, filled for each call. */
interface BatchBuffers {
  /** By input name. */
  readonly tensors: ReadonlyMap<string, HostArray>;
  /** Of step inputs, by name. */
  readonly values: ReadonlyMap<string, HostArray>;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** A program and the number of its steps in one graph. */
interface Called {
  readonly name: string;
  readonly program: Program;
  readonly steps: number;
}

/** Number of batch sizes for which a graph keeps buffers: full batches and the short last one. */
const KEPT_BATCH_SIZES = 2;

/**
 * One model on ONNX Runtime. Programs that update state have one graph per number of steps per call, with the steps
 * unrolled; see `unrolledGraph`.
 */
export class OnnxSession implements EngineSession {
  readonly #backend: OnnxBackend;
  readonly #programs: Readonly<Record<string, Program>>;
  readonly #options: SessionOptions;
  readonly #state: StateStore;
  readonly #graphs = new Map<string, Promise<LoadedGraph>>();
  readonly #buffers = new Map<string, Map<number, BatchBuffers>>();
  #data: Resident | null = null;

  private constructor(backend: OnnxBackend, model: SessionModel, options: SessionOptions) {
    this.#backend = backend;
    this.#programs = model.programs;
    this.#options = options;
    this.#state = new StateStore(backend, Object.values(model.programs));
  }

  /**
   * Loads a graph for each program; graphs for more steps per call are loaded on first use.
   *
   * @throws AppError `engine/graph-refused`.
   */
  static async create(backend: OnnxBackend, model: SessionModel, options: SessionOptions): Promise<OnnxSession> {
    const session = new OnnxSession(backend, model, options);
    try {
      for (const [name, program] of Object.entries(model.programs)) await session.#graph({ name, program, steps: 1 });
    } catch (error) {
      await session.dispose();
      throw error;
    }
    return session;
  }

  async writeState(values: ReadonlyMap<string, HostTensor>): Promise<void> {
    this.#state.write(values);
  }

  async readState(names: readonly string[]): Promise<Map<string, HostTensor>> {
    return this.#state.read(names);
  }

  async *readPortions(names: readonly string[]): AsyncGenerator<ReadonlyMap<string, HostTensor>> {
    for (const name of names) yield new Map([[name, this.#state.view(name)]]);
  }

  async loadData(data: SessionData): Promise<void> {
    const programs = Object.values(this.#programs);
    checkData(data, programs);
    const { inputs, splits } = data;
    const loaded = new Map(Object.entries(data.arrays).map(([name, array]) => [name, new ResidentArray(array)]));
    const read = new Set(programs.flatMap(exampleInputs));
    this.#data = { inputs, splits, arrays: new Map([...read].map((name) => [name, loaded.get(inputs[name]!.array)!])) };
  }

  async run(name: string, feeds: ProgramFeeds): Promise<ProgramOutputs> {
    const program = this.#programs[name];
    if (program === undefined) throw new Error(`The session has no program '${name}'.`);
    const steps = 'rows' in feeds ? (feeds.rows.steps ?? 1) : 1;
    const called = { name, program, steps };
    const values = stepValues(program, feeds.values, steps);
    const fed =
      'rows' in feeds
        ? this.#rowsFeeds(called, feeds.rows, values)
        : this.#exampleFeeds(called, feeds.examples, values);
    const graph = await this.#graph(called);
    const outputs = program.outputs.map(({ name: output, value }) => {
      const { dtype, shape: declared } = program.values[value]!;
      const one = declared.map((extent) => extent ?? fed.batchSize);
      const shape = updatesState(program) ? [steps, ...one] : one;
      return { output, dtype, shape, data: allocate(dtype, elementCount(shape)) };
    });
    const fetches: Record<string, Tensor> = {};
    for (const { output, dtype, shape, data } of outputs) {
      fetches[output] = tensorOver(this.#backend, dtype, data, shape);
    }
    for (const [state, tensor] of this.#state.next(program)) fetches[stateOutputName(state)] = tensor;
    await graph.run({ ...fed.feeds, ...this.#stateFeeds(program) }, fetches);
    this.#state.advance(program);
    return new Map(outputs.map(({ output, dtype, shape, data }) => [output, toHostTensor(dtype, shape, data)]));
  }

  tensorCount(): number {
    let feeds = 0;
    for (const sizes of this.#buffers.values()) {
      for (const buffers of sizes.values()) feeds += Object.keys(buffers.feeds).length;
    }
    return this.#state.tensorCount + feeds;
  }

  async dispose(): Promise<void> {
    const graphs = [...this.#graphs.values()];
    this.#graphs.clear();
    this.#buffers.clear();
    this.#data = null;
    // Graphs that failed to load need no release.
    const loaded = await Promise.allSettled(graphs);
    for (const result of loaded) if (result.status === 'fulfilled') await result.value.release();
  }

  #graph({ name, program, steps }: Called): Promise<LoadedGraph> {
    const key = `${name}/${steps}`;
    const known = this.#graphs.get(key);
    if (known !== undefined) return known;
    const updates = updatesState(program);
    const graph = updates ? unrolledGraph(key, program, steps) : programGraph(key, program);
    // Evaluation and prediction may process many rows at once and must not keep that memory.
    const options = { intraOpThreads: this.#options.intraOpThreads, keepMemory: updates };
    const loading = loadGraph(this.#backend, graph, options);
    this.#graphs.set(key, loading);
    return loading;
  }

  #rowsFeeds(
    called: Called,
    { split, indices }: LoadedRows,
    values: ReadonlyMap<string, HostTensor>,
  ): { feeds: Readonly<Record<string, Tensor>>; batchSize: number } {
    const { program, steps } = called;
    checkSteps(program, steps, this.#options.stepsPerCall, indices.length);
    const batch = this.#batch(program, split, indices);
    const batchSize = indices.length / steps;
    const buffers = this.#batchBuffers(called, batch, batchSize);
    for (const [input, { array, rows }] of batch) array.gather(rows, buffers.tensors.get(input)!);
    for (const [input, { data }] of values) buffers.values.get(input)!.set(data);
    return { feeds: buffers.feeds, batchSize };
  }

  #exampleFeeds(
    { program }: Called,
    examples: Readonly<Record<string, HostTensor>>,
    values: ReadonlyMap<string, HostTensor>,
  ): { feeds: Readonly<Record<string, Tensor>>; batchSize: number } {
    const feeds: Record<string, Tensor> = {};
    const inputs = exampleInputs(program);
    for (const input of inputs) {
      checkTensor(input, examples[input], inputType(program, input));
      const { dtype, data, shape } = examples[input]!;
      feeds[graphInput(program, input, 0)] = tensorOver(this.#backend, dtype, data, shape);
    }
    for (const [input, { dtype, data, shape }] of values) {
      feeds[graphInput(program, input, 0)] = tensorOver(this.#backend, dtype, data, shape.slice(1));
    }
    return { feeds, batchSize: examples[inputs[0] ?? '']?.shape[0] ?? 0 };
  }

  #batch(program: Program, split: SplitName, indices: Int32Array): Batch {
    const rows = batchRows(this.#data, split, indices, exampleInputs(program));
    return new Map([...rows].map(([name, list]) => [name, { array: this.#data!.arrays.get(name)!, rows: list }]));
  }

  #stateFeeds(program: Program): Record<string, Tensor> {
    return Object.fromEntries(this.#state.current(program).map(([name, tensor]) => [stateInputName(name), tensor]));
  }

  #batchBuffers({ name, program, steps }: Called, batch: Batch, batchSize: number): BatchBuffers {
    const key = `${name}/${steps}`;
    const sizes = this.#buffers.get(key) ?? new Map<number, BatchBuffers>();
    this.#buffers.set(key, sizes);
    const known = sizes.get(batchSize);
    if (known !== undefined) return known;
    const oldest = sizes.keys().next();
    if (sizes.size >= KEPT_BATCH_SIZES && oldest.done === false) sizes.delete(oldest.value);

    const feeds: Record<string, Tensor> = {};
    const fill = (input: string, shape: readonly number[]): HostArray => {
      const { dtype } = inputType(program, input);
      const length = elementCount(shape);
      const all = allocate(dtype, steps * length);
      for (let step = 0; step < steps; step++) {
        const part = all.subarray(step * length, (step + 1) * length);
        feeds[graphInput(program, input, step)] = tensorOver(this.#backend, dtype, part, shape);
      }
      return all;
    };
    const values = stepInputs(program).map((input) => {
      return [input, fill(input, inputType(program, input).shape.map(Number))] as const;
    });
    const tensors = [...batch].map(([input, { array }]) => {
      return [input, fill(input, [batchSize, ...array.rowShape()])] as const;
    });
    const buffers = { tensors: new Map(tensors), values: new Map(values), feeds };
    sizes.set(batchSize, buffers);
    return buffers;
  }
}

/** Name of a program's input in its graph. */
function graphInput(program: Program, input: string, step: number): string {
  return updatesState(program) ? stepInputName(input, step) : input;
}
