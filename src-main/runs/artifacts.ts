import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { mkdir, open, readdir, stat, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import type { HostTensor } from '../engines/interface/engine.ts';
import { replaceFile, writeAndRename } from '../system/atomic-write.ts';
import { errorCode } from '../system/error-code.ts';
import { PRIVATE_FOLDER } from '../system/private-files.ts';
import { isLeft } from '../system/temporary-name.ts';
import { storageError } from './errors.ts';
import { readSafetensors, readSafetensorsHeader, safetensorsChunks, safetensorsStart } from './safetensors.ts';
import type { SafetensorsContent } from './safetensors.ts';

/** A checkpoint file, named by the sha256 of its content. If the last checkpoint is also the best, both share a file. */
export interface ArtifactFile {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The file with the tensors that do not train, which several checkpoints share; null: it has all. */
  readonly frozen: string | null;
}

/** The entry of a file's metadata with the hash of the file that has the other tensors. */
const FROZEN = 'frozen';

export const artifactsFolder = (projectFolder: string): string => join(projectFolder, 'artifacts');

export const artifactPath = (folder: string, sha256: string): string => join(folder, `${sha256}.safetensors`);

/**
 * Writes tensors to a file atomically, in chunks. The file is durable when this returns. Makes the folder in the project's,
 * but not the project's: it may have been moved.
 *
 * @param tensors Must not change until this returns.
 * @param frozen The file with further tensors; null: none.
 * @throws AppError 'runs/disk-full' or 'runs/unwritable' naming the folder.
 */
export async function writeArtifact(
  folder: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
  frozen: string | null = null,
): Promise<ArtifactFile> {
  const chunks = safetensorsChunks(tensors, frozen === null ? metadata : { ...metadata, [FROZEN]: frozen });
  const sizeBytes = chunks.reduce((size, chunk) => size + chunk.byteLength, 0);
  const sha256 = await hashOf(chunks);
  const path = artifactPath(folder, sha256);
  const file = { sha256, sizeBytes, frozen };
  if ((await sizeOf(path)) === sizeBytes) {
    // A new modification time prevents `sweepArtifacts` from deleting the file before it is recorded.
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
    if ((await sizeOf(path)) === sizeBytes) return file;
  }
  try {
    await makeArtifacts(folder);
    await replaceFile(path, chunks);
  } catch (error) {
    throw storageError(error, folder, path);
  }
  return file;
}

/** A tensor whose values are read while they are written. */
export interface StreamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** All values, row-major, in parts. */
  read(): AsyncIterable<Float32Array>;
}

/** Prefix of the names of temporary files whose hash is not known yet. */
const STREAMED = '.streamed.';

/**
 * Writes float32 tensors that need not fit into memory, as `writeArtifact` does.
 *
 * @param onBytes Called after each part with its size.
 * @throws AppError 'runs/disk-full' or 'runs/unwritable' naming the folder; what `read` throws; the signal's reason.
 */
export async function writeStreamedArtifact(
  folder: string,
  tensors: readonly StreamedTensor[],
  { signal, onBytes = () => {} }: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<ArtifactFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let sha256 = '';
  try {
    await makeArtifacts(folder);
    await writeAndRename(folder, STREAMED, async (file) => {
      const write = async (bytes: Uint8Array): Promise<void> => {
        signal?.throwIfAborted();
        hash.update(bytes);
        await file.writeFile(bytes);
        sizeBytes += bytes.byteLength;
        onBytes(bytes.byteLength);
      };
      await write(safetensorsStart(tensors.map(({ name, shape }) => [name, { dtype: 'float32', shape }])));
      for (const { name, shape, read } of tensors) {
        let count = 0;
        for await (const part of read()) {
          count += part.length;
          await write(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
        }
        if (count !== elementCount(shape))
          throw new Error(`Expected ${elementCount(shape)} values of '${name}'; received ${count}.`);
      }
      sha256 = hash.digest('hex');
      return artifactPath(folder, sha256);
    });
  } catch (error) {
    if (error instanceof AppError || errorCode(error) === '') throw error;
    throw storageError(error, folder, folder);
  }
  return { sha256, sizeBytes, frozen: null };
}

/**
 * Copies a file from another project, in parts, and checks its hash. A file that is already there is not copied again.
 *
 * @param from The other project's `artifacts` folder.
 * @param onBytes Called after each part with its size.
 * @throws AppError 'runs/checkpoint-missing', 'runs/checkpoint-damaged', 'runs/disk-full', 'runs/unwritable'; the
 *   signal's reason. Nothing is written then.
 */
export async function copyArtifact(
  from: string,
  folder: string,
  sha256: string,
  { signal, onBytes = () => {} }: { signal?: AbortSignal | undefined; onBytes?: (bytes: number) => void } = {},
): Promise<void> {
  const [source, target] = [artifactPath(from, sha256), artifactPath(folder, sha256)];
  const status = await stat(source).catch(() => null);
  if (status === null) throw missingArtifact(source);
  if ((await sizeOf(target)) === status.size) {
    // As in `writeArtifact`.
    const now = new Date();
    await utimes(target, now, now).catch(() => {});
    if ((await sizeOf(target)) === status.size) return onBytes(status.size);
  }
  try {
    await makeArtifacts(folder);
    await writeAndRename(folder, STREAMED, async (file) => {
      const hash = createHash('sha256');
      for await (const part of createReadStream(source)) {
        const bytes = part as Buffer;
        signal?.throwIfAborted();
        hash.update(bytes);
        await file.writeFile(bytes);
        onBytes(bytes.byteLength);
      }
      if (hash.digest('hex') !== sha256) throw damagedArtifact(source);
      return target;
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (errorCode(error) === 'ENOENT' && (await sizeOf(source)) === null) throw missingArtifact(source);
    throw storageError(error, folder, target);
  }
}

async function makeArtifacts(folder: string): Promise<void> {
  await mkdir(folder, { mode: PRIVATE_FOLDER }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
}

/** The sha256. Training continues between two chunks. */
export async function hashOf(chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    hash.update(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return hash.digest('hex');
}

/**
 * Reads the tensors of a file and of the file with its frozen tensors.
 *
 * @param known A file of frozen tensors that the caller has; it is not read.
 * @throws AppError 'runs/checkpoint-missing' or 'runs/checkpoint-damaged'.
 */
export async function readArtifact(
  folder: string,
  sha256: string,
  known: string | null = null,
): Promise<SafetensorsContent> {
  const { tensors, metadata } = await readOne(folder, sha256);
  const frozen = metadata[FROZEN];
  if (frozen === undefined || frozen === known) return { tensors, metadata };
  const rest = await readOne(folder, frozen);
  return { tensors: new Map([...rest.tensors, ...tensors]), metadata };
}

async function readOne(folder: string, sha256: string): Promise<SafetensorsContent> {
  const path = artifactPath(folder, sha256);
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? missingArtifact(path) : storageError(error, folder, path);
  }
  try {
    const hash = createHash('sha256');
    const content = await readSafetensors(file, (bytes) => hash.update(bytes));
    if (hash.digest('hex') === sha256) return content;
  } catch (error) {
    if (errorCode(error) !== '') throw storageError(error, folder, path);
    throw damagedArtifact(path);
  } finally {
    await file.close();
  }
  throw damagedArtifact(path);
}

/**
 * Names and shapes of a file's tensors, and the file with its frozen tensors; reads the header only.
 *
 * @throws Error if the header is damaged. Node's error.
 */
export async function readHeader(
  folder: string,
  sha256: string,
): Promise<{ shapes: { name: string; shape: number[] }[]; frozen: string | null; sizeBytes: number }> {
  const file = await open(artifactPath(folder, sha256));
  try {
    const { shapes, metadata } = await readSafetensorsHeader(file);
    return { shapes, frozen: metadata[FROZEN] ?? null, sizeBytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

export function missingArtifact(path: string): AppError {
  return new AppError(
    'runs/checkpoint-missing',
    `Expected the checkpoint file '${path}'; it does not exist. Restore the project's 'artifacts' folder, or train the run again.`,
    { path },
  );
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
const partOfFile = /^\.(?:[0-9a-f]{64}\.(?:safetensors\.)?|streamed\.)(.+\.tmp)$/;

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
