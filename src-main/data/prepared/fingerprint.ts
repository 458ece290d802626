import { createHash } from 'node:crypto';
import type { DataRecord } from '../../../src-shared/data/data-change.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { hashFiles } from '../cache/file-hashes.ts';
import { pictureFiles } from '../cache/stored-pictures.ts';
import { locateSource } from '../cache/locate-source.ts';
import { formatOf } from '../formats/registry.ts';
import { filteredColumns } from '../rows/filter-rows.ts';
import type { PrepareOptions } from '../rows/dataset.ts';

export interface Fingerprint {
  /** sha256 hex over the document's source, columns and split, and over the bytes of its files. */
  readonly fingerprint: string;
  readonly files: DataRecord['files'];
}

/**
 * Fingerprint of a document's data. Does not include paths, so moved files keep it.
 *
 * @throws AppError `dataset/…`; the signal's reason if aborted.
 */
export async function fingerprintOf(
  document: DatasetDocument,
  projectFolder: string,
  { signal, onProgress }: Pick<PrepareOptions, 'signal' | 'onProgress'> = {},
): Promise<Fingerprint> {
  const { source, columns, filter = [], split, targets, made } = document;
  const hash = createHash('sha256');
  const placeless = source.kind === 'generated' ? source : { ...source, path: '' };
  const settings = { source: placeless, columns, split, ...(filter.length === 0 ? {} : { filter }), targets, made };
  hash.update(JSON.stringify(sortKeys(settings)));
  const files: Fingerprint['files'] = [];
  const located = await locateSource(document, projectFolder);
  const filtered = filteredColumns(document);
  const used = columns.filter(({ name, role }) => role !== 'ignored' || filtered.has(name));
  const all = [
    ...(await formatOf(located.kind).files(located, signal)),
    ...(await pictureFiles(located, used, signal)),
  ];
  for (const [done, { name, paths, names, optional }] of all.entries()) {
    const { sha256: hashes, sizeBytes } = await hashFiles(paths, {
      unreadable: optional ? 'mark' : 'throw',
      signal,
      onProgress: (fraction) => onProgress?.((done + fraction) / all.length, 'Comparing files'),
    });
    const lines = hashes.map((each, index) => `${each} ${names[index]}`);
    const sha256 = hashes.length === 1 ? hashes[0]! : createHash('sha256').update(lines.join('\n')).digest('hex');
    files.push({ name, sizeBytes, sha256 });
    hash.update(`\n${sha256}`);
  }
  return { fingerprint: hash.digest('hex'), files };
}

/** The value with sorted keys, recursively. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sortKeys(each)]));
}
