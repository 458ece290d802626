import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type * as OnnxRuntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { OnnxGraph } from './model/onnx-model.ts';
import { onnxModelMessage } from './model/onnx-model.ts';

/** What executes the graphs: the processor, or a graphics card where the package can drive one. */
export type ExecutionProvider = 'cpu' | 'cuda' | 'dml';

/** onnxruntime-node, loaded, and the provider its sessions use. */
export interface OnnxBackend {
  readonly runtime: typeof OnnxRuntime;
  readonly version: string;
  readonly provider: ExecutionProvider;
}

/**
 * Loads onnxruntime-node, whose native library comes inside the package.
 *
 * @param provider The provider to use; absent: DirectML on Windows, CUDA where its library
 *   has been put beside the package's own, else the processor.
 * @throws AppError `engine/not-available` where there is no library for this platform.
 */
export async function loadOnnxBackend(provider?: ExecutionProvider): Promise<OnnxBackend> {
  // Nothing leaves the machine: since 1.29 the library's Linux and macOS builds send telemetry unless this is set
  // before it loads (microsoft/onnxruntime#27379).
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  try {
    const runtime = await import('onnxruntime-node');
    // Failures arrive as errors; the native log would repeat them on stderr.
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

/** The package supports CUDA everywhere but carries its library nowhere. */
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

/** A graph ready to run. `release` frees its native memory. */
export interface LoadedGraph {
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface GraphOptions {
  /** 0: one per core. */
  readonly intraOpThreads: number;
  /** Keeps working memory between runs: faster where runs follow each other, as large as the largest of them. */
  readonly keepMemory: boolean;
}

/**
 * @throws AppError `engine/graph-refused` with ONNX Runtime's own words.
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
      `ONNX Runtime refused the graph '${graph.name}': ${messageOf(error)} This is a fault in Lamina; please report it.`,
      { graph: graph.name },
    );
  }
  return {
    async run(feeds, fetches) {
      try {
        // Fetches given as tensors are written in place.
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
