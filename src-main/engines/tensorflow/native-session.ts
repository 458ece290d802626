import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { makeTemporaryFolder, sweepLeftovers } from '../../system/temporary-name.ts';
import { writeSavedModel } from './graph/write-saved-model.ts';
import type { GraphModel } from './graph/graph-def.ts';
import type { TensorFlow } from './load.ts';
import type { HostTensor } from '../interface/engine.ts';

type SavedModel = Awaited<ReturnType<TensorFlow['node']['loadSavedModel']>>;
type NamedTensors = Extract<ReturnType<SavedModel['predict']>, Record<string, unknown>>;

const FOLDER_PREFIX = 'lamina-tensorflow-';
/** Once a process. */
let swept: Promise<void> | null = null;

/**
 * One native session: a graph with all its signatures open. tfjs-node gives signatures of
 * the same path and tags the same native session, so they share its variables.
 */
export class NativeSession {
  readonly #tf: TensorFlow;
  readonly #signatures = new Map<string, SavedModel>();

  private constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  /**
   * Writes the graph into a temporary folder, which is gone again when this returns; what a
   * process that was killed meanwhile left is removed by the next one's first session.
   * @throws AppError `engine/graph-refused` with TensorFlow's own message.
   */
  static async open(tf: TensorFlow, graph: GraphModel): Promise<NativeSession> {
    await (swept ??= sweepLeftovers(tmpdir(), FOLDER_PREFIX));
    const folder = await makeTemporaryFolder(FOLDER_PREFIX);
    const session = new NativeSession(tf);
    try {
      await writeSavedModel(folder, graph);
      for (const [index, name] of Object.keys(graph.signatures).entries()) {
        session.#signatures.set(name, await tf.node.loadSavedModel(folder, ['serve'], name));
        // The first opened the native session; tfjs-node then reads the file, in JavaScript, for names alone.
        // Measured on ResNet-20, without nodes this takes 0.35 s instead of 1.1 s.
        if (index === 0) await writeSavedModel(folder, { nodes: [], functions: [], signatures: graph.signatures });
      }
    } catch (error) {
      session.dispose();
      throw new AppError('engine/graph-refused', `TensorFlow refused the model's graph: ${messageOf(error)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return session;
  }

  /**
   * Runs a signature. Fed arrays are borrowed for the call.
   * @returns The outputs by name, in memory of their own.
   * @throws AppError `engine/call-failed` with TensorFlow's own message.
   */
  async run(name: string, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const signature = this.#signatures.get(name);
    if (signature === undefined) throw new AppError('engine/call-failed', `The graph has no signature '${name}'.`);
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

  dispose(): void {
    for (const signature of this.#signatures.values()) signature.dispose();
    this.#signatures.clear();
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
