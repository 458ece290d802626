import { basename, dirname } from 'node:path';
import { guessedDataset, type Column, type DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../../src-shared/data/file-kinds.ts';
import { sourceFile, type DetectOptions, type FileFormat, type SourceOf } from '../interface/data-format.ts';
import { findCifarFiles, readCifarFolder } from './cifar-folder.ts';

const { fileName } = fileKinds.cifar;

/** A folder with the binary batches of CIFAR-10 or CIFAR-100; test batches and names of classes are optional. */
export const cifarFormat: FileFormat<SourceOf<'cifar'>> = {
  kind: 'cifar',
  needs: 'a folder with binary CIFAR batches (data_batch_1.bin and so on)',
  readsFolders: true,
  find: async ({ path, names }) => {
    if (names === null) return fileName.test(basename(path)) ? dirname(path) : null;
    return names.some((name) => fileName.test(name)) ? path : null;
  },
  detect: detectCifar,
  async files({ path }) {
    const { train, test, names, coarseNames } = await findCifarFiles(path);
    const others = [names, coarseNames].filter((file) => file !== null);
    return [...train, ...test, ...others].map(sourceFile);
  },
  readerVersion: 1,
  storedAs: () => '',
  read: ({ path }, options) => readCifarFolder(path, options),
};

/** Reads the batches completely, so that damaged files are rejected before they replace valid data. */
async function detectCifar(folder: string, { signal, onProgress }: DetectOptions): Promise<DatasetDocument> {
  const { given, header } = await readCifarFolder(folder, {
    signal,
    onProgress: (fraction) => onProgress?.(fraction, 'Reading images'),
  });
  const split = given === null ? { train: 0.8, validation: 0.1, test: 0.1 } : { train: 0.9, validation: 0.1, test: 0 };
  const label = (name: string): Column => ({
    name,
    role: name === 'label' ? 'target' : 'ignored',
    type: 'categorical',
    missing: 'drop-row',
    scaling: 'none',
  });
  return guessedDataset(
    {
      name: basename(folder),
      source: { kind: 'cifar', path: folder },
      columns: [
        { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
        ...header.filter((name) => name !== 'image').map(label),
      ],
      split: { ...split, seed: 1, stratify: true },
    },
    [],
  );
}
