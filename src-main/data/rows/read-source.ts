import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { ReadOptions } from '../formats/data-format.ts';
import { locateSource } from '../formats/find-source.ts';
import { readContents } from '../cache/stored-columns.ts';
import { placeOf, type SourceTable, type TableColumn, type UnreadableFile } from '../tables/table.ts';

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
  const contents = await readContents(source, { ...reading, columns });
  const known = new Set(document.columns.map((column) => column.name));
  const unknown = contents.header.filter((name) => !known.has(name));
  const picked = columns.map((column) => pick(contents.columns, column));
  return {
    ...contents,
    columns: picked,
    locate: (row) => placeOf(contents.places, row),
    warnings: [
      ...(unknown.length === 0
        ? []
        : [`Columns that are not in the dataset document are not used: ${unknown.join(', ')}.`]),
      ...unreadableText(contents.unreadable ?? []),
    ],
  };
}

/** Files that the warning names. */
const NAMED_FILES = 5;

function unreadableText(files: readonly UnreadableFile[]): string[] {
  if (files.length === 0) return [];
  const named = files.slice(0, NAMED_FILES).map(({ name, reason }) => `${name} (${reason})`);
  const more = files.length > NAMED_FILES ? ` and ${files.length - NAMED_FILES} more` : '';
  const what = files.length === 1 ? '1 file cannot be read and is' : `${files.length} files cannot be read and are`;
  return [`${what} left out: ${named.join(', ')}${more}.`];
}

function pick(columns: readonly TableColumn[], column: Column): TableColumn {
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
  const converted = found.kind === 'categorical' && column.type === 'numeric' ? toNumbers(found) : null;
  if (converted !== null) return converted;
  throw new AppError(
    'dataset/bad-column-type',
    `Column '${column.name}': expected the type '${found.kind}'; received '${column.type}'. Set its type to ${found.kind}.`,
    { column: column.name, expected: found.kind, received: column.type },
  );
}

/** Converts labels to numbers, so that digits can be a regression target; null if a label is not a number. */
function toNumbers(column: Extract<TableColumn, { kind: 'categorical' }>): TableColumn | null {
  const numbers = column.categories.map(Number);
  if (numbers.some(Number.isNaN)) return null;
  const values = Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : numbers[code]!));
  return { kind: 'numeric', name: column.name, values };
}
