import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DatasetDocument, DataSource } from '../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { fileError, statSource } from '../tables/source-files.ts';
import type { ChosenPath, DetectOptions, FileFormat, FileSource } from './interface/data-format.ts';
import { fileFormatOf, fileFormats } from './registry.ts';

interface Found {
  readonly format: FileFormat;
  /** As `FileFormat.find` returned it. */
  readonly path: string;
}

/**
 * Recognizes a file or folder and infers columns, roles and split.
 *
 * @param replaced The source in whose place it comes: its options for reading stay if it is of the same kind.
 * @returns A document with an absolute path. Columns without information are ignored; `profileDataset` reports why.
 * @throws AppError `dataset/missing-file`, `dataset/unknown-kind`, `dataset/no-rows` or those of the formats; the
 *   signal's reason if aborted.
 */
export async function detectDataset(
  path: string,
  replaced?: DataSource,
  options: DetectOptions = {},
): Promise<DatasetDocument> {
  const absolute = resolve(path);
  options.onProgress?.(null, 'Looking at the data');
  const found = await recognize(await inspect(absolute), options.signal);
  if (found === null) throw unknownKind(absolute);
  options.signal?.throwIfAborted();
  const { kind } = found.format;
  const like = replaced?.kind === kind ? (replaced as FileSource) : undefined;
  const document = await found.format.detect(found.path, options, like);
  options.signal?.throwIfAborted();
  return document;
}

/**
 * The path for a source of a given kind.
 *
 * @param path Absolute; a file or folder chosen by the user.
 * @throws AppError `dataset/missing-file`, `dataset/unknown-kind`, `dataset/wrong-kind` or those of `FileFormat.find`.
 */
export async function findAs(kind: FileSource['kind'], path: string): Promise<string> {
  const found = await recognize(await inspect(path));
  if (found?.format.kind === kind) return found.path;
  const format = fileFormatOf(kind);
  if (found !== null) {
    throw new AppError(
      'dataset/wrong-kind',
      `Expected ${format.needs}; received ${found.format.needs} at ${path}. Choose data of the same kind, or import it as a new dataset.`,
      { path },
    );
  }
  if (format.readsFolders) return path;
  throw unknownKind(path);
}

/** @throws AppError `dataset/not-chosen` if the path is empty. */
export function checkChosen({ name, source, wanted }: DatasetDocument): void {
  if (source.kind === 'generated' || source.path !== '') return;
  throw new AppError(
    'dataset/not-chosen',
    `The dataset '${name}' needs ${fileFormatOf(source.kind).needs}; none is chosen.${wanted === undefined ? '' : ` ${wanted}`} Choose the data on the Data page, or pass its path with --source.`,
    { dataset: name },
  );
}

async function recognize(chosen: ChosenPath, signal?: AbortSignal): Promise<Found | null> {
  for (const format of fileFormats) {
    const path = await format.find(chosen, signal);
    if (path !== null) return { format, path };
  }
  return null;
}

async function inspect(path: string): Promise<ChosenPath> {
  if (!(await statSource(path)).isDirectory()) return { path, names: null };
  try {
    return { path, names: (await readdir(path)).filter((name) => !name.startsWith('.')).sort() };
  } catch (error) {
    throw fileError(error, path);
  }
}

function unknownKind(path: string): AppError {
  const needs = fileFormats.map((format) => format.needs).join(', or ');
  return new AppError(
    'dataset/unknown-kind',
    `Expected ${needs}; found none of them in ${path}. Choose another folder or a file.`,
    { folder: path },
  );
}
