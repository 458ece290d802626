import type { CheckedParams, PicturesPage } from '../../../src-shared/contract/contract.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { forEachPicture, hasPictureName, NoPicture, thumbnailOf } from '../formats/decode-picture.ts';
import { locateSource } from '../formats/find-source.ts';
import { listPictures } from '../formats/picture-folder.ts';

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
  const matching = (await listPictures(source.path, signal)).filter(
    (file) =>
      hasPictureName(file.name) &&
      (className === undefined || file.className === className) &&
      (split === undefined || file.split === split),
  );
  const pictures: PicturesPage['pictures'] = [];
  await forEachPicture(matching.slice(offset, offset + count), async ({ path, name, className, split }, index) => {
    signal?.throwIfAborted();
    const base = { name, className, split };
    try {
      const { width, height, webp } = await thumbnailOf(path, THUMBNAIL_SIZE);
      const thumbnail = `data:image/webp;base64,${webp.toString('base64')}`;
      pictures[index] = { ...base, width, height, thumbnail, reason: null };
    } catch (error) {
      if (!(error instanceof NoPicture)) throw error;
      pictures[index] = { ...base, width: 0, height: 0, thumbnail: null, reason: error.message };
    }
  });
  return { total: matching.length, pictures };
}
