import { join } from 'node:path';
import type { CheckedParams } from '../../../src-shared/contract/contract.ts';
import type { PicturesPage } from '../../../src-shared/contract/data-results.ts';
import { splitNames, type DatasetDocument, type DataSource } from '../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import { pairsOf } from '../../../src-shared/data/pairs.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { locateSource } from '../cache/locate-source.ts';
import { readContents } from '../cache/stored-columns.ts';
import { columnInFile, pictureFolderOf } from '../cache/stored-pictures.ts';
import { listPictures, type PictureFile } from '../formats/pictures/picture-folder.ts';
import { runPictureJobs } from '../pictures/jobs.ts';
import { picturePath } from '../pictures/picture-path.ts';
import { splitPairs } from '../rows/split-source.ts';
import { placeOf, type CategoricalColumn } from '../tables/table.ts';

/** Pixels of the longer side. */
const THUMBNAIL_SIZE = 128;

type PageParams = Omit<CheckedParams<'dataset.pictures'>, 'document'>;
type Picture = Omit<PicturesPage['pictures'][number], 'second'>;
type Listed = Pick<PictureFile, 'path' | 'name' | 'className' | 'split'>;
/** One item of the page: a picture, or the two of a pair. */
type Shown = readonly [first: Listed, second?: Listed];

/**
 * A page of the pictures or pairs of a folder, or of the pictures that a table names; decodes only the pictures of this page.
 *
 * @throws AppError `dataset/wrong-kind` if the source has no picture files, or as `locateSource` and, for pairs,
 *   `splitSource`.
 */
export async function picturesPage(
  document: DatasetDocument,
  projectFolder: string,
  { offset, count, ...asked }: PageParams,
  signal?: AbortSignal,
): Promise<PicturesPage> {
  const source = await locateSource(document, projectFolder);
  const matching =
    source.kind !== 'pictures'
      ? await picturesNamed(document, source, asked, signal)
      : pairsOf(document) === null
        ? await singlePictures(source.path, asked, signal)
        : await pairs(document, projectFolder, source.path, asked, signal);
  const shown = matching.slice(offset, offset + count);
  const files = shown.flat().filter((file) => file !== undefined);
  const pictures = new Map<Listed, Picture>();
  await runPictureJobs(
    files.map(({ path }) => ({ kind: 'thumbnail', path, size: THUMBNAIL_SIZE })),
    (index, { width, height, bytes, unreadable }) => {
      const file = files[index]!;
      const { name, className, split } = file;
      const thumbnail = bytes === null ? null : `data:image/webp;base64,${Buffer.from(bytes).toString('base64')}`;
      pictures.set(file, { name, className, split, width, height, thumbnail, reason: unreadable?.reason ?? null });
    },
    { signal },
  );
  return {
    total: matching.length,
    pictures: shown.map(([first, second]) => ({
      ...pictures.get(first)!,
      ...(second === undefined ? {} : { second: pictures.get(second)! }),
    })),
  };
}

async function singlePictures(
  folder: string,
  { className, split }: Pick<PageParams, 'className' | 'split'>,
  signal?: AbortSignal,
): Promise<Shown[]> {
  const { files } = await listPictures(folder, signal);
  return files
    .filter(
      (file) =>
        fileKinds.pictures.fileName.test(file.name) &&
        (className === undefined || file.className === className) &&
        (split === undefined || file.split === split),
    )
    .map((file) => [file]);
}

/** Pairs in the order of the splits; `className` is the class of the first picture. */
async function pairs(
  document: DatasetDocument,
  projectFolder: string,
  folder: string,
  { className, split }: Pick<PageParams, 'className' | 'split'>,
  signal?: AbortSignal,
): Promise<Shown[]> {
  const { pictures, drawn } = await splitPairs(document, projectFolder, { images: false, signal });
  // Only the classes are read.
  const { codes, categories } = pictures.table.columns[0] as CategoricalColumn;
  return splitNames.flatMap((name) => {
    if (split !== undefined && split !== name) return [];
    const fileOf = (row: number): PictureFile => {
      const file = placeOf(pictures.table.places, row);
      return { path: join(folder, file), name: file, className: categories[codes[row]!]!, split: name };
    };
    return [...drawn.splits[name]]
      .map((pair): Shown => [fileOf(drawn.first[pair]!), fileOf(drawn.second[pair]!)])
      .filter(([first]) => className === undefined || first.className === className);
  });
}

/** Each file once, at the first row of the class that names it. */
async function picturesNamed(
  document: DatasetDocument,
  source: DataSource,
  page: Pick<PageParams, 'column' | 'className'>,
  signal?: AbortSignal,
): Promise<Shown[]> {
  const folder = pictureFolderOf(source);
  const named = document.columns.find(
    ({ name, type }) => type === 'image' && (page.column === undefined || name === page.column),
  );
  if (folder === null || named === undefined) {
    throw new AppError(
      'dataset/wrong-kind',
      `Expected pictures in the dataset '${document.name}'; received a source of kind '${source.kind}' without a column of pictures. Choose a folder of pictures, or set the type of a column to image.`,
      { kind: source.kind },
    );
  }
  const target = document.columns.find(({ role, type }) => role === 'target' && type === 'categorical');
  const columns = [columnInFile(source, named), ...(target === undefined ? [] : [target])];
  const [cells, classes] = (await readContents(source, { columns, badNumber: 'missing', signal })).columns;
  if (cells?.kind !== 'categorical') return [];
  const found = new Map<string, Listed>();
  cells.codes.forEach((code, row) => {
    if (code < 0) return;
    const at = classes?.kind === 'categorical' ? classes.codes[row]! : -1;
    const className = classes?.kind === 'categorical' && at >= 0 ? classes.categories[at]! : '';
    if (page.className !== undefined && page.className !== className) return;
    const name = cells.categories[code]!;
    const path = picturePath(folder, name);
    if (!found.has(path)) found.set(path, { path, name, className, split: null });
  });
  return [...found.values()].map((picture) => [picture]);
}
