import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src-shared/contract/app-error.ts';
import type { HostTensor } from '../engines/engine.ts';
import { makePrivateFolder, PRIVATE_FILE } from '../system/private-files.ts';
import { errorCode, storageError } from './errors.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { SafetensorsContent } from './safetensors.ts';

/** A checkpoint file, named by the sha256 of its content: a last checkpoint that is also the best is one file. */
export interface ArtifactFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export const artifactsFolder = (projectFolder: string): string => join(projectFolder, 'artifacts');

export const artifactPath = (folder: string, sha256: string): string => join(folder, `${sha256}.safetensors`);

/**
 * Writes tensors to a file that appears whole or not at all, durable when this returns.
 *
 * @throws AppError 'runs/disk-full' or 'runs/unwritable' naming the folder.
 */
export async function writeArtifact(
  folder: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<ArtifactFile> {
  const bytes = encodeSafetensors(tensors, metadata);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = artifactPath(folder, sha256);
  const file = { sha256, sizeBytes: bytes.byteLength };
  if ((await sizeOf(path)) === bytes.byteLength) return file;
  const temporary = join(folder, `.${sha256}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await makePrivateFolder(folder);
    const handle = await open(temporary, 'wx', PRIVATE_FILE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await flushFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw storageError(error, folder, path);
  }
  return file;
}

/** @throws AppError 'runs/checkpoint-missing' or 'runs/checkpoint-damaged'. */
export async function readArtifact(folder: string, sha256: string): Promise<SafetensorsContent> {
  const path = artifactPath(folder, sha256);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw storageError(error, folder, path);
    throw new AppError(
      'runs/checkpoint-missing',
      `The checkpoint file '${path}' is not there. Put the project's 'artifacts' folder back, or train the run again.`,
      { path },
    );
  }
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return decodeSafetensors(bytes);
  throw new AppError(
    'runs/checkpoint-damaged',
    `The checkpoint file '${path}' has changed since it was written. Restore it from a backup, or train the run again.`,
    { path },
  );
}

/** A file that is in use and cannot go yet is left for `sweepArtifacts`. */
export function deleteArtifact(folder: string, sha256: string): void {
  try {
    rmSync(artifactPath(folder, sha256), { force: true });
  } catch (error) {
    if (!['EBUSY', 'EPERM', 'EACCES'].includes(errorCode(error))) throw error;
  }
}

/**
 * Deletes files that no run refers to: left by a program that died between writing a file and
 * recording it. Young files are kept, for another program may be about to record them.
 */
export async function sweepArtifacts(
  folder: string,
  isReferenced: (sha256: string) => boolean,
  minimumAgeMs = 3_600_000,
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const match = /^\.?([0-9a-f]{64})\.(?:safetensors|[0-9a-f]{8}\.tmp)$/.exec(name);
    if (match === null || (!name.startsWith('.') && isReferenced(match[1]!))) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > minimumAgeMs) await rm(path, { force: true });
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** Makes the rename durable; not possible on every file system, and the content is safe without it. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle
    .sync()
    .catch(() => {})
    .finally(() => handle.close());
}
