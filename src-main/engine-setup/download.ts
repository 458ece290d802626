import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { sweepLeftovers, temporaryName } from '../system/temporary-name.ts';
import { lastLines, runCommand } from './commands.ts';
import { fetchFile, locateFile, sizeOf } from './fetch-file.ts';
import type { WheelPin } from './pins.ts';
import type { Python } from './python.ts';

const pipEnvironment = { PIP_REQUIRE_VIRTUALENV: '0' };

/** Receives the fraction of the file that is downloaded, 0 to 1. */
export type OnFraction = (fraction: number) => void;

/**
 * Downloads a pinned wheel by package name through pip, so that the user's index, proxy and
 * certificates apply. It uses an earlier download if its hash is correct, and continues an
 * interrupted one.
 *
 * @returns The wheel's path in `folder`.
 * @throws AppError 'engine/download-failed' or 'engine/hash-mismatch'.
 */
export async function downloadWheel(
  python: Python,
  pin: WheelPin,
  folder: string,
  onFraction: OnFraction,
  signal?: AbortSignal,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const target = join(folder, `${pin.package}-${pin.version}-${pin.platform}-${pin.sha256.slice(0, 12)}.whl`);
  if ((await hashOf(target)) === pin.sha256) return target;
  if (!(await goOn(python, pin, target, onFraction, signal))) {
    signal?.throwIfAborted();
    await downloadWithPip(python, pin, target, onFraction, signal);
  }
  return target;
}

/** pip's options and the requirement that select exactly the pinned file with any version of Python. */
function selectionOf(pin: WheelPin): string[] {
  return [
    ...['--only-binary=:all:', '--disable-pip-version-check', '--python-version', '3.11', '--implementation', 'cp'],
    ...['--abi', 'cp311', '--platform', pin.platform, `${pin.package}==${pin.version}`],
  ];
}

/** Downloads so that an interrupted download can continue. @returns False if that is not supported here. */
async function goOn(
  python: Python,
  pin: WheelPin,
  target: string,
  onFraction: OnFraction,
  signal?: AbortSignal,
): Promise<boolean> {
  const part = `${target}.part`;
  const tell = async (): Promise<void> => onFraction(Math.min(0.99, (await sizeOf(part)) / pin.sizeBytes));
  const url = await locateFile(python, selectionOf(pin), { environment: pipEnvironment, signal });
  if (url === null) return false;
  const watch = setInterval(() => void tell(), 500);
  try {
    if (!(await fetchFile(python, url, part, { signal }))) return false;
  } finally {
    clearInterval(watch);
  }
  if ((await hashOf(part)) !== pin.sha256) {
    await rm(part, { force: true });
    return false;
  }
  await rename(part, target);
  return true;
}

/** Used if pip or its index does not report the URLs of files. */
async function downloadWithPip(
  python: Python,
  pin: WheelPin,
  target: string,
  onFraction: OnFraction,
  signal?: AbortSignal,
): Promise<void> {
  const prefix = `${basename(target)}.partial-`;
  await sweepLeftovers(dirname(target), prefix);
  const work = join(dirname(target), temporaryName(prefix));
  await mkdir(join(work, 'tmp'), { recursive: true });
  const watch = setInterval(() => {
    void sizeOfFolder(work).then((size) => onFraction(Math.min(0.99, size / pin.sizeBytes)));
  }, 500);
  try {
    const pip = await runCommand(
      python.program,
      [
        ...['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--progress-bar', 'off', '--dest', work],
        ...selectionOf(pin),
      ],
      { environment: { ...pipEnvironment, TMPDIR: join(work, 'tmp'), PIP_RESUME_RETRIES: '20' }, signal },
    );
    if (pip.status !== 0) throw downloadFailed(pin, pip.output);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw downloadFailed(pin, pip.output);
    const received = await hashOf(join(work, wheel));
    if (received !== pin.sha256) throw hashMismatch(pin, wheel, received);
    await rename(join(work, wheel), target);
  } finally {
    clearInterval(watch);
    await rm(work, { recursive: true, force: true });
  }
}

/** The SHA-256 of a file in hexadecimal, or null if it does not exist. */
export async function hashOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    return null;
  }
  return hash.digest('hex');
}

async function sizeOfFolder(folder: string): Promise<number> {
  let size = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    size += await sizeOf(join(folder, name));
  }
  return size;
}

function downloadFailed(pin: WheelPin, output: string): AppError {
  const offline =
    /Connection|Temporary failure|ProxyError|NewConnectionError|timed out|SSLError|No matching distribution/i;
  const why = offline.test(output)
    ? 'The package index could not be reached or does not have this file'
    : 'pip ended with an error';
  return new AppError(
    'engine/download-failed',
    `${pin.package} ${pin.version} for ${pin.platform} could not be downloaded. ${why}. ` +
      "Check the connection and pip's settings and try again, or bring a folder prepared on another machine: " +
      "'lamina doctor --install PATH'.",
    { package: pin.package, output: lastLines(output) },
  );
}

function hashMismatch(pin: WheelPin, name: string, received: string | null): AppError {
  return new AppError(
    'engine/hash-mismatch',
    `${name}: expected sha256 ${pin.sha256}; received ${received ?? 'no file'}. ` +
      'The download was deleted. The package index that pip uses may modify files; check its settings.',
    { expected: pin.sha256, received },
  );
}
