import { withUsualSettings } from '../../../src-shared/data/column-choices.ts';
import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import { MISSING_CATEGORY } from '../../../src-shared/data/columns/categorical.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { CategoricalColumn } from '../tables/table.ts';
import { byCodePoint, isMissingCell, parseNumber, sortCategories } from '../tables/values.ts';
import { categoricalBuilder } from './categorical-builder.ts';
import type { ColumnCodec } from './column-codec.ts';
import { badValue, emptyColumn } from './column-errors.ts';
import { nothing } from './describe-numbers.ts';
import { namesDifference } from './scaling.ts';

type Fitted = Extract<FittedColumn, { type: 'categorical' }>;

/** Largest number of categories in a profile. */
const MOST_DESCRIBED = 50;

export const categorical: ColumnCodec<CategoricalColumn, Fitted> = {
  kind: 'categorical',
  build: categoricalBuilder,
  isMissing: ({ codes }, row) => codes[row]! < 0,
  cellAt({ codes, categories }, row) {
    const code = codes[row]!;
    return code < 0 ? null : categories[code]!;
  },
  store: ({ kind, name, codes, categories }) => ({ header: { kind, name, categories }, parts: { codes } }),
  restore(header, { codes }) {
    if (codes === undefined) return null;
    return { ...(header as Omit<CategoricalColumn, 'codes'>), codes: new Int32Array(codes.buffer) };
  },
  /** Labels become numbers, so that digits can be a regression target. */
  convert({ name, codes, categories }, kind) {
    const numbers = categories.map(Number);
    if (kind !== 'numeric' || numbers.some(Number.isNaN)) return null;
    const values = Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : numbers[code]!));
    return { kind: 'numeric', name, values };
  },

  /** Categories in class order; if there are more than `MOST_DESCRIBED`, the most frequent ones. */
  async describe({ codes, categories }) {
    const counts = new Array<number>(categories.length).fill(0);
    let missing = 0;
    for (const code of codes) {
      if (code < 0) missing++;
      else counts[code]!++;
    }
    const order =
      categories.length <= MOST_DESCRIBED
        ? sortCategories(categories).map((category) => categories.indexOf(category))
        : largestCounts(counts, MOST_DESCRIBED);
    return {
      ...nothing,
      missing,
      distinct: categories.length,
      histogram: order.map((code) => counts[code]!),
      categories: order.map((code) => categories[code]!),
    };
  },
  isConsecutive: () => false,
  strata: ({ codes }, rows) => Uint32Array.from(rows, (row) => codes[row]!),
  isOneOf({ codes, categories }, values) {
    const chosen = categories.map((category) => values.has(category));
    return (row) => codes[row]! >= 0 && chosen[codes[row]!]!;
  },
  fulfils({ name, codes, categories }, { holds, value }) {
    if (value === undefined) return `expected a text to compare '${name}' with; received none`;
    const text = String(value);
    const fulfilled = categories.map((category) => holds(orderOf(category, text)));
    return (row) => codes[row]! >= 0 && fulfilled[codes[row]!]!;
  },
  atRows: (data, rows) => ({ ...data, codes: rows.map((row) => data.codes[row]!) }),
  mixed: (data, count, rowOf) => ({
    ...data,
    codes: Int32Array.from({ length: count }, (_, example) => data.codes[rowOf(example, 0)]!),
  }),

  fit(column, data, { rows }) {
    const { counts, missing } = countCodes(data, rows);
    const categories = sortCategories(data.categories.filter((_, code) => counts[code]! > 0));
    let fill: string | null = null;
    if (column.missing === 'most-frequent') {
      if (categories.length === 0) throw emptyColumn(column.name);
      const countOf = new Map(data.categories.map((category, code) => [category, counts[code]!]));
      fill = categories.reduce((best, each) => (countOf.get(each)! > countOf.get(best)! ? each : best));
    } else if (column.missing === 'category' && missing > 0) {
      if (!categories.includes(MISSING_CATEGORY)) categories.push(MISSING_CATEGORY);
      fill = MISSING_CATEGORY;
    }
    return { type: 'categorical', name: column.name, categories, fill };
  },
  fitTarget(column, data, { rows }) {
    const { counts: all } = countCodes(data, rows);
    const classes = sortCategories(data.categories.filter((_, code) => all[code]! > 0));
    const counts = classes.map((name) => all[data.categories.indexOf(name)]!);
    if (classes.length >= 2) return { kind: 'classes', name: column.name, classes, counts };
    throw new AppError(
      'dataset/one-class',
      `Target '${column.name}': expected at least 2 classes in the training rows; received only '${classes[0]}'. Turn on stratified splitting, or choose another target.`,
      { column: column.name, classes },
    );
  },
  // Without a fill, a missing value is encoded as zeros.
  asFitted: (column, { fill }) => (fill !== null && column.missing === 'drop-row' ? withUsualSettings(column) : column),
  difference: (before, after) => namesDifference('categories', before.categories, after.categories),
  requireFit: () => undefined,
  isConstant: () => false,

  encode(fitted, { codes, categories }, { rows }, { data, offset, width }) {
    const positions = Int32Array.from(categories, (category) => fitted.categories.indexOf(category));
    const fill = fitted.fill === null ? -1 : fitted.categories.indexOf(fitted.fill);
    let unknown = 0;
    for (let i = 0; i < rows.length; i++) {
      const code = codes[rows[i]!]!;
      const position = code < 0 ? fill : positions[code]!;
      if (position >= 0) data[i * width + offset + position] = 1;
      else unknown++;
    }
    return unknown;
  },
  encodeCell(fitted, cell, place, part) {
    if (Array.isArray(cell)) throw badValue(place, 'one of its categories', 'a list');
    const text = isMissingCell(cell) ? fitted.fill : String(cell).trim();
    const position = text === null ? -1 : categoryPosition(fitted.categories, text);
    if (position < 0) {
      return `'${fitted.name}': ${text === null ? 'no value' : `'${text}'`} is in no training row; encoded as zeros. Known: ${shorten(fitted.categories)}.`;
    }
    part[position] = 1;
    return null;
  },
  decode: ({ categories }, encoded) => categories[encoded.indexOf(Math.max(...encoded))] ?? '',
};

/** Indices of the largest counts, the largest first, the first of equal ones first. */
function largestCounts(counts: readonly number[], most: number): number[] {
  const found: number[] = [];
  for (const [index, count] of counts.entries()) {
    if (found.length === most && count <= counts[found[most - 1]!]!) continue;
    const place = found.findIndex((each) => counts[each]! < count);
    found.splice(place < 0 ? found.length : place, 0, index);
    found.length = Math.min(found.length, most);
  }
  return found;
}

function countCodes(data: CategoricalColumn, rows: Int32Array): { counts: Uint32Array; missing: number } {
  const counts = new Uint32Array(data.categories.length);
  let missing = 0;
  for (const row of rows) {
    if (data.codes[row]! < 0) missing++;
    else counts[data.codes[row]!]!++;
  }
  return { counts, missing };
}

/** By value if both are numbers, so that '10' is more than '9'; else by code point. */
function orderOf(category: string, text: string): number {
  const difference = parseNumber(category) - parseNumber(text);
  if (!Number.isNaN(difference)) return difference;
  return byCodePoint(category, text);
}

/** Index of a category: by text, else by value if both are numbers, so that 1 finds '1.0'. */
function categoryPosition(categories: readonly string[], text: string): number {
  const exact = categories.indexOf(text);
  const value = parseNumber(text);
  return exact >= 0 || Number.isNaN(value) ? exact : categories.findIndex((each) => parseNumber(each) === value);
}

function shorten(categories: readonly string[]): string {
  return categories.length <= 8 ? categories.join(', ') : `${categories.slice(0, 8).join(', ')}, …`;
}
