import { basename } from 'node:path';
import type { Column, DatasetDocument, DataSource } from '../../../../src-shared/data/dataset-document.ts';
import type { FileKind } from '../../../../src-shared/data/file-kinds.ts';
import type { TextColumn } from '../../columns/column-codec.ts';
import type { SourceContents } from '../../tables/table.ts';

export interface ReadOptions extends Pick<TextColumn, 'badNumber'> {
  /** Columns of the document to read, in this order. */
  readonly columns: readonly Column[];
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file, or many files of one folder, which are recorded as one. */
export interface SourceFile {
  /** Name of the file or the folder. */
  readonly name: string;
  /** Absolute. */
  readonly paths: readonly string[];
  /** Name of each path: of a file its own, of files in a folder relative to it, with '/'. */
  readonly names: readonly string[];
  /** Whether the source can be used without those of the paths that cannot be read. */
  readonly optional?: boolean;
}

/** A source file by its path. */
export function sourceFile(path: string): SourceFile {
  const name = basename(path);
  return { name, paths: [path], names: [name] };
}

/** One kind of data source. Paths in its sources are absolute, as returned by `find`. */
export interface DataFormat<Source extends DataSource = DataSource> {
  readonly kind: Source['kind'];
  /** Changes with what `read` makes of the same files. Null: reading is as quick as reading a copy. */
  readonly readerVersion: number | null;
  files(source: Source, signal?: AbortSignal): Promise<SourceFile[]>;
  /** Folder that relative paths in cells start from; absent: an image column has the format's own images. */
  pictureFolder?(source: Source): string;
  /** What the stored values of a column depend on besides the files. */
  storedAs(column: Column): string;
  /** @returns At least `options.columns`. @throws AppError `dataset/…`. */
  read(source: Source, options: ReadOptions): Promise<SourceContents>;
}

export interface DetectOptions {
  /** `fraction` 0 to 1; null: unknown. `activity`: what is happening, for a person. */
  readonly onProgress?: ((fraction: number | null, activity: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type FileSource = Extract<DataSource, { kind: FileKind }>;

/** A file or folder chosen by the user. */
export interface ChosenPath {
  /** Absolute. */
  readonly path: string;
  /** Names in the folder, without hidden ones; null: `path` is a file. */
  readonly names: readonly string[] | null;
}

/** A kind of data source that consists of files. */
export interface FileFormat<Source extends FileSource = FileSource> extends DataFormat<Source> {
  /** For messages: 'a CSV file'. */
  readonly needs: string;
  /** Whether `read` accepts any folder and reports its missing files. */
  readonly readsFolders: boolean;
  /**
   * @returns The path to store in the document; null if the path is not of this kind.
   * @throws AppError `dataset/…` if it is, but the user must choose one of several files; the signal's reason if aborted.
   */
  find(chosen: ChosenPath, signal?: AbortSignal): Promise<string | null>;
  /**
   * Reads the files and infers columns, roles and split.
   *
   * @param like A source of this kind that is replaced: its options for reading stay.
   * @throws AppError `dataset/…`; the signal's reason if aborted.
   */
  detect(path: string, options: DetectOptions, like?: Source): Promise<DatasetDocument>;
}

export type SourceOf<Kind extends DataSource['kind']> = Extract<DataSource, { kind: Kind }>;
