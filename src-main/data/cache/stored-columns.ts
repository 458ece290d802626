import { createHash } from 'node:crypto';
import type { Column, DataSource } from '../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { DataFormat, ReadOptions } from '../formats/data-format.ts';
import { formatOf } from '../formats/registry.ts';
import { codecOf } from '../columns/registry.ts';
import {
  warningOf,
  type RowPlaces,
  type SourceContents,
  type TableColumn,
  type UnreadableFile,
} from '../tables/table.ts';
import { readEntry, writeEntry, type CacheEntry } from './entries.ts';
import { hashFiles, type HashOptions } from './file-hashes.ts';

/**
 * Columns of sources as typed arrays on disk, one entry per column and one for the rows. Entries depend on the files'
 * contents, the source's settings and the reader, and not on roles, splits or seeds.
 */

/** Raised when the format or the keys of entries change. */
const ENTRY_VERSION = 3;
/** Share of the progress of reading a source that hashing its files has. */
const HASH_SHARE = 0.1;
/** Attempts at reading files that another program changes meanwhile. */
export const ATTEMPTS = 3;

/** Reads columns of a source: stored ones from the cache, others from the source, which stores them. */
export async function readContents(source: DataSource, options: ReadOptions): Promise<SourceContents> {
  const format = formatOf(source.kind);
  if (format.readerVersion === null) return format.read(source, options);
  const { signal, onProgress } = options;
  for (let attempt = 1; ; attempt++) {
    let share = 0;
    const hashing = (fraction: number): void => {
      share = HASH_SHARE;
      onProgress?.(fraction * share);
    };
    const before = await hashSource(source, format, { signal, onProgress: hashing });
    const stored = await readStored(before.key, format, options);
    if (stored !== null) return stored;
    const read = await format.read(source, {
      ...options,
      onProgress: (fraction) => onProgress?.(share + fraction * (1 - share)),
    });
    const after = await hashSource(source, format, { signal });
    if (after.identity === before.identity) {
      await store(before.key, format, options.columns, read);
      return read;
    }
    if (attempt === ATTEMPTS) throw changingFile('path' in source ? source.path : '');
  }
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
  const files = await format.files(source, options.signal);
  const { sha256, identity } = await hashFiles(
    files.flatMap(({ paths }) => paths),
    { ...options, unreadable: files.every(({ optional }) => optional) ? 'mark' : 'throw' },
  );
  const settings = { ...source, path: '' };
  const names = files.flatMap((file) => file.names);
  return { key: hashOf([ENTRY_VERSION, format.kind, format.readerVersion, settings, names, sha256]), identity };
}

export function changingFile(path: string): AppError {
  return new AppError(
    'dataset/changing-file',
    `Expected ${path} to stay unchanged while it is read; another program is writing to it. Try again when that has finished.`,
    { path },
  );
}

export const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

function columnKey(key: string, format: DataFormat, column: Column): string {
  return hashOf([key, column.name, format.storedAs(column)]);
}

interface StoredRows {
  readonly rows: number;
  readonly header: readonly string[];
  readonly unreadable: readonly UnreadableFile[];
  /** Without lines, which are a part of the entry. */
  readonly places: RowPlaces;
}

/** @returns Null if a column or the rows are not stored, or if a stored number is not one and the caller refuses that. */
async function readStored(
  key: string,
  format: DataFormat,
  { columns, badNumber, signal }: ReadOptions,
): Promise<SourceContents | null> {
  const entry = await readEntry(hashOf([key, 'rows']));
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
  await writeEntry(hashOf([key, 'rows']), facts, {
    ...(lines === null ? {} : { lines }),
    ...(given === null ? {} : { given }),
  });
}

/** Facts of a stored column; the others are of its codec. */
type ColumnFacts = Pick<TableColumn, 'kind' | 'name'>;

function columnFrom(entry: CacheEntry | null): TableColumn | null {
  return entry === null ? null : codecOf(entry.header as ColumnFacts).restore(entry.header, entry.parts);
}
