import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { ReadOptions } from '../formats/interface/data-format.ts';
import { locateSource } from '../cache/locate-source.ts';
import { readContents } from '../cache/stored-columns.ts';
import { codecOf } from '../columns/registry.ts';
import { columnInFile } from '../cache/stored-pictures.ts';
import { placeOf, type SourceTable, type TableColumn, type UnreadableFile } from '../tables/table.ts';
import { readPictures, TABLE_SHARE } from './read-pictures.ts';

export interface ReadSourceOptions extends Omit<ReadOptions, 'columns'> {
  /** Selects the columns to read. */
  readonly keep: (column: Column) => boolean;
}

/**
 * Reads the columns of a document's source, in the document's order.
 *
 * @throws AppError of the readers; `dataset/missing-column` or `dataset/bad-column-type` if the
 *   document's columns do not fit the source.
 */
export async function readSource(
  document: DatasetDocument,
  projectFolder: string,
  options: ReadSourceOptions,
): Promise<SourceTable> {
  const { keep, ...reading } = options;
  const columns = document.columns.filter(keep);
  const source = await locateSource(document, projectFolder);
  const inFile = columns.map((column) => columnInFile(source, column));
  const named = columns.filter((column, index) => column !== inFile[index]);
  const share = named.length === 0 ? 1 : TABLE_SHARE;
  const contents = await readContents(source, {
    ...reading,
    columns: inFile,
    onProgress: (fraction) => options.onProgress?.(fraction * share),
  });
  const known = new Set(document.columns.map((column) => column.name));
  const unknown = contents.header.filter((name) => !known.has(name));
  const picked = inFile.map((column) => pickColumn(contents.columns, column));
  const pictures = await readPictures(picked, named, source, contents, options);
  const unreadable = [...(contents.unreadable ?? []), ...pictures.unreadable];
  return {
    ...contents,
    columns: pictures.columns,
    unreadable,
    locate: (row) => placeOf(contents.places, row),
    warnings: [
      ...(unknown.length === 0
        ? []
        : [`Columns that are not in the dataset document are not used: ${unknown.join(', ')}.`]),
      ...unreadableText(unreadable, named.length > 0),
    ],
  };
}

/** Files that the warning names. */
const NAMED_FILES = 5;

function unreadableText(files: readonly UnreadableFile[], named: boolean): string[] {
  if (files.length === 0) return [];
  const shown = files.slice(0, NAMED_FILES).map(({ name, reason }) => `${name} (${reason})`);
  const more = files.length > NAMED_FILES ? ` and ${files.length - NAMED_FILES} more` : '';
  const what = files.length === 1 ? '1 file cannot be read' : `${files.length} files cannot be read`;
  const result = named ? 'Rows that name such a file have no picture' : 'They have no row';
  return [`${what}: ${shown.join(', ')}${more}. ${result}.`];
}

/** The column of the document, converted to its type. @throws AppError as `readSource`. */
export function pickColumn(columns: readonly TableColumn[], column: Column): TableColumn {
  const found = columns.find((each) => each.name === column.name);
  const names = columns.map((each) => each.name);
  if (found === undefined) {
    throw new AppError(
      'dataset/missing-column',
      `Expected a column '${column.name}' as in the dataset document; the data has ${names.join(', ')}. Choose the data again.`,
      { column: column.name, received: names },
    );
  }
  if (found.kind === column.type) return found;
  const converted = codecOf(found).convert(found, column.type);
  if (converted !== null) return converted;
  throw new AppError(
    'dataset/bad-column-type',
    `Column '${column.name}': expected the type '${found.kind}'; received '${column.type}'. Set its type to ${found.kind}.`,
    { column: column.name, expected: found.kind, received: column.type },
  );
}
