import type { Column, DataSource, PictureSettings } from '../../../src-shared/data/dataset-document.ts';
import { formatOf } from '../formats/registry.ts';
import { guessSettings, usualSettings } from '../pictures/guess-settings.ts';
import { runPictureJobs, type PictureJobOptions } from '../pictures/jobs.ts';
import { picturePath } from '../pictures/picture-path.ts';
import type { SourceFile } from '../formats/data-format.ts';
import type { CategoricalColumn, ImageColumn } from '../tables/table.ts';
import { readEntry, writeEntry } from './entries.ts';
import { hashFiles, type HashOptions } from './file-hashes.ts';
import { ATTEMPTS, changingFile, columnKeys, hashOf, readContents } from './stored-columns.ts';

/** Pictures whose paths stand in the cells of a column. They are stored once, by their contents and settings. */

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
  /** Images that were decoded before, by settings and path; more are added. */
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
  const paths = column.categories.map((cell) => picturePath(folder, cell));
  for (let attempt = 1; ; attempt++) {
    const before = await hashPictures(paths, options.settings, options.signal);
    const entry = await readEntry(before.key);
    const pixels = entry?.parts['pixels'];
    if (entry !== null && pixels !== undefined) {
      const stored = entry.header as StoredPictures;
      keep(options.decoded, paths, stored, pixels);
      return namedPictures(column, paths, stored, pixels);
    }
    const read = await decode(paths, options);
    const after = await hashPictures(paths, options.settings, options.signal);
    if (after.identity === before.identity) {
      await writeEntry(before.key, read.stored, { pixels: read.pixels });
      return namedPictures(column, paths, read.stored, read.pixels);
    }
    options.decoded.clear();
    if (attempt === ATTEMPTS) throw changingFile(folder);
  }
}

async function hashPictures(
  paths: readonly string[],
  settings: PictureSettings | undefined,
  signal: AbortSignal | undefined,
): Promise<{ key: string; identity: string }> {
  const { sha256, identity } = await hashFiles(paths, { unreadable: 'mark', signal });
  return { key: hashOf(['pictures', PICTURES_VERSION, settings ?? null, sha256]), identity };
}

const decodedKey = (settings: PictureSettings, path: string): string => {
  const { height, width, fit, colour } = settings;
  return [height, width, fit, colour, path].join(' ');
};

async function decode(
  paths: readonly string[],
  { settings: asked, decoded, signal, onProgress }: NamedPicturesOptions,
): Promise<{ stored: StoredPictures; pixels: Uint8Array }> {
  const settings = asked ?? (await guessSettings(paths, { signal })).settings ?? usualSettings;
  const { height, width, colour } = settings;
  const shape = [height, width, colour === 'grey' ? 1 : 3] as const;
  const size = shape[0] * shape[1] * shape[2];
  const known = paths.map((path) => decoded.get(decodedKey(settings, path)));
  const codes = [...paths.keys()].filter((code) => known[code] === undefined);
  const all = new Uint8Array(paths.length * size);
  const isRead = known.map((bytes) => bytes !== undefined);
  known.forEach((bytes, code) => bytes !== undefined && all.set(bytes, code * size));
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
  const stored = { shape, settings, pictureOf, reasons: reasons.sort(([a], [b]) => a - b) };
  keep(decoded, paths, stored, pixels);
  return { stored, pixels };
}

function keep(
  decoded: Map<string, Uint8Array>,
  paths: readonly string[],
  { shape, settings, pictureOf }: StoredPictures,
  pixels: Uint8Array,
): void {
  const size = shape[0] * shape[1] * shape[2];
  pictureOf.forEach((picture, code) => {
    if (picture < 0) return;
    decoded.set(decodedKey(settings, paths[code]!), pixels.subarray(picture * size, (picture + 1) * size));
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
      return hashOf([keys[index], (await hashPictures(file.paths, picture, signal)).key]);
    }),
  );
}

/** The files that the image columns name; empty if the source has images of its own. */
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
      const paths = column.categories.map((cell) => picturePath(folder, cell));
      return [[column.name, { name: `pictures of ${column.name}`, paths, names: column.categories, optional: true }]];
    }),
  );
}
