import type { CheckedParams } from '../../../src-shared/contract/contract.ts';
import type { PicturesPage } from '../../../src-shared/contract/data-results.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { locateSource } from '../cache/locate-source.ts';
import { listPictures } from '../formats/picture-folder.ts';
import { runPictureJobs } from '../pictures/jobs.ts';

/** Pixels of the longer side. */
const THUMBNAIL_SIZE = 128;

/**
 * A page of the pictures of a folder; reads only the pictures of this page.
 *
 * @throws AppError `dataset/wrong-kind` if the source is not a folder of pictures, or as `locateSource`.
 */
export async function picturesPage(
  document: DatasetDocument,
  projectFolder: string,
  { offset, count, className, split }: Omit<CheckedParams<'dataset.pictures'>, 'document'>,
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
  const matching = (await listPictures(source.path, signal)).files.filter(
    (file) =>
      fileKinds.pictures.fileName.test(file.name) &&
      (className === undefined || file.className === className) &&
      (split === undefined || file.split === split),
  );
  const shown = matching.slice(offset, offset + count);
  const pictures: PicturesPage['pictures'] = [];
  await runPictureJobs(
    shown.map(({ path }) => ({ kind: 'thumbnail', path, size: THUMBNAIL_SIZE })),
    (index, { width, height, bytes, unreadable }) => {
      const { name, className, split } = shown[index]!;
      const thumbnail = bytes === null ? null : `data:image/webp;base64,${Buffer.from(bytes).toString('base64')}`;
      pictures[index] = { name, className, split, width, height, thumbnail, reason: unreadable?.reason ?? null };
    },
    { signal },
  );
  return { total: matching.length, pictures };
}
