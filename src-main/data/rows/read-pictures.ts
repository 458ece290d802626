import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column, DataSource } from '../../../src-shared/data/dataset-document.ts';
import { pictureFolderOf, readNamedPictures } from '../cache/stored-pictures.ts';
import type { ReadOptions } from '../formats/interface/data-format.ts';
import { placeOf, type SourceContents, type TableColumn, type UnreadableFile } from '../tables/table.ts';

/** Share of the progress that reading the table has if it names pictures. */
export const TABLE_SHARE = 0.1;

interface TableWithPictures {
  readonly columns: readonly TableColumn[];
  /** Each file once. */
  readonly unreadable: readonly UnreadableFile[];
}

/**
 * The columns, with images in place of the columns that name pictures.
 *
 * @param named Image columns whose cells name pictures.
 * @throws AppError `dataset/no-pictures` if no picture of a column can be read and `badNumber` is 'throw'.
 */
export async function readPictures(
  columns: readonly TableColumn[],
  named: readonly Column[],
  source: DataSource,
  { places }: SourceContents,
  { badNumber, signal, onProgress }: Omit<ReadOptions, 'columns'>,
): Promise<TableWithPictures> {
  const folder = pictureFolderOf(source);
  if (folder === null || named.length === 0) return { columns, unreadable: [] };
  const decoded = new Map<string, Uint8Array>();
  const unreadable = new Map<string, UnreadableFile>();
  const read: TableColumn[] = [];
  let done = 0;
  for (const column of columns) {
    const asked = named.find(({ name }) => name === column.name);
    if (asked === undefined || column.kind !== 'categorical') {
      read.push(column);
      continue;
    }
    const found = await readNamedPictures(column, folder, {
      settings: asked.picture,
      decoded,
      signal,
      onProgress: (fraction) => onProgress?.(TABLE_SHARE + ((1 - TABLE_SHARE) * (done + fraction)) / named.length),
    });
    done++;
    for (const { code, path, reason } of found.unreadable) {
      const place = placeOf(places, column.codes.indexOf(code));
      if (!unreadable.has(path))
        unreadable.set(path, { name: column.categories[code]!, reason: `${reason}; ${place}` });
    }
    const [first] = found.unreadable;
    if (badNumber === 'throw' && first !== undefined && found.unreadable.length === column.categories.length) {
      throw noPictures(column.name, folder, unreadable.get(first.path)!, found.unreadable.length);
    }
    read.push(found.image);
  }
  return { columns: read, unreadable: [...unreadable.values()] };
}

function noPictures(column: string, folder: string, { name, reason }: UnreadableFile, count: number): AppError {
  return new AppError(
    'dataset/no-pictures',
    `Column '${column}': expected paths of pictures (PNG, JPEG, WebP, GIF, TIFF or BMP), absolute or relative to ${folder}; none of ${count.toLocaleString('en')} can be read. The first is '${name}': ${reason}. Correct the paths, or set the column's type to categorical.`,
    { column, folder, first: name },
  );
}
