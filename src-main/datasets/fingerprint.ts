import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DatasetDocument } from '../../src-shared/dataset/dataset-document.ts';
import { resolveCsvFile, resolveIdxFolder } from './find-source.ts';
import { findIdxFiles } from './idx-folder.ts';
import { fileError, sourcePath, statSource } from './source-files.ts';

/** sha256 of files already read in this process, by path, size and time of change. */
const known = new Map<string, string>();

/**
 * What data a run saw: sha256 hex over the document's source, columns and split, and over the
 * bytes of its files. The files' place is left out, so moved data keeps its fingerprint.
 */
export async function fingerprintOf(document: DatasetDocument, projectFolder: string): Promise<string> {
  const { source, columns, split } = document;
  const hash = createHash('sha256');
  const placeless = source.kind === 'generated' ? source : { ...source, path: '' };
  hash.update(JSON.stringify(sortKeys({ source: placeless, columns, split })));
  for (const path of await filesOf(document, projectFolder)) hash.update(`\n${await hashFile(path)}`);
  return hash.digest('hex');
}

async function filesOf(document: DatasetDocument, projectFolder: string): Promise<string[]> {
  if (document.source.kind === 'generated') return [];
  const path = sourcePath(document, projectFolder);
  if (document.source.kind === 'csv') return [await resolveCsvFile(path)];
  const { train, test } = await findIdxFiles(await resolveIdxFolder(path));
  return [train.images, train.labels, ...(test === null ? [] : [test.images, test.labels])];
}

async function hashFile(path: string): Promise<string> {
  const { size, mtimeMs } = await statSource(path);
  const key = `${path}\n${size}\n${mtimeMs}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch (error) {
    throw fileError(error, path);
  }
  const digest = hash.digest('hex');
  known.set(key, digest);
  return digest;
}

/** The same document, with its keys in one order however it was written. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sortKeys(each)]));
}
