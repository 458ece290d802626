import { resolve } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { resolveCsvFile, resolveIdxFolder } from '../tables/find-source.ts';

/**
 * The same document on other files of the same kind, as the CLI's `--source` asks.
 *
 * @param path CSV: a file, or a folder with exactly one. IDX: a folder, or a file in it.
 * @returns A document with an absolute path; the one given is left as it is.
 * @throws AppError `dataset/wrong-kind`, `dataset/missing-file`, `dataset/several-csv-files`, `dataset/unknown-kind`.
 */
export async function withSource(document: DatasetDocument, path: string): Promise<DatasetDocument> {
  const { source } = document;
  if (source.kind === 'generated') {
    throw new AppError(
      'dataset/wrong-kind',
      `The dataset '${document.name}' is generated and reads no files; received the source ${path}. Leave the source out, or use a project with a CSV or IDX dataset.`,
      { path },
    );
  }
  const absolute = resolve(path);
  if (source.kind === 'csv') return { ...document, source: { ...source, path: await resolveCsvFile(absolute) } };
  return { ...document, source: { ...source, path: await resolveIdxFolder(absolute) } };
}
