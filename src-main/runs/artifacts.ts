import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { HostTensor } from '../engines/interface/engine.ts';
import { replaceFile } from '../system/atomic-write.ts';
import { errorCode } from '../system/error-code.ts';
import { PRIVATE_FOLDER } from '../system/private-files.ts';
import { isLeft } from '../system/temporary-name.ts';
import { storageError } from './errors.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { SafetensorsContent } from './safetensors.ts';

/** A checkpoint file, named by the sha256 of its content. If the last checkpoint is also the best, both share a file. */
export interface ArtifactFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export const artifactsFolder = (projectFolder: string): string => join(projectFolder, 'artifacts');

export const artifactPath = (folder: string, sha256: string): string => join(folder, `${sha256}.safetensors`);

/**
 * Writes tensors to a file atomically. The file is durable when this returns. Makes the folder in the project's, but not
 * the project's: it may have been moved.
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
  if ((await sizeOf(path)) === bytes.byteLength) {
    // A new modification time prevents `sweepArtifacts` from deleting the file before it is recorded.
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
    if ((await sizeOf(path)) === bytes.byteLength) return file;
  }
  try {
    await mkdir(folder, { mode: PRIVATE_FOLDER }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    await replaceFile(path, bytes);
  } catch (error) {
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
      `Expected the checkpoint file '${path}'; it does not exist. Restore the project's 'artifacts' folder, or train the run again.`,
      { path },
    );
  }
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return decodeSafetensors(bytes);
  throw damagedArtifact(path);
}

export function damagedArtifact(path: string): AppError {
  return new AppError(
    'runs/checkpoint-damaged',
    `The checkpoint file '${path}' has changed since it was written. Restore it from a backup, or train the run again.`,
    { path },
  );
}

/** Deletes a file. If it is in use, `sweepArtifacts` deletes it later. */
export function deleteArtifact(folder: string, sha256: string): void {
  try {
    rmSync(artifactPath(folder, sha256), { force: true });
  } catch (error) {
    if (!['EBUSY', 'EPERM', 'EACCES'].includes(errorCode(error))) throw error;
  }
}

/** Age from which a temporary file is deleted if its name does not identify the writing process. */
const UNKNOWN_WRITER_MS = 3_600_000;

/**
 * Deletes files that no run refers to. They remain if a program ends between writing a file and recording it.
 * A temporary file is deleted after its writing process has ended.
 *
 * @param sparedSince Unix time in milliseconds. Files written later are kept: they may still be recorded.
 */
export async function sweepArtifacts(
  folder: string,
  isReferenced: (sha256: string) => boolean,
  sparedSince: number,
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const writtenAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (isLeftOver(name, writtenAt, isReferenced, sparedSince)) rmSync(path, { force: true });
  }
}

const wholeFile = /^([0-9a-f]{64})\.safetensors$/;
/** Temporary files of `replaceFile` and those of earlier versions, whose names do not identify the writing process. */
const partOfFile = /^\.[0-9a-f]{64}\.(?:safetensors\.)?(.+\.tmp)$/;

function isLeftOver(
  name: string,
  writtenAt: number,
  isReferenced: (sha256: string) => boolean,
  sparedSince: number,
): boolean {
  const whole = wholeFile.exec(name);
  if (whole !== null) return writtenAt < sparedSince && !isReferenced(whole[1]!);
  const part = partOfFile.exec(name);
  if (part === null) return false;
  return isLeft(part[1]!) || Date.now() - writtenAt > UNKNOWN_WRITER_MS;
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
