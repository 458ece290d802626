import { resolve } from 'node:path';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { findSource } from '../formats/find-source.ts';

/**
 * Recognizes a file or folder and infers columns, roles and split.
 *
 * @returns A document with an absolute path; useless columns are ignored (`profileDataset` says why).
 * @throws AppError `dataset/…` of the formats, `dataset/unknown-kind`, `dataset/no-rows`.
 */
export async function detectDataset(path: string): Promise<DatasetDocument> {
  const found = await findSource(resolve(path));
  return found.format.detect(found.path);
}
