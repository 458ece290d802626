import type { ColumnProfile, DataProfile } from '../../../src-shared/contract/data-results.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { pairClasses, pairColumns, withoutPairs } from '../../../src-shared/data/pairs.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { entryKey, readEntry, writeEntry } from '../cache/entries.ts';
import { columnKeys } from '../cache/stored-columns.ts';
import { codecOf } from '../columns/registry.ts';
import { locateSource } from '../cache/locate-source.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { splitPairs } from '../rows/split-source.ts';
import { columnOf, type CategoricalColumn } from '../tables/table.ts';

/** Facts about the drawn pairs; stored in the cache. */
interface PairFindings {
  /** In the order of `pairClasses`. */
  readonly counts: readonly number[];
  /** The first pairs, in the document's columns. */
  readonly preview: DataProfile['preview'];
  readonly warnings: readonly string[];
}

/** Changes when the same pairs give other facts. */
const FINDINGS_VERSION = 1;

/**
 * Describes a document with pairs: its images and classes over all pictures, 'same' over all pairs, and the first pairs.
 * If pairs cannot be drawn, which preparation reports, only pictures are described.
 *
 * @param pictures Profile of the document without pairs.
 */
export async function profilePairs(
  document: DatasetDocument,
  pictures: DataProfile,
  projectFolder: string,
  options: PrepareOptions,
): Promise<DataProfile> {
  const { counts, preview, warnings } = await findPairs(document, pictures.preview.length, projectFolder, options);
  const [image, className] = pictures.columns as [ColumnProfile, ColumnProfile];
  const same = {
    ...className,
    rows: counts.reduce((sum, count) => sum + count, 0),
    missing: 0,
    distinct: pairClasses.length,
    categories: [...pairClasses],
    histogram: [...counts],
  };
  const profiles = new Map<string, ColumnProfile>([
    [pairColumns.first, image],
    [pairColumns.second, image],
    [pairColumns.same, same],
  ]);
  const columns = document.columns.map((column) => ({ ...(profiles.get(column.name) ?? className), column }));
  return {
    ...pictures,
    source: document.source,
    columns,
    preview,
    warnings: [...pictures.warnings, ...warnings],
  };
}

async function findPairs(
  document: DatasetDocument,
  shown: number,
  projectFolder: string,
  options: PrepareOptions,
): Promise<PairFindings> {
  const { source, columns, split, filter = [] } = document;
  const single = withoutPairs(document);
  const located = await locateSource(single, projectFolder);
  const keys = await columnKeys(located, single.columns, { signal: options.signal });
  const names = columns.map(({ name }) => name);
  const key = entryKey([keys, 'pairs', FINDINGS_VERSION, source, names, split, filter, shown]);
  const known = keys === null ? null : await readEntry(key);
  if (known !== null) return known.header as PairFindings;
  try {
    const found = await drawFindings(document, shown, projectFolder, options);
    if (keys !== null) await writeEntry(key, found);
    return found;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return { counts: pairClasses.map(() => 0), preview: [], warnings: [] };
  }
}

async function drawFindings(
  document: DatasetDocument,
  shown: number,
  projectFolder: string,
  options: PrepareOptions,
): Promise<PairFindings> {
  const { table, splits, warnings } = (await splitPairs(document, projectFolder, options)).drawn;
  const same = columnOf(table, pairColumns.same) as CategoricalColumn;
  const counts = pairClasses.map(() => 0);
  for (const code of same.codes) counts[code]!++;
  const read = document.columns.map(({ name }) => table.columns.find((column) => column.name === name));
  const preview = Array.from(splits.train.subarray(0, shown), (row) =>
    read.map((column) => (column === undefined ? null : codecOf(column).cellAt(column, row))),
  );
  return { counts, preview, warnings };
}
