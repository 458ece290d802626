import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hashesIn } from '../../src-shared/document/schema/named-files.ts';
import { MODEL_SUFFIX } from '../../src-shared/project/project-document.ts';
import { writeError } from '../system/atomic-write.ts';
import { errorCode } from '../system/error-code.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../system/private-files.ts';
import { artifactPath, artifactsFolder, readHeader } from './artifacts.ts';
import { DATABASE_FILE } from './database.ts';

const HASH_LENGTH = 64;

/**
 * The hashes in the model documents of a project. Searches the text, so that documents that are damaged, set aside or
 * written by a newer version count too.
 *
 * @returns Null if a document or the folder cannot be read: it may name any file.
 */
export function hashesInDocuments(projectFolder: string): Set<string> | null {
  const found = new Set<string>();
  try {
    for (const name of readdirSync(projectFolder)) {
      if (!name.includes(MODEL_SUFFIX)) continue;
      for (const hash of hashesIn(readText(join(projectFolder, name)))) found.add(hash);
    }
    return found;
  } catch {
    return null;
  }
}

/**
 * The hashes in run histories that were set aside as damaged: their weights must be there if one is restored. Searches
 * the bytes, because SQLite cannot read such a file; it stores text as it is.
 */
export function hashesInSetAside(projectFolder: string): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync(projectFolder)) {
    if (name.startsWith(`${DATABASE_FILE}.damaged`)) addHashesInBytes(join(projectFolder, name), found);
  }
  return found;
}

const CHUNK_BYTES = 1 << 22;

function addHashesInBytes(path: string, found: Set<string>): void {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let text = '';
    for (let length = 1; length > 0;) {
      length = readSync(file, chunk);
      // A hash may begin in the chunk before.
      text = text.slice(-(HASH_LENGTH - 1)) + chunk.toString('latin1', 0, length);
      // The neighbouring value of the record may begin or end with bytes that look like hexadecimal digits.
      for (const [digits] of text.matchAll(/[0-9a-f]{64,}/g)) {
        for (let at = 0; at + HASH_LENGTH <= digits.length; at += 1) found.add(digits.slice(at, at + HASH_LENGTH));
      }
    }
  } finally {
    closeSync(file);
  }
}

/** The text of a file; empty for a folder, and for a file that has just been removed. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['EISDIR', 'ENOENT'].includes(errorCode(error))) return '';
    throw error;
  }
}

/**
 * Copies the files that documents name to another project's folder, with the files of their frozen tensors; those that do
 * not exist are left out.
 *
 * @throws AppError 'files/…'; the signal's reason if it aborts.
 */
export async function copyArtifacts(
  from: string,
  to: string,
  hashes: Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  const [source, target] = [artifactsFolder(from), artifactsFolder(to)];
  const copied = new Set(hashes);
  for (const sha256 of copied) {
    const file = artifactPath(source, sha256);
    if (!existsSync(file)) continue;
    const copy = artifactPath(target, sha256);
    try {
      await mkdir(target, { recursive: true, mode: PRIVATE_FOLDER });
      await pipeline(createReadStream(file), createWriteStream(copy, { mode: PRIVATE_FILE, flush: true }), {
        ...(signal === undefined ? {} : { signal }),
      });
      const { frozen } = await readHeader(source, sha256).catch(() => ({ frozen: null }));
      if (frozen !== null) copied.add(frozen);
    } catch (error) {
      signal?.throwIfAborted();
      throw writeError(error, copy);
    }
  }
}
