import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type * as OnnxRuntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { OnnxGraph } from './model/onnx-model.ts';
import { onnxModelMessage } from './model/onnx-model.ts';

/** ONNX Runtime's execution providers that Lamina uses. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'dml';

/** The loaded onnxruntime-node, and the provider of its sessions. */
export interface OnnxBackend {
  readonly runtime: typeof OnnxRuntime;
  readonly version: string;
  readonly provider: ExecutionProvider;
}

/**
 * Loads onnxruntime-node, which includes its native library.
 *
 * @param provider The provider to use; absent: DirectML on Windows, CUDA if its library has been
 *   added to the package's folder, else the CPU.
 * @throws AppError `engine/not-available` if there is no library for this platform.
 */
export async function loadOnnxBackend(provider?: ExecutionProvider): Promise<OnnxBackend> {
  // Disable telemetry: since 1.29 the library's Linux and macOS builds send it unless this is set before loading
  // (microsoft/onnxruntime#27379).
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  try {
    const runtime = await import('onnxruntime-node');
    // Failures are reported as errors; the native log would repeat them on stderr.
    runtime.env.logLevel = 'fatal';
    const version = runtime.env.versions.node ?? 'unknown';
    return { runtime, version, provider: provider ?? bestProvider(runtime) };
  } catch (error) {
    throw new AppError(
      'engine/not-available',
      `ONNX Runtime did not load on ${process.platform} ${process.arch}: ${messageOf(error)} ` +
        `Reinstall Lamina's packages with 'npm install', or choose the TensorFlow engine.`,
      { platform: process.platform, architecture: process.arch },
    );
  }
}

function bestProvider(runtime: typeof OnnxRuntime): ExecutionProvider {
  const supported = new Set(runtime.listSupportedBackends().map(({ name }) => name));
  if (supported.has('dml')) return 'dml';
  if (supported.has('cuda') && cudaLibraryExists()) return 'cuda';
  return 'cpu';
}

/** The package supports CUDA on all platforms but does not include its library. */
function cudaLibraryExists(): boolean {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(packageFolder, 'bin', 'napi-v6', process.platform, process.arch);
  return ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll'].some((name) =>
    existsSync(join(folder, name)),
  );
}

export function describeDevice(provider: ExecutionProvider): string {
  if (provider === 'dml') return 'DirectML';
  if (provider === 'cuda') return 'CUDA';
  const cores = availableParallelism();
  return `CPU (${cores} ${cores === 1 ? 'core' : 'cores'})`;
}

/** A loaded graph. `release` frees its native memory. */
export interface LoadedGraph {
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface GraphOptions {
  /** 0: one per core. */
  readonly intraOpThreads: number;
  /** Keeps working memory between runs: faster for consecutive runs, but keeps the largest size. */
  readonly keepMemory: boolean;
}

/**
 * @throws AppError `engine/graph-refused` with ONNX Runtime's message.
 */
export async function loadGraph(backend: OnnxBackend, graph: OnnxGraph, options: GraphOptions): Promise<LoadedGraph> {
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: backend.provider === 'cpu' ? ['cpu'] : [backend.provider, 'cpu'],
    intraOpNumThreads: options.intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: options.keepMemory,
    // DirectML does not work with memory patterns.
    enableMemPattern: options.keepMemory && backend.provider !== 'dml',
    logSeverityLevel: 4,
  };
  let session: InferenceSession;
  try {
    session = await backend.runtime.InferenceSession.create(onnxModelMessage(graph).toBytes(), sessionOptions);
  } catch (error) {
    throw new AppError(
      'engine/graph-refused',
      `ONNX Runtime rejected the graph '${graph.name}': ${messageOf(error)} This is a bug in Lamina; please report it.`,
      { graph: graph.name },
    );
  }
  return {
    async run(feeds, fetches) {
      try {
        // Fetches that are tensors are written in place.
        return (await session.run(feeds, fetches as Record<string, Tensor>)) as Record<string, Tensor>;
      } catch (error) {
        throw new AppError('engine/call-failed', `ONNX Runtime could not run '${graph.name}': ${messageOf(error)}`, {
          graph: graph.name,
        });
      }
    },
    release: () => session.release(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
