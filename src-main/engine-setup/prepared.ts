import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { lastLines, runCommand } from './commands.ts';
import { hashOf } from './download.ts';
import { platformKey, tensorFlowWheels } from './pins.ts';
import type { OnProgress } from './calls.ts';
import { findPython } from './python.ts';
import { unpackWheel } from './unpack.ts';
import type { UnpackRule } from './unpack.ts';

/**
 * Copies an engine that was prepared on another machine to the staging folder. Accepts
 * an engine folder (`engines/tensorflow-…` in the cache of a machine of the same kind, or
 * tfjs-node's folder with `deps/lib`), a tar or zip archive of one, the pinned wheel, and
 * a folder that contains the wheel.
 *
 * @throws AppError 'engine/prepared-unusable'.
 */
export async function placePrepared(
  path: string,
  staging: string,
  wheelRules: readonly UnpackRule[],
  onProgress: OnProgress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = resolve(path);
  const kind = await stat(source).catch(() => null);
  if (!kind) throw unusable(source, 'there is no such file or folder');
  // Reading a pipe would block until another process writes to it.
  if (!kind.isFile() && !kind.isDirectory()) throw unusable(source, 'it is a pipe or a device');
  const wheel = kind.isDirectory() ? await findIn(source, /\.whl$/, 2) : source.endsWith('.whl') ? source : null;
  if (wheel) return placeWheel(wheel, staging, wheelRules, onProgress, signal);

  onProgress('Copying the prepared engine', null);
  if (kind.isDirectory()) return copyEngine(source, staging, source);
  const unpacked = unpackedArchiveOf(staging);
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked, { recursive: true });
  try {
    const { status, output } = await runCommand('tar', ['-xf', source, '-C', unpacked], { signal });
    if (status !== 0) throw unusable(source, `it could not be unpacked: ${lastLines(output, 2)}`);
    const inner = await findIn(unpacked, /\.whl$/, 3);
    if (inner) await placeWheel(inner, staging, wheelRules, onProgress, signal);
    else await copyEngine(unpacked, staging, source);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** Folder in which an archive is unpacked, next to the staging folder. */
export const unpackedArchiveOf = (staging: string): string => `${staging}-archive`;

async function placeWheel(
  wheel: string,
  staging: string,
  rules: readonly UnpackRule[],
  onProgress: OnProgress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const step = 'Unpacking the prepared wheel';
  onProgress(step, 0);
  const pins = [tensorFlowWheels.cpu[platformKey], tensorFlowWheels.gpu[platformKey]];
  const hash = await hashOf(wheel);
  if (!pins.some((pin) => pin?.sha256 === hash)) {
    const expected = pins.map((pin) => pin && `${pin.package} ${pin.version} for Python 3.11 (${pin.platform})`);
    throw unusable(wheel, `it is not the wheel Lamina was tested with: ${expected.filter(Boolean).join(' or ')}`);
  }
  await unpackWheel(await findPython(), wheel, staging, rules, (part) => onProgress(step, part), signal);
}

/** Copies `deps` and `lib` of the engine folder, which is `root` or up to two levels below it. */
async function copyEngine(root: string, staging: string, named: string): Promise<void> {
  const library = await findIn(root, /^libtensorflow(_cc)?\.(so|2\.dylib|dylib)/, 5);
  if (!library) throw unusable(named, 'it holds no deps/lib/libtensorflow_cc');
  const folder = resolve(library, '../../..');
  for (const part of ['deps', 'lib']) {
    await cp(join(folder, part), join(staging, part), { recursive: true, verbatimSymlinks: true }).catch(() => {});
  }
  if (!(await findIn(join(staging, 'deps', 'lib'), /libtensorflow/, 1))) {
    throw unusable(named, 'its libraries are not in a folder deps/lib');
  }
}

/** The file of that name on the highest of `depth` levels. */
async function findIn(folder: string, name: RegExp, depth: number): Promise<string | null> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = entries.find((entry) => (entry.isFile() || entry.isSymbolicLink()) && name.test(entry.name));
  if (found) return join(folder, found.name);
  if (depth <= 1) return null;
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const inner = await findIn(join(folder, entry.name), name, depth - 1);
    if (inner) return inner;
  }
  return null;
}

function unusable(path: string, why: string): AppError {
  return new AppError(
    'engine/prepared-unusable',
    `'${path}' cannot be installed as the TensorFlow engine: ${why}. Expected an engine folder from the Lamina cache ` +
      `of a ${platformKey} machine, an archive of one, or the wheel that Lamina pins.`,
    { path },
  );
}
