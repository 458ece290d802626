import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashesIn } from '../../src-shared/document/schema/named-files.ts';
import { MODEL_SUFFIX } from '../../src-shared/project/project-document.ts';
import { writeError } from '../system/atomic-write.ts';
import { errorCode } from '../system/error-code.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../system/private-files.ts';
import { artifactPath, artifactsFolder } from './artifacts.ts';

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
 * Copies the files that documents name to another project's folder; those that do not exist are left out.
 *
 * @throws AppError 'files/…'.
 */
export async function copyArtifacts(from: string, to: string, hashes: Iterable<string>): Promise<void> {
  const [source, target] = [artifactsFolder(from), artifactsFolder(to)];
  for (const sha256 of hashes) {
    const file = artifactPath(source, sha256);
    if (!existsSync(file)) continue;
    const copy = artifactPath(target, sha256);
    try {
      await mkdir(target, { recursive: true, mode: PRIVATE_FOLDER });
      await copyFile(file, copy);
      await chmod(copy, PRIVATE_FILE);
    } catch (error) {
      throw writeError(error, copy);
    }
  }
}
