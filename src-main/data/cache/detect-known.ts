import { resolve } from 'node:path';
import { columnTypeOf } from '../../../src-shared/data/columns/registry.ts';
import type { DatasetDocument, DataSource } from '../../../src-shared/data/dataset-document.ts';
import type { DetectOptions } from '../formats/interface/data-format.ts';
import { detectDataset } from '../formats/find-source.ts';
import { fileFormats, formatOf } from '../formats/registry.ts';
import { entryKey, readEntry, writeEntry } from './entries.ts';
import { identityOf } from './file-hashes.ts';
import { pictureFolderOf } from './stored-pictures.ts';

/** Changes with what is detected in the same files. */
const DETECTED_VERSION = 2;

interface Detected {
  readonly document: DatasetDocument;
  /** Of the document's files. */
  readonly identity: string;
}

/**
 * As `detectDataset`, but opens no file of data that was detected before, also by another process, and has not changed
 * since. Tables that name pictures are always opened, because what is detected depends on the pictures.
 */
export async function detectKnown(
  path: string,
  replaced?: DataSource,
  options: DetectOptions = {},
): Promise<DatasetDocument> {
  const { signal } = options;
  const absolute = resolve(path);
  const chosen = await identityOf([absolute], 'mark');
  const kinds = fileFormats.map((format) => format.kind);
  // Of the replaced source its options count, such as the delimiter, and whether it is the same file.
  const like =
    replaced === undefined || !('path' in replaced)
      ? null
      : { ...replaced, path: replaced.path === absolute ? '=' : '' };
  const key = entryKey(['detected', DETECTED_VERSION, kinds, absolute, chosen.identity, like]);
  const known = (await readEntry(key))?.header as Detected | undefined;
  if (known !== undefined && (await stateOf(known.document, signal))?.identity === known.identity) {
    return known.document;
  }
  const document = await detectDataset(absolute, replaced, options);
  const state = await stateOf(document, signal);
  if (chosen.settled && state?.settled === true) {
    await writeEntry(key, { document, identity: state.identity } satisfies Detected);
  }
  return document;
}

/** Identity of the files that a document was detected from; null: unknown, or a file does not exist any more. */
async function stateOf(
  { source, columns }: DatasetDocument,
  signal: AbortSignal | undefined,
): Promise<{ identity: string; settled: boolean } | null> {
  const folder = pictureFolderOf(source);
  if (folder !== null && columns.some((column) => columnTypeOf(column).field === 'picture')) return null;
  try {
    const paths = (await formatOf(source.kind).files(source, signal)).flatMap((file) => file.paths);
    // Texts of a table may name pictures that are added later.
    return await identityOf(folder === null ? paths : [...paths, folder], 'mark');
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}
