import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs-node-gpu';
import { AppError } from '../../../src-shared/errors/app-error.ts';

/** The API of tfjs-node. */
export type TensorFlow = typeof tfjs;

export interface LoadedTensorFlow {
  readonly tf: TensorFlow;
  /** Folder of the native library. */
  readonly folder: string;
  /** Version of the native library: '2.21.0'. */
  readonly version: string;
  /** Human-readable: 'CPU (AMD EPYC, 2 cores)' or 'GPU'. */
  readonly device: string;
  /** Threads per operation, fixed when the library is loaded; 0: TensorFlow's default. */
  readonly intraOpThreads: number;
}

/** Path of the binding in an engine folder, as node-pre-gyp names it. */
const BINDING_PATH = join('lib', 'napi-v8', 'tfjs_binding.node');

/** A process can load only one native library: TensorFlow registers its kernels once. */
let loaded: LoadedTensorFlow | undefined;

/**
 * Loads tfjs-node with the native library of an engine folder.
 *
 * Thread pools are created from the environment while the library loads, because the binding opens
 * sessions with default options. So only the first call's `intraOpThreads` has an effect.
 *
 * @param folder Contains `lib/napi-v8/tfjs_binding.node` and `deps/lib`.
 * @param intraOpThreads Threads per operation; 0: one per core.
 * @throws AppError `engine/not-installed`, `engine/load-failed` or `engine/already-loaded`.
 */
export function loadTensorFlow(folder: string, intraOpThreads: number): LoadedTensorFlow {
  if (loaded !== undefined) {
    if (loaded.folder === folder) return loaded;
    throw new AppError(
      'engine/already-loaded',
      `Expected TensorFlow from '${loaded.folder}', which this process has loaded; received '${folder}'. ` +
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
  // Errors only: TensorFlow logs every device and instruction set to stderr.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // oneDNN's convolutions: measured, a convolutional step takes 0.7 times the CPU time, also on processors without
  // AVX-512, where TensorFlow disables it by default. TensorFlow logs this to stderr once.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  if (intraOpThreads > 0) process.env['TF_NUM_INTRAOP_THREADS'] = String(intraOpThreads);
  // tfjs-node calls these functions, which Node 23 removed.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

/** tfjs-node asks node-pre-gyp for the path of its binding: returns that of the engine folder. */
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

/** Members of the backend that are not in tfjs-node's public types. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/** Whether the library uses a GPU. */
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
