import type { ColumnProfile, DataProfile } from '../../../src-shared/contract/data-results.ts';
import { splitNames, type Column, type DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { readEntry, writeEntry } from '../cache/entries.ts';
import { hashOf } from '../cache/stored-columns.ts';
import { contentKeys } from '../cache/stored-pictures.ts';
import { locateSource } from '../formats/find-source.ts';
import { reasonToIgnore } from '../tables/column-facts.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { cellOf } from '../tables/cells.ts';
import { readSource } from '../rows/read-source.ts';
import { countBytes, countDistinct, summarize, summarizeBytes } from '../features/statistics.ts';
import {
  isMissing,
  type CategoricalColumn,
  type ImageColumn,
  type NumericColumn,
  type SourceTable,
  type TableColumn,
  type UnreadableFile,
} from '../tables/table.ts';
import { sortCategories } from '../tables/values.ts';

const bins = 30;
const mostCategories = 50;
const previewRows = 20;
const mostUnreadable = 1000;
/** Of images with more values than this only a few rows are sent, because each value is a number in JSON. */
const largePixels = 4096;
const fewPreviewRows = 6;

type Profiled = Omit<ColumnProfile, 'column' | 'rows'>;

/** What is computed from a column's values; kept in the cache. */
interface ColumnFindings {
  readonly profile: Profiled;
  /** Consecutive whole numbers, such as row numbers. */
  readonly consecutive: boolean;
  /** Cells of the first rows. */
  readonly preview: readonly Cell[];
  readonly warning: string | null;
}

/** What is found on reading the columns together; kept in the cache. */
interface TableFindings {
  readonly warnings: readonly string[];
  readonly unreadable: UnreadableFile[];
}

interface Findings extends TableFindings {
  readonly columns: readonly ColumnFindings[];
}

type Cell = DataProfile['preview'][number][number];

/** Changes with what is found in the same values. */
const FINDINGS_VERSION = 2;

/**
 * Describes every column of a document's source over all rows, with a preview of the first rows. Text
 * in a numeric column counts as missing here, with a warning; preparation rejects it.
 *
 * @throws AppError `dataset/…` of the readers.
 */
export async function profileDataset(
  document: DatasetDocument,
  projectFolder: string,
  options: PrepareOptions = {},
): Promise<DataProfile> {
  const { signal } = options;
  const source = await locateSource(document, projectFolder);
  const keys = (await contentKeys(source, document.columns, signal))?.map((key) => hashOf([key, FINDINGS_VERSION]));
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

const tableKey = (keys: readonly string[]): string => hashOf(['table', ...keys]);

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
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  for (const [index, column] of table.columns.entries()) {
    await pause();
    const findings: ColumnFindings = {
      profile: await profileColumn(column, pause),
      consecutive: isConsecutive(column),
      preview: Array.from({ length: Math.min(previewRows, table.rows) }, (_, row) => cellOf(column, row)),
      warning: column.kind === 'numeric' ? (column.warning ?? null) : null,
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

function isConsecutive(column: TableColumn): boolean {
  if (column.kind !== 'numeric' || isMissing(column, 0)) return false;
  return column.values.every((value, row) => row === 0 || value === column.values[row - 1]! + 1);
}

function countGiven(given: Uint8Array): NonNullable<DataProfile['given']> {
  const counts = { train: 0, validation: 0, test: 0 };
  for (const code of given) counts[splitNames[code]!]++;
  return counts;
}

/** Lets other tasks run; throws if they have aborted this one. */
type Pause = () => Promise<void>;

async function profileColumn(column: TableColumn, pause: Pause): Promise<Profiled> {
  if (column.kind === 'numeric') return profileNumeric(column, pause);
  return column.kind === 'image' ? profileImage(column, pause) : profileCategorical(column);
}

async function profileNumeric({ values }: Pick<NumericColumn, 'values'>, pause: Pause): Promise<Profiled> {
  const present = presentValues(values);
  const missing = values.length - present.length;
  if (present.length === 0) return { ...nothing, missing };
  const distinct = await countDistinct(present, pause);
  const summary = summarize(present);
  // Halve the numbers, because the range of the largest ones overflows.
  const range = summary.max / 2 - summary.min / 2;
  const histogram = new Array<number>(bins).fill(0);
  await pause();
  for (const value of present) {
    const bin = range === 0 ? 0 : Math.floor(((value / 2 - summary.min / 2) / range) * bins);
    histogram[Math.min(bins - 1, bin)]!++;
  }
  const mean = finiteOrNull(summary.mean);
  const standardDeviation = finiteOrNull(summary.standardDeviation);
  return { ...summary, mean, standardDeviation, missing, distinct, histogram, categories: [] };
}

/** Those that are not NaN. */
function presentValues(values: Float64Array): Float64Array {
  const present = new Float64Array(values.length);
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) present[count++] = value;
  return present.subarray(0, count);
}

/** Null for sums and squares that overflow. */
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Categories in class order; if there are more than `mostCategories`, the most frequent ones. */
function profileCategorical({ codes, categories }: CategoricalColumn): Profiled {
  const counts = new Array<number>(categories.length).fill(0);
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing++;
    else counts[code]!++;
  }
  const order =
    categories.length <= mostCategories
      ? sortCategories(categories).map((category) => categories.indexOf(category))
      : [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, mostCategories);
  return {
    ...nothing,
    missing,
    distinct: categories.length,
    histogram: order.map((code) => counts[code]!),
    categories: order.map((code) => categories[code]!),
  };
}

/** Profile of all pixels of all pictures, each once. */
async function profileImage({ pixels, pictures, shape }: ImageColumn, pause: Pause): Promise<Profiled> {
  const missing = pictures === null ? 0 : pictures.filter((picture) => picture < 0).length;
  if (!(pixels instanceof Uint8Array)) {
    return { ...(await profileNumeric({ values: Float64Array.from(pixels) }, pause)), missing };
  }
  if (pixels.length === 0) return { ...nothing, missing };
  const size = shape[0] * shape[1] * shape[2];
  const all = Int32Array.from({ length: pixels.length / size }, (_, picture) => picture);
  const counts = countBytes(pixels, all, size);
  const summary = summarizeBytes(counts);
  const range = summary.max - summary.min || 1;
  const histogram = new Array<number>(bins).fill(0);
  counts.forEach((count, value) => {
    const bin = Math.floor(((value - summary.min) / range) * bins);
    if (count > 0) histogram[Math.min(bins - 1, bin)]! += count;
  });
  return { ...summary, missing, distinct: counts.filter((count) => count > 0).length, histogram, categories: [] };
}

const nothing: Profiled = {
  missing: 0,
  distinct: 0,
  min: null,
  max: null,
  mean: null,
  standardDeviation: null,
  histogram: [],
  categories: [],
};

function whyIgnored(column: Column, profile: ColumnProfile, consecutive: boolean): string | null {
  const { rows, missing, distinct } = profile;
  return reasonToIgnore({ rows, missing, distinct, numeric: column.type === 'numeric', consecutive });
}
