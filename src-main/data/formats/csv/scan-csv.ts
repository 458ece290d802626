import type { CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import type { ColumnFacts } from '../../tables/column-facts.ts';
import { cellFormatOf, withoutAffix, type CellFormat } from '../../tables/cell-format.ts';
import { readCsvRecords, type CsvRecordsOptions } from './csv-records.ts';

export type ScanOptions = Pick<CsvRecordsOptions, 'onProgress' | 'signal'>;

export interface ScannedColumn extends ColumnFacts {
  readonly name: string;
  /** Whether all present values are whole numbers. */
  readonly whole: boolean;
  /** The first different values as texts. */
  readonly texts: readonly string[];
  /** What is before or after the numbers: '€', '%', 'm'; null: nothing. */
  readonly unit: string | null;
  /** Numbers without the unit. */
  readonly withoutUnit: number;
  /** A text that would lose something as a number; null: there is none. */
  readonly code: string | null;
  /** Whether all values are numbers, also those that are read as texts. */
  readonly allNumbers: boolean;
  /** Texts among the numbers, and the first of them. */
  readonly strays: number;
  readonly stray: string;
  /** Texts that differ in spelling alone, two at a time. */
  readonly spellings: readonly (readonly [string, string])[];
  /** Occurrences of 'NA', which counts as missing. */
  readonly notAvailable: number;
}

const scannedRows = 200_000;
const distinctLimit = 5000;
const keptTexts = 200;
/** A column with at least this share of numbers is numeric; other values are errors. */
const numericShare = 0.9;
/** At least this share of the numbers has the unit. */
const unitShare = 0.8;

/**
 * Scans the first 200,000 rows of a text table and describes each column, without storing values.
 *
 * @param options `onProgress`: fraction of these rows, or of the file if it has fewer.
 * @throws AppError of `readCsvRecords`; the signal's reason if aborted.
 */
export async function scanCsv(
  path: string,
  dialect: CsvDialect = {},
  options: ScanOptions = {},
): Promise<ScannedColumn[]> {
  let scans: ColumnScan[] = [];
  let rows = 0;
  const cells = cellFormatOf(dialect);
  await readCsvRecords(path, {
    ...options,
    dialect,
    onProgress: (fraction) => options.onProgress?.(Math.max(fraction, Math.min(1, rows / scannedRows))),
    onHeader: (names) => (scans = names.map((name) => new ColumnScan(name, cells))),
    onRecord: (fields) => {
      scans.forEach((scan, i) => scan.add(fields[i]!.trim()));
      return ++rows < scannedRows;
    },
  });
  return scans.map((scan) => scan.finish(rows));
}

class ColumnScan {
  readonly #name: string;
  readonly #cells: CellFormat;
  readonly #distinct = new Set<string>();
  /** Number of texts with a unit beside a number, and the first of them. */
  readonly #affixes = new Map<string, { count: number; first: string }>();
  #missing = 0;
  #notAvailable = 0;
  #numbers = 0;
  #affixed = 0;
  #texts = 0;
  #stray = '';
  #code: string | null = null;
  #whole = true;
  #consecutive = true;
  #last = Number.NaN;

  constructor(name: string, cells: CellFormat) {
    this.#name = name;
    this.#cells = cells;
  }

  add(text: string): void {
    if (this.#cells.missing.has(text)) {
      this.#missing++;
      if (text === 'NA') this.#notAvailable++;
      this.#consecutive = false;
      return;
    }
    if (this.#distinct.size < distinctLimit) this.#distinct.add(text);
    let value = this.#cells.parseNumber(text);
    if (Number.isNaN(value)) {
      const parts = withoutAffix(text);
      value = parts === null ? Number.NaN : this.#cells.parseNumber(parts.number);
      if (parts === null || Number.isNaN(value)) {
        if (this.#texts++ === 0) this.#stray = text;
        return;
      }
      this.#affixed++;
      const known = this.#affixes.get(parts.affix);
      this.#affixes.set(parts.affix, { count: (known?.count ?? 0) + 1, first: known?.first ?? text });
    } else {
      this.#numbers++;
      if (isCode(text, value)) this.#code ??= text;
    }
    this.#whole &&= Number.isInteger(value);
    this.#consecutive &&= Number.isInteger(value) && (Number.isNaN(this.#last) || value === this.#last + 1);
    this.#last = value;
  }

  finish(rows: number): ScannedColumn {
    const present = this.#numbers + this.#affixed + this.#texts;
    const [first, ...others] = [...this.#affixes].sort(([, a], [, b]) => b.count - a.count);
    const inUnit = first?.[1].count ?? 0;
    const hasUnit = inUnit > 0 && inUnit >= unitShare * (this.#numbers + this.#affixed);
    const readable = hasUnit ? this.#numbers + inUnit : this.#numbers;
    const numeric = present > 0 && readable >= numericShare * present && this.#code === null;
    // A person may say that some numbers have it.
    const mayHaveUnit = inUnit > 1 && this.#numbers + inUnit >= numericShare * present;
    const pure = numeric && this.#texts === 0;
    return {
      name: this.#name,
      rows,
      missing: this.#missing,
      notAvailable: this.#notAvailable,
      distinct: this.#distinct.size,
      numeric,
      allNumbers: present > 0 && this.#texts + this.#affixed === 0,
      texts: [...this.#distinct].slice(0, keptTexts),
      unit: hasUnit || (!numeric && mayHaveUnit) ? first![0] : null,
      withoutUnit: this.#numbers,
      code: this.#code,
      strays: present - readable,
      stray: this.#stray || ((hasUnit ? others[0] : first)?.[1].first ?? ''),
      spellings: spellingsOf(this.#distinct, this.#cells),
      whole: pure && this.#whole,
      consecutive: pure && this.#consecutive,
    };
  }
}

/** Whether digits are a code: as numbers, '01067' and '1067' would be equal, and so would long ones that differ in the last digit. */
function isCode(text: string, value: number): boolean {
  if (text.charCodeAt(0) === 48 && text.length > 1 && /^0\d+$/.test(text)) return true;
  return Math.abs(value) > Number.MAX_SAFE_INTEGER && /^[+-]?\d+$/.test(text);
}

const SPELLINGS = 5;

/** The form that two spellings of one label have in common. */
export function spellingKey(text: string, cells: Pick<CellFormat, 'parseNumber'>): string {
  const value = cells.parseNumber(text);
  if (!Number.isNaN(value) && !isCode(text, value)) return `number ${value}`;
  return text
    .normalize('NFC')
    .replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

function spellingsOf(texts: ReadonlySet<string>, cells: CellFormat): (readonly [string, string])[] {
  const first = new Map<string, string>();
  const found: (readonly [string, string])[] = [];
  for (const text of texts) {
    const key = spellingKey(text, cells);
    const other = first.get(key);
    if (other === undefined) first.set(key, text);
    else if (found.push([other, text]) === SPELLINGS) break;
  }
  return found;
}
