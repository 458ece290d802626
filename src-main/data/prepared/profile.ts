import { setImmediate } from 'node:timers/promises';
import type { ColumnProfile, DataProfile } from '../../../src-shared/contract/data-results.ts';
import { splitNames, type Column, type DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { columnTypeOf } from '../../../src-shared/data/columns/registry.ts';
import type { Cell, Described } from '../columns/column-codec.ts';
import { codecOf } from '../columns/registry.ts';
import { withoutMadeTarget } from '../../../src-shared/data/made-target.ts';
import { pairsOf, withoutPairs } from '../../../src-shared/data/pairs.ts';
import { entryKey, readEntry, writeEntry } from '../cache/entries.ts';
import { contentKeys } from '../cache/stored-pictures.ts';
import { locateSource } from '../cache/locate-source.ts';
import { reasonToIgnore } from '../tables/column-facts.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { readSource } from '../rows/read-source.ts';
import { warningOf, type SourceTable, type UnreadableFile } from '../tables/table.ts';
import { profilePairs } from './profile-pairs.ts';

const previewRows = 20;
const mostUnreadable = 1000;
/** Of images with more values than this only a few rows are sent, because each value is a number in JSON. */
const largePixels = 4096;
const fewPreviewRows = 6;

/** Facts about a column's values; stored in the cache. */
interface ColumnFindings {
  readonly profile: Described;
  /** Consecutive whole numbers, such as row numbers. */
  readonly consecutive: boolean;
  /** Cells of the first rows. */
  readonly preview: readonly Cell[];
  readonly warning: string | null;
}

/** Facts about the table as a whole; stored in the cache. */
interface TableFindings {
  readonly warnings: readonly string[];
  readonly unreadable: UnreadableFile[];
}

interface Findings extends TableFindings {
  readonly columns: readonly ColumnFindings[];
}

/** Changes when the same values give other facts. */
const FINDINGS_VERSION = 2;

/**
 * Describes every column of a document's source over all rows, with a preview of the first rows. Text
 * in a numeric column counts as missing here, with a warning; preparation rejects it. For pairs, the rows are
 * the pictures that they are drawn from.
 *
 * @throws AppError `dataset/…` of the readers.
 */
export async function profileDataset(
  document: DatasetDocument,
  projectFolder: string,
  options: PrepareOptions = {},
): Promise<DataProfile> {
  if (pairsOf(document) === null) return profileRows(withoutMadeTarget(document), projectFolder, options);
  const pictures = await profileRows(withoutPairs(document), projectFolder, options);
  return profilePairs(document, pictures, projectFolder, options);
}

async function profileRows(
  document: DatasetDocument,
  projectFolder: string,
  options: PrepareOptions,
): Promise<DataProfile> {
  const { signal } = options;
  const source = await locateSource(document, projectFolder);
  const contents = await contentKeys(source, document.columns, {
    signal,
    onProgress: (fraction) => options.onProgress?.(fraction, 'Checking files'),
  });
  const keys = contents?.map((key) => entryKey([key, FINDINGS_VERSION]));
  const known = await knownFindings(keys ?? []);
  const table = await readSource(document, projectFolder, {
    keep: () => known === null,
    badNumber: 'missing',
    onProgress: (fraction) => options.onProgress?.(fraction, 'Reading data'),
    signal,
  });
  const { columns: findings, ...about } = known ?? (await findAll(table, keys ?? [], signal));
  const warnings = [...about.warnings, ...findings.flatMap(({ warning }) => warning ?? [])];
  const columns = document.columns.map((column, index): ColumnProfile => {
    const profile = { column, rows: table.rows, ...findings[index]!.profile };
    const reason = column.role === 'ignored' ? whyIgnored(column, profile, findings[index]!.consecutive) : null;
    if (reason !== null) warnings.push(`${column.name} is ignored: ${reason}.`);
    return profile;
  });
  const large = columns.some((_, index) => findings[index]!.preview.some((cell) => sizeOf(cell) > largePixels));
  const shown = Math.min(large ? fewPreviewRows : previewRows, table.rows);
  const preview = Array.from({ length: shown }, (_, row) => findings.map((column) => column.preview[row] ?? null));
  return {
    source: document.source,
    rows: table.rows,
    columns,
    preview,
    warnings,
    ...(table.given === null ? {} : { given: countGiven(table.given) }),
    ...(about.unreadable.length === 0 ? {} : { unreadable: about.unreadable }),
  };
}

const sizeOf = (cell: Cell): number => (Array.isArray(cell) ? cell.length : 0);

const tableKey = (keys: readonly string[]): string => entryKey(['table', ...keys]);

/** @returns Null if those of a column are not in the cache. */
async function knownFindings(keys: readonly string[]): Promise<Findings | null> {
  if (keys.length === 0) return null;
  const ofTable = await readEntry(tableKey(keys));
  if (ofTable === null) return null;
  const columns: ColumnFindings[] = [];
  for (const key of keys) {
    const entry = await readEntry(key);
    if (entry === null) return null;
    columns.push(entry.header as ColumnFindings);
  }
  return { ...(ofTable.header as TableFindings), columns };
}

/** @param keys One per column; empty: nothing is stored. */
async function findAll(table: SourceTable, keys: readonly string[], signal?: AbortSignal): Promise<Findings> {
  const found: ColumnFindings[] = [];
  const pause = async (): Promise<void> => {
    await setImmediate();
    signal?.throwIfAborted();
  };
  for (const [index, column] of table.columns.entries()) {
    await pause();
    const findings: ColumnFindings = {
      profile: await codecOf(column).describe(column, pause),
      consecutive: codecOf(column).isConsecutive(column),
      preview: Array.from({ length: Math.min(previewRows, table.rows) }, (_, row) =>
        codecOf(column).cellAt(column, row),
      ),
      warning: warningOf(column),
    };
    if (keys[index] !== undefined) await writeEntry(keys[index], findings);
    found.push(findings);
  }
  const ofTable: TableFindings = {
    warnings: table.warnings,
    unreadable: (table.unreadable ?? []).slice(0, mostUnreadable),
  };
  if (keys.length > 0) await writeEntry(tableKey(keys), ofTable);
  return { ...ofTable, columns: found };
}

function countGiven(given: Uint8Array): NonNullable<DataProfile['given']> {
  const counts = { train: 0, validation: 0, test: 0 };
  for (const code of given) counts[splitNames[code]!]++;
  return counts;
}

function whyIgnored(column: Column, profile: ColumnProfile, consecutive: boolean): string | null {
  const { rows, missing, distinct } = profile;
  return reasonToIgnore({ rows, missing, distinct, numeric: !columnTypeOf(column).hasClasses, consecutive });
}
