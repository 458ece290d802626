import { fileKinds } from '../../../src-shared/data/file-kinds.ts';
import type { Column } from '../../../src-shared/data/dataset-document.ts';
import { guessSettings, usualSettings } from './guess-settings.ts';
import type { PictureJobOptions } from './jobs.ts';
import { isPicture } from './picture-kind.ts';
import { picturePath } from './picture-path.ts';

/** Texts of a column that are looked at. */
const LOOKED_AT = 20;

/**
 * Whether texts name pictures: all end like a picture file, or most name an existing one. Addresses on the web do not.
 *
 * @param texts Different texts of a column, without missing values.
 * @param folder Relative paths start from it.
 */
export async function namePictures(texts: readonly string[], folder: string): Promise<boolean> {
  const some = texts.slice(0, LOOKED_AT);
  if (some.length === 0 || some.some((text) => text.includes('://'))) return false;
  if (some.every((text) => fileKinds.pictures.fileName.test(text))) return true;
  let found = 0;
  for (const text of some) if (await isPicture(picturePath(folder, text))) found++;
  return found > some.length / 2;
}

/** A feature column of pictures that cells name, with settings guessed from the pictures. */
export async function pictureColumn(
  name: string,
  texts: readonly string[],
  folder: string,
  options: PictureJobOptions,
): Promise<Column> {
  const paths = texts.map((text) => picturePath(folder, text));
  const { settings } = await guessSettings(paths, options);
  const picture = settings ?? usualSettings;
  return { name, role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit', picture };
}
