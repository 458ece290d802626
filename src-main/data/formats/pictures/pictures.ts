import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  guessedDataset,
  splitNames,
  type DatasetDocument,
  type PictureSettings,
} from '../../../../src-shared/data/dataset-document.ts';
import { imageShapeOf } from '../../../../src-shared/data/columns/column.ts';
import { elementCount } from '../../../../src-shared/program/language/shape.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { guessSettings } from '../../pictures/guess-settings.ts';
import { runPictureJobs, type PictureJobOptions } from '../../pictures/jobs.ts';
import { isPicture } from '../../pictures/picture-kind.ts';
import { byCodePoint, parseNumber } from '../../tables/values.ts';
import type { CategoricalColumn, ImageColumn, SourceContents, UnreadableFile } from '../../tables/table.ts';
import { isTableName } from '../csv/csv.ts';
import type { DetectOptions, FileFormat, ReadOptions, SourceOf } from '../interface/data-format.ts';
import { foldersIn, listPictures, noClasses, splitOfFolder, type PictureFile } from './picture-folder.ts';

/** Files that are opened to recognize a folder of pictures. */
const LOOKED_AT = 20;

/** A folder of picture files for each class. */
export const picturesFormat: FileFormat<SourceOf<'pictures'>> = {
  kind: 'pictures',
  needs: 'a folder with a folder of pictures for each class',
  readsFolders: true,
  find: async ({ path, names }, signal) => {
    if (names === null) return (await isPicture(path)) ? folderOf(path, signal) : null;
    if (names.some(isTableName)) return null;
    return (await holdsPictures(path, names, signal)) || (await mostlyPictures(path, names)) ? path : null;
  },
  detect: detectPictures,
  readerVersion: 3,
  async files({ path }, signal) {
    const { files } = await listPictures(path, signal);
    return [
      {
        name: basename(path),
        paths: files.map((file) => file.path),
        names: files.map((file) => file.name),
        optional: true,
      },
    ];
  },
  storedAs: ({ type, picture }) => (type === 'image' ? JSON.stringify(picture ?? null) : ''),
  read: readPictures,
};

/**
 * The folder that contains the class folder of a picture.
 *
 * @throws AppError `dataset/no-classes` if most of the folders in it contain no pictures. It is then probably not a
 *   folder of classes, such as a home folder, and must not be read whole.
 */
async function folderOf(picture: string, signal: AbortSignal | undefined): Promise<string> {
  const own = dirname(picture);
  const parent = dirname(own);
  if (splitOfFolder(basename(parent)) !== null) return dirname(parent);
  const some = (await foldersIn(parent)).slice(0, LOOKED_AT);
  let classes = 0;
  for (const name of some) {
    signal?.throwIfAborted();
    const below = (await readdir(join(parent, name)).catch(() => [])).filter((each) => !each.startsWith('.')).sort();
    if (await holdsPictures(join(parent, name), below.slice(0, LOOKED_AT), signal, 3)) classes++;
  }
  if (classes <= some.length / 2) throw noClasses(own, `'${basename(own)}' is not beside folders of other classes`);
  return parent;
}

/** Whether a picture is among the first files of a folder below. */
async function holdsPictures(
  folder: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
  depth = 0,
): Promise<boolean> {
  let looked = 0;
  for (const name of names) {
    signal?.throwIfAborted();
    const path = join(folder, name);
    const status = await stat(path).catch(() => null);
    if (status?.isDirectory() === true && depth < 3) {
      const below = (await readdir(path).catch(() => [])).filter((each) => !each.startsWith('.')).sort();
      if (await holdsPictures(path, below.slice(0, LOOKED_AT), signal, depth + 1)) return true;
    } else if (depth > 0 && status?.isFile() === true && looked++ < LOOKED_AT) {
      if (await isPicture(path)) return true;
    }
    if (looked >= LOOKED_AT) break;
  }
  return false;
}

/** Whether most of the first files directly in a folder are pictures: it has no classes, and a text file in it is not a table. */
async function mostlyPictures(folder: string, names: readonly string[]): Promise<boolean> {
  const some = names.slice(0, LOOKED_AT);
  let pictures = 0;
  for (const name of some) if (await isPicture(join(folder, name))) pictures++;
  return pictures > some.length / 2;
}

async function detectPictures(folder: string, { signal, onProgress }: DetectOptions): Promise<DatasetDocument> {
  onProgress?.(null, 'Listing files');
  const { files } = await listPictures(folder, signal);
  const guessing = { signal, onProgress: (fraction: number) => onProgress?.(fraction, 'Looking at pictures') };
  const given = new Set(files.map(({ split }) => split));
  const split = given.has(null)
    ? { train: 0.7, validation: 0.15, test: 0.15 }
    : // Splits that the folders give are used as given; a split that they lack stays empty.
      { train: 1, validation: 0, test: 0 };
  const areNumbers = files.every(({ className }) => !Number.isNaN(parseNumber(className)));
  return guessedDataset(
    {
      name: basename(folder),
      source: { kind: 'pictures', path: folder },
      columns: [
        {
          name: 'picture',
          role: 'feature',
          type: 'image',
          missing: 'drop-row',
          scaling: 'unit',
          picture: await settingsFor(folder, files, guessing),
        },
        { name: 'class', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
      ],
      split: { ...split, seed: 1, stratify: true },
    },
    areNumbers ? ['class'] : [],
  );
}

/** @throws AppError `dataset/no-pictures`. */
async function settingsFor(
  folder: string,
  files: readonly PictureFile[],
  options: PictureJobOptions,
): Promise<PictureSettings> {
  const { settings, unreadable } = await guessSettings(
    files.map(({ path }) => path),
    options,
  );
  if (settings === null)
    throw noPictures(folder, unreadable === null ? [] : [{ ...unreadable, name: basename(unreadable.path) }]);
  return settings;
}

/** Reads all pictures that can be read. A document without settings for its pictures gets the guessed ones. */
async function readPictures(
  { path }: SourceOf<'pictures'>,
  { columns, signal, onProgress }: ReadOptions,
): Promise<SourceContents> {
  const { files, unreadable: folders } = await listPictures(path, signal);
  const asked = columns.find(({ type }) => type === 'image');
  const settings = asked?.picture ?? (await settingsFor(path, files, { signal }));
  const shape = imageShapeOf(settings);
  const decoded = new Array<Uint8Array | null>(files.length).fill(null);
  const unreadable: UnreadableFile[] = [...folders];
  await runPictureJobs(
    files.map((file) => ({ kind: 'pixels', path: file.path, settings })),
    (index, answer) => {
      decoded[index] = answer.bytes;
      if (answer.unreadable?.isPicture !== true) return;
      unreadable.push({ name: files[index]!.name, reason: answer.unreadable.reason });
    },
    { signal, onProgress },
  );
  const read = files.filter((_, index) => decoded[index] !== null);
  if (read.length === 0) throw noPictures(path, unreadable);
  const size = elementCount(shape);
  const pixels = new Uint8Array(read.length * size);
  let row = 0;
  for (const bytes of decoded) if (bytes !== null) pixels.set(bytes, row++ * size);
  const image: ImageColumn = {
    kind: 'image',
    name: asked?.name ?? 'picture',
    shape,
    pixels,
    pictures: null,
    settings,
  };
  const isGiven = read.some(({ split }) => split !== null);
  return {
    rows: read.length,
    columns: [image, classColumn(read)],
    header: ['picture', 'class'],
    given: isGiven ? Uint8Array.from(read, ({ split }) => splitNames.indexOf(split ?? 'train')) : null,
    places: { kind: 'files', names: read.map(({ name }) => name) },
    unreadable: unreadable.sort((a, b) => byCodePoint(a.name, b.name)),
  };
}

function noPictures(folder: string, unreadable: readonly UnreadableFile[]): AppError {
  const first = unreadable[0];
  const reason = first === undefined ? '' : ` (${first.name}: ${first.reason})`;
  return new AppError(
    'dataset/no-pictures',
    `Expected pictures (PNG, JPEG, WebP, GIF, TIFF or BMP) in the folders of ${folder}; no file can be read${reason}. Choose another folder.`,
    { folder },
  );
}

function classColumn(files: readonly PictureFile[]): CategoricalColumn {
  const categories = [...new Set(files.map(({ className }) => className))];
  const codeOf = new Map(categories.map((name, code) => [name, code]));
  return {
    kind: 'categorical',
    name: 'class',
    codes: Int32Array.from(files, ({ className }) => codeOf.get(className)!),
    categories,
  };
}
