import { imageShapeOf } from '../../../src-shared/data/columns/column.ts';
import type { Column, DataSource, PictureSettings } from '../../../src-shared/data/dataset-document.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { formatOf } from '../formats/registry.ts';
import { guessSettings, usualSettings } from '../pictures/guess-settings.ts';
import { runPictureJobs, type PictureJobOptions } from '../pictures/jobs.ts';
import { picturePath } from '../pictures/picture-path.ts';
import type { SourceFile } from '../formats/interface/data-format.ts';
import type { CategoricalColumn, ImageColumn } from '../tables/table.ts';
import { entryKey, readEntry, writeEntry } from './entries.ts';
import { hashFiles, identityOf, type HashOptions } from './file-hashes.ts';
import { readUnchanged } from './read-unchanged.ts';
import { columnKeys, readContents } from './stored-columns.ts';

/** Pictures whose paths are in the cells of a column. Each is stored once, by its contents and settings. */

/** Changes with what is made of the same files. */
const PICTURES_VERSION = 1;

/** Folder that relative paths in cells start from; null: image columns of the source have its own images. */
export function pictureFolderOf(source: DataSource): string | null {
  return formatOf(source.kind).pictureFolder?.(source) ?? null;
}

/** The column as its format reads it: the cells of an image column are texts if they name pictures. */
export function columnInFile(source: DataSource, column: Column): Column {
  return column.type === 'image' && pictureFolderOf(source) !== null ? { ...column, type: 'categorical' } : column;
}

export interface NamedPictures {
  readonly image: ImageColumn;
  /** Files that cannot be read, with the category that names each. */
  readonly unreadable: readonly { readonly code: number; readonly path: string; readonly reason: string }[];
}

export interface NamedPicturesOptions extends PictureJobOptions {
  /** Absent: guessed from the pictures. */
  readonly settings?: PictureSettings | undefined;
  /** Images that other columns have, by settings and sha256 of their files; those of this column are added. */
  readonly decoded: Map<string, Uint8Array>;
}

interface StoredPictures {
  readonly shape: ImageColumn['shape'];
  readonly settings: PictureSettings;
  /** For each category the number of its picture; -1: it cannot be read. */
  readonly pictureOf: readonly number[];
  /** Reasons by category. */
  readonly reasons: readonly (readonly [code: number, reason: string])[];
}

/**
 * The pictures that a column names, each decoded once. Pictures that were read before come from the cache.
 *
 * @throws AppError `dataset/changing-file`.
 */
export async function readNamedPictures(
  column: CategoricalColumn,
  folder: string,
  options: NamedPicturesOptions,
): Promise<NamedPictures> {
  const paths = pathsOf(column, folder);
  const { settings, decoded, signal } = options;
  const { stored, pixels } = await readUnchanged<HashedPictures, Images>({
    path: folder,
    hash: () => hashPictures(paths, settings, signal),
    identity: async () => (await identityOf(paths, 'mark')).identity,
    async stored({ key, sha256 }) {
      const entry = await readEntry(key);
      const bytes = entry?.parts['pixels'];
      if (entry === null || bytes === undefined) return null;
      const images = { stored: entry.header as StoredPictures, pixels: bytes };
      keep(decoded, sha256, images);
      return images;
    },
    read: ({ sha256 }) => decode(paths, sha256, options),
    async store({ key, sha256 }, images) {
      keep(decoded, sha256, images);
      await writeEntry(key, images.stored, { pixels: images.pixels });
    },
  });
  return namedPictures(column, paths, stored, pixels);
}

const pathsOf = ({ categories }: CategoricalColumn, folder: string): string[] =>
  categories.map((cell) => picturePath(folder, cell));

/** The pictures of a column's categories. */
interface Images {
  readonly stored: StoredPictures;
  /** One image after the other. */
  readonly pixels: Uint8Array;
}

interface HashedPictures {
  readonly key: string;
  readonly identity: string;
  /** For each path; see `HashedFiles`. */
  readonly sha256: readonly string[];
}

async function hashPictures(
  paths: readonly string[],
  settings: PictureSettings | undefined,
  signal: AbortSignal | undefined,
): Promise<HashedPictures> {
  const { sha256, identity } = await hashFiles(paths, { unreadable: 'mark', signal });
  return { key: entryKey(['pictures', PICTURES_VERSION, settings ?? null, sha256]), identity, sha256 };
}

const decodedKey = ({ height, width, fit, colour }: PictureSettings, sha256: string): string =>
  [height, width, fit, colour, sha256].join(' ');

async function decode(
  paths: readonly string[],
  sha256: readonly string[],
  { settings: asked, decoded, signal, onProgress }: NamedPicturesOptions,
): Promise<Images> {
  const settings = asked ?? (await guessSettings(paths, { signal })).settings ?? usualSettings;
  const shape = imageShapeOf(settings);
  const size = elementCount(shape);
  const all = new Uint8Array(paths.length * size);
  const codes: number[] = [];
  const isRead = sha256.map((hash, code) => {
    const known = decoded.get(decodedKey(settings, hash));
    if (known === undefined) codes.push(code);
    else all.set(known, code * size);
    return known !== undefined;
  });
  const reasons: [number, string][] = [];
  await runPictureJobs(
    codes.map((code) => ({ kind: 'pixels', path: paths[code]!, settings })),
    (index, { bytes, unreadable }) => {
      const code = codes[index]!;
      isRead[code] = bytes !== null;
      if (bytes === null) reasons.push([code, unreadable?.reason ?? '']);
      else all.set(bytes, code * size);
    },
    { signal, onProgress },
  );
  let count = 0;
  const pictureOf = isRead.map((read, code) => {
    if (!read) return -1;
    all.copyWithin(count * size, code * size, (code + 1) * size);
    return count++;
  });
  const pixels = count === paths.length ? all : all.slice(0, count * size);
  return { stored: { shape, settings, pictureOf, reasons: reasons.sort(([a], [b]) => a - b) }, pixels };
}

function keep(decoded: Map<string, Uint8Array>, sha256: readonly string[], { stored, pixels }: Images): void {
  const { shape, settings, pictureOf } = stored;
  const size = elementCount(shape);
  pictureOf.forEach((picture, code) => {
    if (picture < 0) return;
    decoded.set(decodedKey(settings, sha256[code]!), pixels.subarray(picture * size, (picture + 1) * size));
  });
}

function namedPictures(
  { name, codes }: CategoricalColumn,
  paths: readonly string[],
  { shape, settings, pictureOf, reasons }: StoredPictures,
  pixels: Uint8Array,
): NamedPictures {
  return {
    image: {
      kind: 'image',
      name,
      shape,
      pixels,
      pictures: codes.map((code) => (code < 0 ? -1 : pictureOf[code]!)),
      settings,
    },
    unreadable: reasons.map(([code, reason]) => ({ code, path: paths[code]!, reason })),
  };
}

/** Keys for what is computed from columns, as `columnKeys`; those of named pictures depend on their files too. */
export async function contentKeys(
  source: DataSource,
  columns: readonly Column[],
  options: HashOptions = {},
): Promise<readonly string[] | null> {
  const { signal } = options;
  const keys = await columnKeys(
    source,
    columns.map((column) => columnInFile(source, column)),
    options,
  );
  const folder = pictureFolderOf(source);
  if (keys === null || folder === null || columns.every(({ type }) => type !== 'image')) return keys;
  const named = await namedFiles(source, columns, folder, signal);
  return Promise.all(
    columns.map(async ({ name, type, picture }, index) => {
      const file = type === 'image' ? named.get(name) : undefined;
      if (file === undefined) return keys[index]!;
      return entryKey([keys[index], (await hashPictures(file.paths, picture, signal)).key]);
    }),
  );
}

/** Picture files named in the image columns; empty if the source itself contains the images. */
export async function pictureFiles(
  source: DataSource,
  columns: readonly Column[],
  signal?: AbortSignal,
): Promise<SourceFile[]> {
  const folder = pictureFolderOf(source);
  return folder === null ? [] : [...(await namedFiles(source, columns, folder, signal)).values()];
}

async function namedFiles(
  source: DataSource,
  columns: readonly Column[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, SourceFile>> {
  const named = columns.filter(({ type }) => type === 'image').map((column) => columnInFile(source, column));
  if (named.length === 0) return new Map();
  const contents = await readContents(source, { columns: named, badNumber: 'missing', signal });
  return new Map(
    contents.columns.flatMap((column): [string, SourceFile][] => {
      if (column.kind !== 'categorical') return [];
      const paths = pathsOf(column, folder);
      return [[column.name, { name: `pictures of ${column.name}`, paths, names: column.categories, optional: true }]];
    }),
  );
}
