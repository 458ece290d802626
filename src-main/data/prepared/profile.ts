import type { ColumnProfile, DataProfile } from '../../../src-shared/contract/contract.ts';
import { splitNames, type Column, type DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { reasonToIgnore } from '../tables/column-facts.ts';
import type { PrepareOptions } from '../rows/dataset.ts';
import { cellOf } from '../tables/cells.ts';
import { readSource } from '../rows/read-source.ts';
import { countBytes, summarize, summarizeBytes } from '../features/statistics.ts';
import {
  isMissing,
  type CategoricalColumn,
  type ImageColumn,
  type NumericColumn,
  type Table,
} from '../tables/table.ts';
import { sortCategories } from '../tables/values.ts';

const bins = 30;
const mostCategories = 50;
const previewRows = 20;
/** Rows with images of more pixels than this are sent as numbers one by one: few of them. */
const largePixels = 4096;
const fewPreviewRows = 6;

type Profiled = Omit<ColumnProfile, 'column' | 'rows'>;

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
  const table = await readSource(document, projectFolder, {
    keep: () => true,
    badNumber: 'missing',
    onProgress: (fraction) => options.onProgress?.(fraction, 'Reading data'),
    signal: options.signal,
  });
  const warnings = [...table.warnings];
  if (table.given !== null) warnings.push(givenText(table.given));
  const columns = document.columns.map((column, index): ColumnProfile => {
    const profile = { column, rows: table.rows, ...profileColumn(table, index) };
    const reason = column.role === 'ignored' ? whyIgnored(column, profile, table, index) : null;
    if (reason !== null) warnings.push(`${column.name} is ignored: ${reason}.`);
    return profile;
  });
  const large = table.columns.some(
    (column) => column.kind === 'image' && column.shape[0] * column.shape[1] > largePixels,
  );
  const shown = Math.min(large ? fewPreviewRows : previewRows, table.rows);
  const preview = Array.from({ length: shown }, (_, row) => table.columns.map((column) => cellOf(column, row)));
  return { source: document.source, rows: table.rows, columns, preview, warnings };
}

/** "The data gives its own splits: 60,000 train rows, 3,000 test rows." */
function givenText(given: Uint8Array): string {
  const counts = splitNames.flatMap((name, code) => {
    const rows = given.reduce((sum, each) => sum + (each === code ? 1 : 0), 0);
    return rows === 0 ? [] : [`${rows.toLocaleString('en')} ${name} rows`];
  });
  return `The data gives its own splits: ${counts.join(', ')}.`;
}

function profileColumn(table: Table, index: number): Profiled {
  const column = table.columns[index]!;
  if (column.kind === 'numeric') return profileNumeric(column);
  return column.kind === 'image' ? profileImage(column, table.rows) : profileCategorical(column);
}

function profileNumeric({ values }: NumericColumn): Profiled {
  const present = values.filter((value) => !Number.isNaN(value));
  const missing = values.length - present.length;
  if (present.length === 0) return { ...nothing, missing };
  const sorted = present.slice().sort();
  let distinct = 1;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct++;
  const summary = summarize(present);
  // Halve the numbers, because the range of the largest ones overflows.
  const range = summary.max / 2 - summary.min / 2;
  const histogram = new Array<number>(bins).fill(0);
  for (const value of present) {
    const bin = range === 0 ? 0 : Math.floor(((value / 2 - summary.min / 2) / range) * bins);
    histogram[Math.min(bins - 1, bin)]!++;
  }
  const mean = finiteOrNull(summary.mean);
  const standardDeviation = finiteOrNull(summary.standardDeviation);
  return { ...summary, mean, standardDeviation, missing, distinct, histogram, categories: [] };
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

/** Profile of all pixels of all images. */
function profileImage({ pixels, shape }: ImageColumn, rows: number): Profiled {
  if (!(pixels instanceof Uint8Array)) {
    return { ...profileNumeric({ kind: 'numeric', name: '', values: Float64Array.from(pixels) }), missing: 0 };
  }
  const allRows = Int32Array.from({ length: rows }, (_, row) => row);
  const counts = countBytes(pixels, allRows, shape[0] * shape[1] * shape[2]);
  const summary = summarizeBytes(counts);
  const range = summary.max - summary.min || 1;
  const histogram = new Array<number>(bins).fill(0);
  counts.forEach((count, value) => {
    const bin = Math.floor(((value - summary.min) / range) * bins);
    if (count > 0) histogram[Math.min(bins - 1, bin)]! += count;
  });
  return { ...summary, missing: 0, distinct: counts.filter((count) => count > 0).length, histogram, categories: [] };
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

function whyIgnored(column: Column, profile: ColumnProfile, table: Table, index: number): string | null {
  const data = table.columns[index]!;
  const consecutive =
    data.kind === 'numeric' && data.values.every((value, row) => row === 0 || value === data.values[row - 1]! + 1);
  return reasonToIgnore({
    rows: table.rows,
    missing: profile.missing,
    distinct: profile.distinct,
    numeric: column.type === 'numeric',
    consecutive: consecutive && !isMissing(data, 0),
  });
}
