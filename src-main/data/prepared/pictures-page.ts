import { join } from 'node:path';
import type { CheckedParams } from '../../../src-shared/contract/contract.ts';
import type { PicturesPage } from '../../../src-shared/contract/data-results.ts';
import { splitNames, type DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import { pairsOf } from '../../../src-shared/data/pairs.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { locateSource } from '../cache/locate-source.ts';
import { listPictures, type PictureFile } from '../formats/picture-folder.ts';
import { runPictureJobs } from '../pictures/jobs.ts';
import { splitPairs } from '../rows/split-source.ts';
import { placeOf, type CategoricalColumn } from '../tables/table.ts';

/** Pixels of the longer side. */
const THUMBNAIL_SIZE = 128;

type PageParams = Omit<CheckedParams<'dataset.pictures'>, 'document'>;
type Picture = Omit<PicturesPage['pictures'][number], 'second'>;
/** Pictures of one place of the page: one, or two of a pair. */
type Shown = readonly [first: PictureFile, second?: PictureFile];

/**
 * A page of the pictures or pairs of a folder; decodes only the pictures of this page.
 *
 * @throws AppError `dataset/wrong-kind` if the source is not a folder of pictures, or as `locateSource` and, for pairs,
 *   `splitSource`.
 */
export async function picturesPage(
  document: DatasetDocument,
  projectFolder: string,
  { offset, count, ...asked }: PageParams,
  signal?: AbortSignal,
): Promise<PicturesPage> {
  const source = await locateSource(document, projectFolder);
  if (source.kind !== 'pictures') {
    throw new AppError(
      'dataset/wrong-kind',
      `Expected a folder of pictures in the dataset '${document.name}'; received a source of kind '${source.kind}'. Choose a folder of pictures.`,
      { kind: source.kind },
    );
  }
  const matching =
    pairsOf(document) === null
      ? await singlePictures(source.path, asked, signal)
      : await pairs(document, projectFolder, source.path, asked, signal);
  const shown = matching.slice(offset, offset + count);
  const files = shown.flat().filter((file) => file !== undefined);
  const pictures = new Map<PictureFile, Picture>();
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
