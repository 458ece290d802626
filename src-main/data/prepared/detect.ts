import { resolve } from 'node:path';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { findSource } from '../formats/find-source.ts';

/**
 * Recognizes a file or folder and guesses how to learn from it.
 *
 * @returns A document with an absolute path; columns of no use are ignored (`profileDataset` says why).
 * @throws AppError `dataset/…` of the formats, `dataset/unknown-kind`, `dataset/no-rows`.
 */
export async function detectDataset(path: string): Promise<DatasetDocument> {
  const found = await findSource(resolve(path));
  return found.format.detect(found.path);
}
