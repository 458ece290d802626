import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { guessedDataset, type DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../../src-shared/data/file-kinds.ts';
import { fileError } from '../../tables/source-files.ts';
import { sourceFile, type DetectOptions, type FileFormat, type SourceOf } from '../interface/data-format.ts';
import { findIdxFiles, readIdxFolder } from './idx-folder.ts';

const { fileName } = fileKinds.idx;

/** A folder with IDX files of images and labels, such as MNIST; test files are optional. */
export const idxFormat: FileFormat<SourceOf<'idx'>> = {
  kind: 'idx',
  needs: 'a folder with IDX files (train-images-idx3-ubyte and so on)',
  readsFolders: true,
  async find({ path, names }) {
    if (names !== null) return names.some((name) => fileName.test(name)) ? path : null;
    return fileName.test(basename(path)) || (await startsLikeIdx(path)) ? dirname(path) : null;
  },
  detect: detectIdx,
  async files({ path }) {
    const { train, test } = await findIdxFiles(path);
    const paths = [train.images, train.labels, ...(test === null ? [] : [test.images, test.labels])];
    return paths.map(sourceFile);
  },
  readerVersion: 1,
  storedAs: () => '',
  read: ({ path }, options) => readIdxFolder(path, options),
};

/**
 * IDX has no files of validation images, so a part of the training images is proposed for validation: without it, no
 * epoch would be measured.
 *
 * Reads the files completely, so that damaged files are rejected before they replace valid data.
 */
async function detectIdx(folder: string, { signal, onProgress }: DetectOptions): Promise<DatasetDocument> {
  const { given } = await readIdxFolder(folder, {
    signal,
    onProgress: (fraction) => onProgress?.(fraction, 'Reading images'),
  });
  const split = given === null ? { train: 0.8, validation: 0.1, test: 0.1 } : { train: 0.9, validation: 0.1, test: 0 };
  return guessedDataset(
    {
      name: basename(folder),
      source: { kind: 'idx', path: folder },
      columns: [
        { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
        { name: 'label', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
      ],
      split: { ...split, seed: 1, stratify: true },
    },
    ['label'],
  );
}

/** Whether a file starts with two zero bytes and a known type byte, which text files do not. */
async function startsLikeIdx(path: string): Promise<boolean> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer[0] === 0 && buffer[1] === 0 && buffer[2]! >= 8 && buffer[2]! <= 14;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}
