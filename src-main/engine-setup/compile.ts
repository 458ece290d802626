import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { bindingFile, tfjsNodeFolder } from './cache.ts';
import { lastLines, runCommand } from './commands.ts';

export interface Compiler {
  readonly program: string;
  /** First arguments, such as `c++` for zig. */
  readonly prefix: readonly string[];
  readonly environment: Record<string, string>;
}

/** A working C++ compiler of this machine, or null. It tries the compiler in the variable `CXX` first. */
export async function findCompiler(): Promise<Compiler | null> {
  const named = process.env['CXX'];
  for (const program of [...(named ? [named] : []), 'c++', 'g++', 'clang++']) {
    const { status } = await runCommand(program, ['--version']);
    if (status === 0) return { program, prefix: [], environment: {} };
  }
  return null;
}

/** The compiler in an unpacked ziglang wheel. Its cache is in the same folder. */
export function zigCompiler(folder: string): Compiler {
  return {
    program: join(folder, 'ziglang', 'zig'),
    prefix: ['c++', '-mcpu=baseline'],
    environment: { ZIG_GLOBAL_CACHE_DIR: join(folder, 'cache'), ZIG_LOCAL_CACHE_DIR: join(folder, 'cache') },
  };
}

/**
 * Compiles tfjs-node's binding into an engine folder, with the folder's headers and libraries.
 * @throws AppError 'engine/compile-failed' or 'engine/packages-missing'.
 */
export async function compileBinding(engineFolder: string, compiler: Compiler, signal?: AbortSignal): Promise<void> {
  const source = tfjsNodeFolder();
  const nodeApi = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  if (!source || !existsSync(join(source, 'binding')) || !existsSync(nodeApi)) {
    throw new AppError(
      'engine/packages-missing',
      "The sources of TensorFlow's binding are not in node_modules. Run 'npm ci' and install the engine again.",
    );
  }
  const sources = (await readdir(join(source, 'binding'))).filter((name) => name.endsWith('.cc'));
  const libraryFolder = join(engineFolder, 'deps', 'lib');
  const libraries = (await readdir(libraryFolder)).filter((name) =>
    /^libtensorflow(_cc|_framework)?\.(so|2)/.test(name),
  );
  const target = join(engineFolder, bindingFile);
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { force: true });
  const { status, output } = await runCommand(
    compiler.program,
    [
      ...compiler.prefix,
      ...['-shared', '-fPIC', '-O2', '-std=c++17', '-DNAPI_VERSION=8'],
      ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      ...sources.map((name) => join('binding', name)),
      ...['-I.', `-I${nodeApi}`, `-I${join(engineFolder, 'deps', 'include')}`],
      `-L${libraryFolder}`,
      // The binding finds its libraries by relative paths, because the folder is copied and renamed later.
      `-Wl,-rpath,${process.platform === 'darwin' ? '@loader_path' : '$ORIGIN'}/../../deps/lib`,
      ...(process.platform === 'darwin' ? [] : ['-ltensorflow', '-ltensorflow_framework']),
      ...(process.platform === 'darwin' ? libraries.map((name) => join(libraryFolder, name)) : []),
      ...['-o', target],
    ],
    { cwd: source, environment: compiler.environment, signal },
  );
  if (status === 0) return;
  throw new AppError(
    'engine/compile-failed',
    `TensorFlow's binding could not be compiled with ${compiler.program}. ` +
      'Set the variable CXX to another C++ compiler and install the engine again, or use the onnx engine.',
    { compiler: compiler.program, output: lastLines(output, 30) },
  );
}
