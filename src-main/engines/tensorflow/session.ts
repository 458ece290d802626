import { AppError } from '../../../src-shared/contract/app-error.ts';
import { loadSignatureName, sourceIndex } from './resident-data.ts';
import { buildSessionGraph, signatureName, stateVariables } from './session-graph.ts';
import { NativeSession } from './native-session.ts';
import type { TensorFlow } from './load.ts';
import type { Role, Storage } from './resident-data.ts';
import type { StateGroup } from './session-graph.ts';
import type { EngineSession, HostTensor, SessionOptions, SplitTensor, SplitTensors, TrainRequest } from '../engine.ts';
import type { CompiledModel } from '../../../src-shared/compiler/compiled.ts';
import type { SplitName } from '../../../src-shared/dataset/dataset-document.ts';

const groups: readonly StateGroup[] = ['weights', 'slots'];

type Placement = Readonly<Record<Role, Storage>>;

/** A model in TensorFlow: weights, slots and data are variables of one native session. */
export class TensorFlowSession implements EngineSession {
  readonly #tf: TensorFlow;
  readonly #native: NativeSession;
  readonly #stateNames: Readonly<Record<StateGroup, readonly string[]>>;
  readonly #stepsPerCall: ReadonlySet<number>;
  readonly #placements = new Map<SplitName, Placement>();

  private constructor(tf: TensorFlow, native: NativeSession, model: CompiledModel, options: SessionOptions) {
    this.#tf = tf;
    this.#native = native;
    this.#stepsPerCall = new Set(options.stepsPerCall);
    const variables = stateVariables(model);
    this.#stateNames = {
      weights: variables.weights.map(({ name }) => name),
      slots: variables.slots.map(({ name }) => name),
    };
  }

  static async create(tf: TensorFlow, model: CompiledModel, options: SessionOptions): Promise<TensorFlowSession> {
    const graph = buildSessionGraph(model, options.stepsPerCall);
    const native = await NativeSession.open(tf, graph, signatureName.predict);
    return new TensorFlowSession(tf, native, model, options);
  }

  async writeState(values: ReadonlyMap<string, HostTensor>): Promise<void> {
    this.#refuseUnknown([...values.keys()]);
    for (const group of groups) {
      const names = this.#stateNames[group];
      const missing = names.filter((name) => !values.has(name));
      if (missing.length === names.length) continue;
      // A group is written as a whole: what is not given stays as it is.
      const kept = missing.length === 0 ? new Map<string, HostTensor>() : await this.#readGroup(group);
      const inputs = names.map((name, index) => [`v${index}`, values.get(name) ?? kept.get(name)!] as const);
      await this.#native.run(signatureName.write(group), Object.fromEntries(inputs));
    }
  }

  async readState(names: readonly string[]): Promise<Map<string, HostTensor>> {
    this.#refuseUnknown(names);
    const read = new Map<string, HostTensor>();
    for (const group of groups) {
      if (!this.#stateNames[group].some((name) => names.includes(name))) continue;
      for (const [name, value] of await this.#readGroup(group)) read.set(name, value);
    }
    return new Map(names.map((name) => [name, read.get(name)!]));
  }

  async loadSplit(split: SplitName, tensors: SplitTensors): Promise<void> {
    const placement = { x: storageOf(tensors.x), y: storageOf(tensors.y) };
    this.#placements.delete(split);
    await this.#native.run(loadSignatureName(split, 'x', placement.x), dataInputs(tensors.x));
    await this.#native.run(loadSignatureName(split, 'y', placement.y), dataInputs(tensors.y));
    this.#placements.set(split, placement);
  }

  async trainSteps(request: TrainRequest): Promise<Float32Array> {
    const { split, indices, steps, batchSize, learningRates } = request;
    if (!this.#stepsPerCall.has(steps)) {
      throw new Error(
        `The session was made for ${[...this.#stepsPerCall].join(', ')} steps per call; received ${steps}.`,
      );
    }
    if (indices.length !== steps * batchSize || learningRates.length !== steps) {
      throw new Error(
        `Expected ${steps * batchSize} indices and ${steps} learning rates; ` +
          `received ${indices.length} and ${learningRates.length}.`,
      );
    }
    const { reports } = await this.#native.run(signatureName.train(steps), {
      ...this.#batchInputs(split, indices),
      learningRates: { dtype: 'float32', shape: [steps], data: learningRates },
    });
    return float32(reports);
  }

  async evaluate(split: SplitName, indices: Int32Array): Promise<Float32Array> {
    const { report } = await this.#native.run(signatureName.evaluate, this.#batchInputs(split, indices));
    return float32(report);
  }

  async predict(x: HostTensor): Promise<HostTensor> {
    const { prediction } = await this.#native.run(signatureName.predict, { x });
    return prediction!;
  }

  tensorCount(): number {
    return this.#tf.memory().numTensors;
  }

  async dispose(): Promise<void> {
    await this.#native.dispose();
  }

  async #readGroup(group: StateGroup): Promise<Map<string, HostTensor>> {
    const values = await this.#native.run(signatureName.read(group), {});
    return new Map(this.#stateNames[group].map((name, index) => [name, values[`v${index}`]!]));
  }

  #batchInputs(split: SplitName, indices: Int32Array): Record<string, HostTensor> {
    const placement = this.#placements.get(split);
    if (placement === undefined) {
      throw new AppError('engine/split-not-loaded', `The '${split}' split is not in native memory; load it first.`, {
        split,
      });
    }
    return {
      xSource: scalar(sourceIndex(split, placement.x)),
      ySource: scalar(sourceIndex(split, placement.y)),
      indices: { dtype: 'int32', shape: [indices.length], data: indices },
    };
  }

  #refuseUnknown(names: readonly string[]): void {
    const unknown = names.filter((name) => !groups.some((group) => this.#stateNames[group].includes(name)));
    if (unknown.length > 0) throw new Error(`The model has no state called '${unknown.join("', '")}'.`);
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

/** Bytes four to a word, zeros at the end; without a copy where the array allows it. */
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
