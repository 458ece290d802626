import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { DataRecord } from '../../../src-shared/data/data-change.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { locateSource } from '../formats/find-source.ts';
import { formatOf } from '../formats/registry.ts';
import { fileError, statSource } from '../tables/source-files.ts';

/** sha256 of files hashed in this process, by path, inode, size and times of change. */
const known = new Map<string, string>();

export interface Fingerprint {
  /** sha256 hex over the document's source, columns and split, and over the bytes of its files. */
  readonly fingerprint: string;
  readonly files: DataRecord['files'];
}

/** Fingerprint of a document's data. Does not include paths, so moved files keep it. */
export async function fingerprintOf(document: DatasetDocument, projectFolder: string): Promise<Fingerprint> {
  const { source, columns, split } = document;
  const hash = createHash('sha256');
  const placeless = source.kind === 'generated' ? source : { ...source, path: '' };
  hash.update(JSON.stringify(sortKeys({ source: placeless, columns, split })));
  const files: Fingerprint['files'] = [];
  const located = await locateSource(document, projectFolder);
  for (const path of await formatOf(located.kind).files(located)) {
    const file = await hashFile(path);
    files.push({ name: basename(path), ...file });
    hash.update(`\n${file.sha256}`);
  }
  return { fingerprint: hash.digest('hex'), files };
}

async function hashFile(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  // A copy may keep size and modification time; the change time (ctime) cannot be set.
  const { size: sizeBytes, mtimeMs, ctimeMs, ino } = await statSource(path);
  const key = [path, sizeBytes, mtimeMs, ctimeMs, ino].join('\n');
  const before = known.get(key);
  if (before !== undefined) return { sizeBytes, sha256: before };
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch (error) {
    throw fileError(error, path);
  }
  const digest = hash.digest('hex');
  known.set(key, digest);
  return { sizeBytes, sha256: digest };
}

/** The value with sorted keys, recursively. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sortKeys(each)]));
}
