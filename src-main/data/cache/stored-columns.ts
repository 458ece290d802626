import type { Column, DataSource } from '../../../src-shared/data/dataset-document.ts';
import type { DataFormat, ReadOptions } from '../formats/interface/data-format.ts';
import { formatOf } from '../formats/registry.ts';
import { codecOf } from '../columns/registry.ts';
import {
  warningOf,
  type RowPlaces,
  type SourceContents,
  type TableColumn,
  type UnreadableFile,
} from '../tables/table.ts';
import { entryKey, readEntry, writeEntry, type CacheEntry } from './entries.ts';
import { hashFiles, identityOf, type HashOptions } from './file-hashes.ts';
import { readUnchanged } from './read-unchanged.ts';

/**
 * Columns of sources as typed arrays on disk: one entry per column and one for the rows. Their keys depend on the files'
 * contents, the source's settings and the reader, not on roles, splits or seeds.
 */

/** Raised when the format or the keys of entries change. */
const ENTRY_VERSION = 3;
/** Share of the progress that hashing the files has, if they are hashed. */
const HASH_SHARE = 0.1;
/** Reads columns of a source: stored ones from the cache, others from the source, which stores them. */
export async function readContents(source: DataSource, options: ReadOptions): Promise<SourceContents> {
  const format = formatOf(source.kind);
  if (format.readerVersion === null) return format.read(source, options);
  const { signal, onProgress } = options;
  let share = 0;
  const hashing = (fraction: number): void => {
    share = HASH_SHARE;
    onProgress?.(fraction * share);
  };
  return readUnchanged({
    path: 'path' in source ? source.path : '',
    hash: () => {
      share = 0;
      return hashSource(source, format, { signal, onProgress: hashing });
    },
    async identity() {
      const { paths, unreadable } = await filesOf(source, format, signal);
      return (await identityOf(paths, unreadable)).identity;
    },
    stored: ({ key }) => readStored(key, format, options),
    read: () =>
      format.read(source, {
        ...options,
        onProgress: (fraction) => onProgress?.(share + fraction * (1 - share)),
      }),
    store: ({ key }, contents) => store(key, format, options.columns, contents),
  });
}

/** Keys for what is computed from columns, in the columns' order; null: the source is not cached. */
export async function columnKeys(
  source: DataSource,
  columns: readonly Column[],
  options: HashOptions = {},
): Promise<readonly string[] | null> {
  const format = formatOf(source.kind);
  if (format.readerVersion === null) return null;
  const { key } = await hashSource(source, format, options);
  return columns.map((column) => columnKey(key, format, column));
}

/** The key depends on the files' names too: the folder of a picture is its class. */
async function hashSource(
  source: DataSource,
  format: DataFormat,
  options: HashOptions,
): Promise<{ key: string; identity: string }> {
  const { paths, names, unreadable } = await filesOf(source, format, options.signal);
  const { sha256, identity } = await hashFiles(paths, { ...options, unreadable });
  const settings = { ...source, path: '' };
  return { key: entryKey([ENTRY_VERSION, format.kind, format.readerVersion, settings, names, sha256]), identity };
}

async function filesOf(
  source: DataSource,
  format: DataFormat,
  signal: AbortSignal | undefined,
): Promise<{ paths: string[]; names: string[]; unreadable: HashOptions['unreadable'] }> {
  const files = await format.files(source, signal);
  return {
    paths: files.flatMap(({ paths }) => paths),
    names: files.flatMap(({ names }) => names),
    unreadable: files.every(({ optional }) => optional) ? 'mark' : 'throw',
  };
}

function columnKey(key: string, format: DataFormat, column: Column): string {
  return entryKey([key, column.name, format.storedAs(column)]);
}

interface StoredRows {
  readonly rows: number;
  readonly header: readonly string[];
  readonly unreadable: readonly UnreadableFile[];
  /** Without lines, which are a part of the entry. */
  readonly places: RowPlaces;
}

/** @returns Null if a column or the rows are not stored, or if a stored column has a warning and `badNumber` is 'throw'. */
async function readStored(
  key: string,
  format: DataFormat,
  { columns, badNumber, signal }: ReadOptions,
): Promise<SourceContents | null> {
  const entry = await readEntry(entryKey([key, 'rows']));
  if (entry === null) return null;
  const found: TableColumn[] = [];
  for (const column of columns) {
    signal?.throwIfAborted();
    const stored = columnFrom(await readEntry(columnKey(key, format, column)));
    if (stored === null) return null;
    if (warningOf(stored) !== null && badNumber === 'throw') return null;
    found.push(stored);
  }
  const { rows, header, unreadable, places } = entry.header as StoredRows;
  const { lines, given } = entry.parts;
  return {
    rows,
    header,
    unreadable,
    columns: found,
    given: given ?? null,
    places:
      places.kind === 'lines'
        ? { ...places, lines: lines === undefined ? null : new Int32Array(lines.buffer) }
        : places,
  };
}

async function store(
  key: string,
  format: DataFormat,
  asked: readonly Column[],
  { rows, header, unreadable = [], places, given, columns }: SourceContents,
): Promise<void> {
  for (const column of asked) {
    const read = columns.find(({ name }) => name === column.name);
    if (read === undefined) continue;
    const { header: facts, parts } = codecOf(read).store(read);
    await writeEntry(columnKey(key, format, column), facts, parts);
  }
  const lines = places.kind === 'lines' ? places.lines : null;
  const facts: StoredRows = {
    rows,
    header,
    unreadable,
    places: places.kind === 'lines' ? { ...places, lines: null } : places,
  };
  await writeEntry(entryKey([key, 'rows']), facts, {
    ...(lines === null ? {} : { lines }),
    ...(given === null ? {} : { given }),
  });
}

/** What every codec stores in the header of a column. */
type ColumnFacts = Pick<TableColumn, 'kind' | 'name'>;

function columnFrom(entry: CacheEntry | null): TableColumn | null {
  return entry === null ? null : codecOf(entry.header as ColumnFacts).restore(entry.header, entry.parts);
}
