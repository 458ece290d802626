import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs-node-gpu';
import { AppError } from '../../../src-shared/errors/app-error.ts';

/** What Lamina uses of tfjs-node. */
export type TensorFlow = typeof tfjs;

export interface LoadedTensorFlow {
  readonly tf: TensorFlow;
  /** The folder of the native library. */
  readonly folder: string;
  /** Version of the native library, e.g. '2.21.0'. */
  readonly version: string;
  /** For a person: 'CPU (AMD EPYC, 2 cores)' or 'GPU'. */
  readonly device: string;
  /** Threads a single operation may use, fixed when the library was loaded; 0: TensorFlow's choice. */
  readonly intraOpThreads: number;
}

/** Where the binding lies in an engine folder, as node-pre-gyp names it. */
const BINDING_PATH = join('lib', 'napi-v8', 'tfjs_binding.node');

/** A process holds one native library: TensorFlow registers its kernels once. */
let loaded: LoadedTensorFlow | undefined;

/**
 * Loads tfjs-node with the native library of an engine folder.
 *
 * Thread pools are made while the library loads, from the environment: the binding opens
 * its sessions with default options. So `intraOpThreads` counts on the first call alone.
 *
 * @param folder Holds `lib/napi-v8/tfjs_binding.node` and `deps/lib`.
 * @param intraOpThreads Threads a single operation may use; 0: as many as there are cores.
 * @throws AppError `engine/not-installed`, `engine/load-failed` or `engine/already-loaded`.
 */
export function loadTensorFlow(folder: string, intraOpThreads: number): LoadedTensorFlow {
  if (loaded !== undefined) {
    if (loaded.folder === folder) return loaded;
    throw new AppError(
      'engine/already-loaded',
      `This process already runs TensorFlow from '${loaded.folder}' and cannot load '${folder}' as well. ` +
        'Start another process for it.',
    );
  }
  const bindingPath = join(folder, BINDING_PATH);
  if (!existsSync(bindingPath)) {
    throw new AppError(
      'engine/not-installed',
      `Expected TensorFlow's binding at '${bindingPath}'; there is no such file. ` +
        "Install the engine ('lamina doctor' says what is missing), or choose the onnx engine.",
      { bindingPath },
    );
  }
  prepareProcess(intraOpThreads);
  let tf: TensorFlow;
  try {
    tf = requireWithBinding(bindingPath);
  } catch (error) {
    throw new AppError(
      'engine/load-failed',
      `TensorFlow in '${folder}' could not be loaded: ${error instanceof Error ? error.message : String(error)}. ` +
        'Install the engine again, or choose the onnx engine.',
      { bindingPath },
    );
  }
  loaded = { tf, folder, ...describe(tf), intraOpThreads };
  return loaded;
}

/** Environment and Node functions that tfjs-node and its library expect; must run before they load. */
function prepareProcess(intraOpThreads: number): void {
  // Errors only: TensorFlow tells on stderr about every device and instruction set it finds.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // oneDNN's convolutions: measured, a convolutional step takes 0.7 of the processor time, also where TensorFlow
  // leaves it off by default (processors without AVX-512). It says so on stderr, once.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  if (intraOpThreads > 0) process.env['TF_NUM_INTRAOP_THREADS'] = String(intraOpThreads);
  // Node 23 removed these; tfjs-node calls them.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

/** tfjs-node asks node-pre-gyp where its binding is: answered with the engine folder's. */
function requireWithBinding(bindingPath: string): TensorFlow {
  const require = createRequire(import.meta.url);
  const packageRequire = createRequire(require.resolve('@tensorflow/tfjs-node-gpu'));
  const finderPath = packageRequire.resolve('@mapbox/node-pre-gyp');
  const finder = packageRequire('@mapbox/node-pre-gyp') as object;
  const cached = require.cache[finderPath];
  if (cached === undefined) throw new Error(`'${finderPath}' is not in the module cache`);
  cached.exports = { ...finder, find: () => bindingPath };
  try {
    return require('@tensorflow/tfjs-node-gpu') as TensorFlow;
  } finally {
    cached.exports = finder;
  }
}

/** What the backend knows about its library; tfjs-node keeps it off its public types. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** Whether the library computes on a GPU. */
export function drivesGpu(tf: TensorFlow): boolean {
  return (tf.backend() as unknown as NativeBackend).isUsingGpuDevice;
}

function describe(tf: TensorFlow): Pick<LoadedTensorFlow, 'version' | 'device'> {
  const backend = tf.backend() as unknown as NativeBackend;
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return {
    version: backend.binding.TF_Version,
    device: drivesGpu(tf) ? 'GPU' : `CPU (${processor}, ${availableParallelism()} cores)`,
  };
}
