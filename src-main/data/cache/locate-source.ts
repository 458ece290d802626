import { resolve } from 'node:path';
import type { DatasetDocument, DataSource } from '../../../src-shared/data/dataset-document.ts';
import type { FileSource } from '../formats/interface/data-format.ts';
import { checkChosen, findAs } from '../formats/find-source.ts';
import { fileFormats } from '../formats/registry.ts';
import { entryKey, readEntry, writeEntry } from './entries.ts';
import { identityOf } from './file-hashes.ts';

/**
 * A document's source with an absolute path.
 *
 * @throws AppError `dataset/not-chosen` if the path is empty, or as `findAs`.
 */
export async function locateSource(document: DatasetDocument, projectFolder: string): Promise<DataSource> {
  checkChosen(document);
  const { source } = document;
  if (source.kind === 'generated') return source;
  return { ...source, path: await locateAs(source.kind, resolve(projectFolder, source.path)) };
}

/**
 * As `findAs`, but does not open a file or folder that was recognized before, also by another process. A change in a
 * subfolder is not noticed here; reading its files reports what is missing.
 */
async function locateAs(kind: FileSource['kind'], path: string): Promise<string> {
  const { identity, settled } = await identityOf([path]);
  const key = entryKey(['located', fileFormats.map((format) => format.kind), kind, identity]);
  const known = settled ? await readEntry(key) : null;
  if (known !== null) return known.header as string;
  const found = await findAs(kind, path);
  if (settled) await writeEntry(key, found);
  return found;
}
