import { resolve } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { findAs } from '../formats/find-source.ts';

/**
 * The document with other files of the same kind, for the option `--source`.
 *
 * @returns A new document with an absolute path.
 * @throws AppError `dataset/wrong-kind`, `dataset/missing-file`, `dataset/several-csv-files`, `dataset/unknown-kind`.
 */
export async function withSource(document: DatasetDocument, path: string): Promise<DatasetDocument> {
  const { source } = document;
  if (source.kind === 'generated') {
    throw new AppError(
      'dataset/wrong-kind',
      `Expected no source, because the dataset '${document.name}' is generated; received ${path}. Remove --source, or use a project that reads files.`,
      { path },
    );
  }
  return { ...document, source: { ...source, path: await findAs(source.kind, resolve(path)) } };
}
