// `npm run gpu-check -- pack [--chip 90] [--part-mib 48]` (Linux x86-64)
//
// Creates .gpu-check/: the files that a machine without a network needs for the check, as an archive in
// numbered parts with their hashes. Removes the symbol tables of TensorFlow's libraries and the kernels of
// all chips but one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { compileBinding, findCompiler } from '../../src-main/engine-setup/compile.ts';
import { downloadWheel } from '../../src-main/engine-setup/download.ts';
import { cudaRules, libraryRules } from '../../src-main/engine-setup/install.ts';
import { cudaWheels, tensorFlowWheels } from '../../src-main/engine-setup/pins.ts';
import { findPython } from '../../src-main/engine-setup/python.ts';
import { unpackWheel } from '../../src-main/engine-setup/unpack.ts';
import { projectNode, root } from '../prepare/paths.mjs';
import { keepKernelsFor } from './kernels.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chip: { type: 'string', default: '90' },
    'part-mib': { type: 'string', default: '48' },
    /** A folder of libraries that an earlier pack compressed. */
    compressed: { type: 'string' },
  },
});
const PLATFORM = 'linux-x64';
/** Files that the trainer and the command line do not load. */
const LEFT_OUT_PACKAGES = ['node', 'onnxruntime-node', 'onnxruntime-common', '@types', '@webgpu'];
const LEFT_OUT_FILES = [
  /\.(map|d\.[cm]?ts|md|markdown|tgz|gyp|flow)$/i,
  /@tensorflow\/[^/]+\/(src|dist\/miniprogram|node_modules\/core-js)\//,
  /@tensorflow\/tfjs[^/]*\/dist\/.*(fesm|es2017|min\.js|_test\.js)/,
  /better-sqlite3\/(deps|src)\//,
  /better-sqlite3\/prebuilds\/(?!linux-x64\.)/,
];
const target = join(root, '.gpu-check');

function command(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status ?? error?.message}`);
}

/** Copies the packages of a packaged application, without files that it does not load. */
function copyPackages(stage: string): void {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  for (const [path, { dev = false, devOptional = false }] of Object.entries(lock.packages)) {
    const name = path.replace(/^node_modules\//, '');
    const leftOut = LEFT_OUT_PACKAGES.some((left) => name === left || name.startsWith(`${left}/`));
    const source = join(root, path);
    if (path === '' || dev || devOptional || leftOut || !existsSync(source)) continue;
    cpSync(source, join(stage, path), {
      recursive: true,
      filter: (file) => !LEFT_OUT_FILES.some((pattern) => pattern.test(file.split(sep).join('/'))),
    });
  }
  const binary = join(stage, 'bin', 'node');
  mkdirSync(dirname(binary), { recursive: true });
  command('strip', ['-o', binary, projectNode]);
  chmodSync(binary, 0o755);
}

/** Creates an engine folder as the installer does, from its pinned wheels. The target machine has the other CUDA libraries. */
async function makeEngine(work: string, engine: string): Promise<void> {
  const python = await findPython();
  const wheel = tensorFlowWheels.gpu[PLATFORM]!;
  const runtime = cudaWheels.find(({ package: name }) => name === 'nvidia-cuda-runtime-cu12')!;
  for (const [pin, rules] of [
    [wheel, libraryRules],
    [runtime, cudaRules],
  ] as const) {
    console.log(`${pin.package} ${pin.version}`);
    const file = await downloadWheel(python, pin, join(work, 'wheels'), () => {});
    await unpackWheel(python, file, engine, rules, () => {});
  }
  const libraries = join(engine, 'deps', 'lib');
  for (const name of readdirSync(libraries)) {
    const file = join(libraries, name);
    command('strip', [file]);
    const bytes = readFileSync(file);
    const { containers, keptBytes, droppedBytes } = keepKernelsFor(bytes, Number(options.chip));
    writeFileSync(file, bytes);
    console.log(`${name}: ${containers} groups of kernels, ${keptBytes} bytes kept, ${droppedBytes} dropped`);
    symlinkSync(name, join(libraries, name.replace(/(_cc)?\.so\.2$/, '.so')));
  }
  const compiler = await findCompiler();
  if (compiler === null) throw new Error('Expected a C++ compiler.');
  await compileBinding(engine, compiler);
}

/** Compresses a file to `<file>.xz` in `folder`, with the filter for machine code. */
function compress(file: string, compressed: string): void {
  const started = Date.now();
  const line = 'xz --stdout -T2 --x86 --lzma2=preset=1,dict=64MiB "$0" > "$1"';
  command('bash', ['-c', line, file, compressed]);
  const [before, after] = [statSync(file).size, statSync(compressed).size];
  console.log(`${file}: ${before} bytes, compressed ${after}, ${Math.round((Date.now() - started) / 1000)} s`);
}

function splitIntoParts(archive: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const size = Number(options['part-mib']) * 2 ** 20;
  const input = openSync(archive, 'r');
  const manifest: string[] = [];
  const buffer = Buffer.alloc(size);
  for (let number = 1, length = readSync(input, buffer); length > 0; number++, length = readSync(input, buffer)) {
    const name = `part-${String(number).padStart(2, '0')}`;
    const part = buffer.subarray(0, length);
    writeFileSync(join(target, name), part);
    manifest.push(`${createHash('sha256').update(part).digest('hex')}  ${name}`);
    console.log(`${name}: ${length} bytes`);
  }
  closeSync(input);
  // In the format of `sha256sum --check`.
  writeFileSync(join(target, 'manifest'), `${manifest.join('\n')}\n`);
}

if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('The check is packed on Linux x86-64.');
if (positionals.length > 1) throw new Error(`Expected no more than 'pack'; received ${positionals.join(' ')}.`);
const work = mkdtempSync(join(tmpdir(), 'lamina-gpu-pack-'));
try {
  const stage = join(work, 'stage');
  const engine = join(work, 'engine');
  const archive = join(work, 'archive');
  mkdirSync(stage);
  mkdirSync(archive);
  await makeEngine(work, engine);
  copyPackages(stage);
  const large = ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'];
  cpSync(engine, join(stage, 'engine'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !large.includes(basename(file)),
  });
  for (const name of large) {
    const compressed = join(archive, `${name}.xz`);
    if (options.compressed === undefined) compress(join(engine, 'deps', 'lib', name), compressed);
    else copyFileSync(join(options.compressed, `${name}.xz`), compressed);
  }
  const rest = join(work, 'rest.tar');
  command('tar', ['-C', stage, '-cf', rest, '.']);
  compress(rest, join(archive, 'rest.tar.xz'));
  const whole = join(work, 'archive.tar');
  command('tar', ['-C', archive, '-cf', whole, '.']);
  splitIntoParts(whole);
} finally {
  rmSync(work, { recursive: true, force: true });
}
