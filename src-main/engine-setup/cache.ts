import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from '../system/cache-folder.ts';
import { findNvidiaDriver } from './gpu.ts';
import { tensorFlowVersion } from './pins.ts';
import type { Variant } from './pins.ts';

/**
 * An engine folder contains
 *   deps/lib/                        libtensorflow and libtensorflow_framework
 *   deps/nvidia/NAME/lib/            CUDA libraries (GPU variant)
 *   deps/include/                    the headers that the binding needs
 *   lib/napi-v8/tfjs_binding.node    the binding, which finds the libraries relative to itself
 *   installed.json                   written last, after a test with a matrix product
 * It contains no absolute paths, so it can be copied to another machine of the same kind.
 */
export const bindingFile = join('lib', 'napi-v8', 'tfjs_binding.node');
export const installedFile = 'installed.json';

export interface InstalledRecord {
  readonly version: string;
  readonly variant: Variant;
  /** `platform-architecture` as Node names them. */
  readonly platform: string;
  /** Version of tfjs-node whose binding was compiled. */
  readonly bindingVersion: string;
}

export interface FoundTensorFlow {
  readonly folder: string;
  readonly variant: Variant;
  readonly source: 'LAMINA_TENSORFLOW' | 'cache' | 'tfjs-node';
}

/** Installation folder of a variant of TensorFlow. */
export function engineCacheFolder(variant: Variant): string {
  return join(cacheFolder(), 'engines', `tensorflow-${tensorFlowVersion}-${variant}`);
}

/**
 * The TensorFlow to load, or null. It is the first of: the folder in `LAMINA_TENSORFLOW`, the
 * cache's (the GPU variant first if there is a driver), and the one in tfjs-node's package.
 */
export function findTensorFlow(): FoundTensorFlow | null {
  const named = process.env['LAMINA_TENSORFLOW'];
  if (named) return { folder: named, variant: hasCuda(named) ? 'gpu' : 'cpu', source: 'LAMINA_TENSORFLOW' };
  const variants: Variant[] = findNvidiaDriver() ? ['gpu', 'cpu'] : ['cpu'];
  for (const variant of variants) {
    const folder = engineCacheFolder(variant);
    if (readInstalled(folder)) return { folder, variant, source: 'cache' };
  }
  const own = tfjsNodeFolder();
  if (own && existsSync(join(own, bindingFile)) && existsSync(join(own, 'deps', 'lib'))) {
    return { folder: own, variant: 'cpu', source: 'tfjs-node' };
  }
  return null;
}

/** The record of a finished installation for this machine, or null. */
export function readInstalled(folder: string): InstalledRecord | null {
  try {
    const record = JSON.parse(readFileSync(join(folder, installedFile), 'utf8')) as InstalledRecord;
    const fits = record.platform === `${process.platform}-${process.arch}` && existsSync(join(folder, bindingFile));
    return fits ? record : null;
  } catch {
    return null;
  }
}

/** The npm package with the binding's sources. */
export function tfjsNodeFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
  } catch {
    return null;
  }
}

function hasCuda(folder: string): boolean {
  return existsSync(join(folder, 'deps', 'nvidia'));
}

/**
 * Environment variables of a process that loads the engine. Set them when the process starts,
 * because the dynamic linker reads its path only once. Merge over `process.env`.
 */
export function engineEnvironment(found: FoundTensorFlow | null = findTensorFlow()): Record<string, string> {
  const environment: Record<string, string> = { TF_CPP_MIN_LOG_LEVEL: process.env['TF_CPP_MIN_LOG_LEVEL'] ?? '2' };
  if (!found || !hasCuda(found.folder)) return environment;
  const nvidia = join(found.folder, 'deps', 'nvidia');
  const libraries = readdirSync(nvidia)
    .map((name) => join(nvidia, name, 'lib'))
    .filter((folder) => existsSync(folder));
  const inherited = process.env['LD_LIBRARY_PATH'];
  environment['LD_LIBRARY_PATH'] = [...libraries, ...(inherited ? [inherited] : [])].join(delimiter);
  // XLA looks for libdevice there.
  environment['XLA_FLAGS'] = process.env['XLA_FLAGS'] ?? `--xla_gpu_cuda_data_dir=${join(nvidia, 'cuda_nvcc')}`;
  // Allocate GPU memory on demand: several runs and other programs share the GPU.
  environment['TF_FORCE_GPU_ALLOW_GROWTH'] = process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ?? 'true';
  return environment;
}
