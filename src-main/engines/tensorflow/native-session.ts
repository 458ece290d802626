import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import { writeSavedModel } from './write-saved-model.ts';
import type { GraphModel } from './graph-def.ts';
import type { TensorFlow } from './load.ts';
import type { HostTensor } from '../engine.ts';

type SavedModel = Awaited<ReturnType<TensorFlow['node']['loadSavedModel']>>;
type NamedTensors = Extract<ReturnType<SavedModel['predict']>, Record<string, unknown>>;

/**
 * One native session: a graph in a temporary folder whose signatures are opened when they
 * are first called. tfjs-node gives signatures of the same path and tags the same native
 * session, so they share its variables.
 */
export class NativeSession {
  readonly #tf: TensorFlow;
  readonly #folder: string;
  readonly #signatures = new Map<string, SavedModel>();

  private constructor(tf: TensorFlow, folder: string) {
    this.#tf = tf;
    this.#folder = folder;
  }

  /**
   * Writes the graph and opens one of its signatures, so that TensorFlow reads all of it.
   * @throws AppError `engine/graph-refused` with TensorFlow's own message.
   */
  static async open(tf: TensorFlow, graph: GraphModel, firstSignature: string): Promise<NativeSession> {
    const folder = await mkdtemp(join(tmpdir(), 'lamina-tensorflow-'));
    const session = new NativeSession(tf, folder);
    try {
      await writeSavedModel(folder, graph);
      await session.#signature(firstSignature);
    } catch (error) {
      await session.dispose();
      throw new AppError('engine/graph-refused', `TensorFlow refused the model's graph: ${messageOf(error)}`);
    }
    return session;
  }

  /**
   * Runs a signature. Fed arrays are borrowed for the call.
   * @returns The outputs by name, in memory of their own.
   * @throws AppError `engine/call-failed` with TensorFlow's own message.
   */
  async run(name: string, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const signature = await this.#signature(name);
    const fed: NamedTensors = {};
    for (const [key, { data, shape, dtype }] of Object.entries(inputs)) {
      fed[key] = this.#tf.tensor(data, [...shape], dtype);
    }
    let fetched: NamedTensors = {};
    try {
      fetched = signature.predict(fed) as NamedTensors;
      return Object.fromEntries(Object.entries(fetched).map(([key, tensor]) => [key, toHost(tensor)]));
    } catch (error) {
      throw new AppError('engine/call-failed', `TensorFlow could not run '${name}': ${messageOf(error)}`);
    } finally {
      this.#tf.dispose(fed);
      this.#tf.dispose(fetched);
    }
  }

  async dispose(): Promise<void> {
    for (const signature of this.#signatures.values()) signature.dispose();
    this.#signatures.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #signature(name: string): Promise<SavedModel> {
    const known = this.#signatures.get(name);
    if (known !== undefined) return known;
    const opened = await this.#tf.node.loadSavedModel(this.#folder, ['serve'], name);
    this.#signatures.set(name, opened);
    return opened;
  }
}

function toHost(tensor: NamedTensors[string]): HostTensor {
  const shape = [...tensor.shape];
  const data = tensor.dataSync();
  if (data instanceof Float32Array) return { dtype: 'float32', shape, data };
  if (data instanceof Int32Array) return { dtype: 'int32', shape, data };
  return { dtype: 'bool', shape, data };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
