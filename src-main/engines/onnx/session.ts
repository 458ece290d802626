import type { Tensor } from 'onnxruntime-node';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import { DRAW, drawsNoise } from '../../../src-shared/compiler/forward/draws.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';
import {
  batchRows,
  checkData,
  checkTensor,
  exampleInputs,
  inputType,
  stepScalars,
  stepScalarsOf,
} from '../interface/check-tensor.ts';
import type {
  EngineSession,
  ExampleTensors,
  HostTensor,
  SessionData,
  SessionOptions,
  TrainRequest,
} from '../interface/engine.ts';
import type { HostArray } from './host-tensors.ts';
import { allocate, elementCount, tensorOver, toHostTensor } from './host-tensors.ts';
import { programGraph, stateInputName, stateOutputName, stepInputName, unrolledGraph } from './program-writer.ts';
import { ResidentArray } from './resident-array.ts';
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
  /** By input name. */
  readonly scalars: ReadonlyMap<string, HostArray>;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Number of batch sizes for which a graph keeps buffers: full batches and the short last one. */
const KEPT_BATCH_SIZES = 2;

/**
 * One model on ONNX Runtime. Loads one graph per number of steps per call, with the steps
 * unrolled; see `unrolledGraph`.
 */
export class OnnxSession implements EngineSession {
  readonly #backend: OnnxBackend;
  readonly #model: CompiledModel;
  readonly #threads: number;
  readonly #state: StateStore;
  readonly #graphs = new Map<string, Promise<LoadedGraph>>();
  readonly #buffers = new Map<string, Map<number, BatchBuffers>>();
  #data: Resident | null = null;

  private constructor(backend: OnnxBackend, model: CompiledModel, options: SessionOptions) {
    this.#backend = backend;
    this.#model = model;
    this.#threads = options.intraOpThreads;
    this.#state = new StateStore(backend, [model.train, model.evaluate, model.predict]);
  }

  /**
   * Loads the graphs that every run needs; graphs for more steps per call are loaded on first use.
   *
   * @throws AppError `engine/graph-refused`.
   */
  static async create(backend: OnnxBackend, model: CompiledModel, options: SessionOptions): Promise<OnnxSession> {
    const session = new OnnxSession(backend, model, options);
    try {
      await session.#trainGraph(1);
      await session.#evaluateGraph();
      await session.#predictGraph();
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

  async loadData(data: SessionData): Promise<void> {
    const { train, evaluate } = this.#model;
    checkData(data, [train, evaluate]);
    const { inputs, splits } = data;
    const loaded = new Map(Object.entries(data.arrays).map(([name, array]) => [name, new ResidentArray(array)]));
    const read = new Set([...exampleInputs(train), ...exampleInputs(evaluate)]);
    this.#data = { inputs, splits, arrays: new Map([...read].map((name) => [name, loaded.get(inputs[name]!.array)!])) };
  }

  async trainSteps(request: TrainRequest): Promise<Float32Array> {
    const { split, indices, steps, batchSize } = request;
    const program = this.#model.train;
    const scalars = stepScalarsOf(request, program);
    const graph = await this.#trainGraph(steps);
    const batch = this.#batch(program, split, indices);
    const buffers = this.#batchBuffers(`train/${steps}`, program, batch, steps, batchSize, stepInputName);
    gather(batch, buffers);
    for (const [name, values] of scalars) buffers.scalars.get(name)!.set(values);

    const report = new Float32Array(steps * this.#model.reportLength);
    const fetches: Record<string, Tensor> = {
      report: tensorOver(this.#backend, 'float32', report, [steps, this.#model.reportLength]),
    };
    for (const [name, tensor] of this.#state.next(program)) fetches[stateOutputName(name)] = tensor;
    await graph.run({ ...buffers.feeds, ...this.#stateFeeds(program) }, fetches);
    this.#state.advance(program);
    return report;
  }

  async evaluate(split: SplitName, indices: Int32Array, draw = 0): Promise<Float32Array> {
    const program = this.#model.evaluate;
    const graph = await this.#evaluateGraph();
    const batch = this.#batch(program, split, indices);
    const buffers = this.#batchBuffers('evaluate', program, batch, 1, indices.length, (name) => name);
    gather(batch, buffers);
    buffers.scalars.get(DRAW)?.fill(draw);
    const report = new Float32Array(this.#model.reportLength);
    const fetches = { report: tensorOver(this.#backend, 'float32', report, [report.length]) };
    await graph.run({ ...buffers.feeds, ...this.#stateFeeds(program) }, fetches);
    return report;
  }

  async predict(examples: ExampleTensors, draw = 0): Promise<readonly HostTensor[]> {
    const program = this.#model.predict;
    const graph = await this.#predictGraph();
    const inputs = exampleInputs(program);
    for (const name of inputs) checkTensor(name, examples[name], inputType(program, name));
    const rows = examples[inputs[0] ?? 'x']!.shape[0]!;
    const results = program.outputs.map(({ name, value }) => {
      const { dtype, shape: declared } = program.values[value]!;
      const shape = declared.map((extent) => extent ?? rows);
      return { name, dtype, shape, data: allocate(dtype, elementCount(shape)) };
    });
    const feeds = {
      ...Object.fromEntries(
        inputs.map((name) => {
          const { dtype, data, shape } = examples[name]!;
          return [name, tensorOver(this.#backend, dtype, data, shape)];
        }),
      ),
      ...(drawsNoise(program) ? { [DRAW]: tensorOver(this.#backend, 'int32', Int32Array.of(draw), []) } : {}),
      ...this.#stateFeeds(program),
    };
    const fetches = results.map(
      ({ name, dtype, data, shape }) => [name, tensorOver(this.#backend, dtype, data, shape)] as const,
    );
    await graph.run(feeds, Object.fromEntries(fetches));
    return results.map(({ dtype, shape, data }) => toHostTensor(dtype, shape, data));
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

  #trainGraph(steps: number): Promise<LoadedGraph> {
    return this.#graph(`train/${steps}`, (name) => unrolledGraph(name, this.#model.train, steps));
  }

  #evaluateGraph(): Promise<LoadedGraph> {
    return this.#graph('evaluate', (name) => programGraph(name, this.#model.evaluate));
  }

  #predictGraph(): Promise<LoadedGraph> {
    return this.#graph('predict', (name) => programGraph(name, this.#model.predict));
  }

  #graph(name: string, write: (name: string) => ReturnType<typeof programGraph>): Promise<LoadedGraph> {
    const known = this.#graphs.get(name);
    if (known !== undefined) return known;
    // Evaluation and prediction may process many rows at once and must not keep that memory.
    const keepMemory = name.startsWith('train/');
    const loading = loadGraph(this.#backend, write(name), { intraOpThreads: this.#threads, keepMemory });
    this.#graphs.set(name, loading);
    return loading;
  }

  #batch(program: Program, split: SplitName, indices: Int32Array): Batch {
    const rows = batchRows(this.#data, split, indices, exampleInputs(program));
    return new Map([...rows].map(([name, list]) => [name, { array: this.#data!.arrays.get(name)!, rows: list }]));
  }

  #stateFeeds(program: Program): Record<string, Tensor> {
    return Object.fromEntries(this.#state.current(program).map(([name, tensor]) => [stateInputName(name), tensor]));
  }

  #batchBuffers(
    graph: string,
    program: Program,
    batch: Batch,
    steps: number,
    batchSize: number,
    inputName: (name: string, step: number) => string,
  ): BatchBuffers {
    const sizes = this.#buffers.get(graph) ?? new Map<number, BatchBuffers>();
    this.#buffers.set(graph, sizes);
    const known = sizes.get(batchSize);
    if (known !== undefined) return known;
    const oldest = sizes.keys().next();
    if (sizes.size >= KEPT_BATCH_SIZES && oldest.done === false) sizes.delete(oldest.value);

    const feeds: Record<string, Tensor> = {};
    const fill = (input: string, shape: readonly number[]): HostArray => {
      const declared = program.inputs.find(({ name }) => name === input);
      const dtype = declared === undefined ? 'float32' : program.values[declared.value]!.dtype;
      const length = elementCount(shape);
      const all = allocate(dtype, steps * length);
      for (let step = 0; step < steps && declared !== undefined; step++) {
        const part = all.subarray(step * length, (step + 1) * length);
        feeds[inputName(input, step)] = tensorOver(this.#backend, dtype, part, shape);
      }
      return all;
    };
    const scalars = program.inputs.flatMap(({ name }) =>
      name === DRAW || stepScalars.some(({ input }) => input === name) ? [[name, fill(name, [])] as const] : [],
    );
    const tensors = new Map(
      [...batch].map(([name, { array }]) => [name, fill(name, [batchSize, ...array.rowShape()])]),
    );
    const buffers = { tensors, scalars: new Map(scalars), feeds };
    sizes.set(batchSize, buffers);
    return buffers;
  }
}

function gather(batch: Batch, { tensors }: BatchBuffers): void {
  for (const [name, { array, rows }] of batch) array.gather(rows, tensors.get(name)!);
}
