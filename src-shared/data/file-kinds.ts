import type { DataSource } from './dataset-document.ts';

export type FileKind = Exclude<DataSource['kind'], 'generated'>;

interface FileKindFacts {
  /** One source of this kind. */
  readonly label: string;
  readonly plural: string;
  /** Usual names of its files; others may be of the kind too. */
  readonly fileName: RegExp;
  /** The files of a folder are one source. */
  readonly wholeFolder: boolean;
  /** A table: the cells of its image columns name picture files. */
  readonly isTable: boolean;
}

/** Kinds of data that are read from files. `src-main/data/formats` reads them. */
export const fileKinds: Readonly<Record<FileKind, FileKindFacts>> = {
  csv: {
    label: 'CSV table',
    plural: 'CSV tables',
    fileName: /\.(csv|tsv|txt)(\.gz)?$/i,
    wholeFolder: false,
    isTable: true,
  },
  idx: {
    label: 'IDX images',
    plural: 'IDX images',
    fileName: /(images|labels)[-.]idx[13](-ubyte)?(\.gz)?$/i,
    wholeFolder: true,
    isTable: false,
  },
  numpy: {
    label: 'NumPy arrays',
    plural: 'NumPy arrays',
    fileName: /\.np[yz]$/i,
    wholeFolder: false,
    isTable: false,
  },
  cifar: {
    label: 'CIFAR batches',
    plural: 'CIFAR batches',
    fileName: /^(data_batch_\d+|test_batch|train|test)\.bin$/i,
    wholeFolder: true,
    isTable: false,
  },
  pictures: {
    label: 'Folder of pictures',
    plural: 'pictures',
    fileName: /\.(png|jpe?g|webp|gif|tiff?|bmp)$/i,
    wholeFolder: false,
    isTable: false,
  },
};

/** Whether the cells of image columns name picture files. */
export const isTable = (source: DataSource): boolean => source.kind !== 'generated' && fileKinds[source.kind].isTable;
