import { readCsvRecords, type CsvRecordsOptions } from './csv-records.ts';
import type { ColumnFacts } from '../../tables/column-facts.ts';
import { isMissingText, parseNumber } from '../../tables/values.ts';

export type ScanOptions = Pick<CsvRecordsOptions, 'delimiter' | 'onProgress' | 'signal'>;

export interface ScannedColumn extends ColumnFacts {
  readonly name: string;
  /** Whether all present values are whole numbers. */
  readonly whole: boolean;
  /** The first different values as texts. */
  readonly texts: readonly string[];
}

const scannedRows = 200_000;
const distinctLimit = 5000;
const keptTexts = 200;
/** A column with at least this share of numbers is numeric; other values are errors. */
const numericShare = 0.9;

/**
 * Scans the first 200,000 rows of a CSV file and describes each column, without storing values.
 *
 * @param options `onProgress`: fraction of these rows, or of the file if it has fewer.
 * @throws AppError of `readCsvRecords`; the signal's reason if aborted.
 */
export async function scanCsv(path: string, options: ScanOptions = {}): Promise<ScannedColumn[]> {
  let scans: ColumnScan[] = [];
  let rows = 0;
  await readCsvRecords(path, {
    ...options,
    onProgress: (fraction) => options.onProgress?.(Math.max(fraction, Math.min(1, rows / scannedRows))),
    onHeader: (names) => (scans = names.map((name) => new ColumnScan(name))),
    onRecord: (fields) => {
      scans.forEach((scan, i) => scan.add(fields[i]!.trim()));
      return ++rows < scannedRows;
    },
  });
  return scans.map((scan) => scan.finish(rows));
}

class ColumnScan {
  readonly #name: string;
  readonly #distinct = new Set<string>();
  #missing = 0;
  #numbers = 0;
  #texts = 0;
  #whole = true;
  #consecutive = true;
  #last = Number.NaN;

  constructor(name: string) {
    this.#name = name;
  }

  add(text: string): void {
    if (isMissingText(text)) {
      this.#missing++;
      this.#consecutive = false;
      return;
    }
    if (this.#distinct.size < distinctLimit) this.#distinct.add(text);
    const value = parseNumber(text);
    if (Number.isNaN(value)) {
      this.#texts++;
      return;
    }
    this.#numbers++;
    this.#whole &&= Number.isInteger(value);
    this.#consecutive &&= Number.isInteger(value) && (Number.isNaN(this.#last) || value === this.#last + 1);
    this.#last = value;
  }

  finish(rows: number): ScannedColumn {
    const present = this.#numbers + this.#texts;
    const numeric = present > 0 && this.#numbers >= numericShare * present;
    return {
      name: this.#name,
      rows,
      missing: this.#missing,
      distinct: this.#distinct.size,
      numeric,
      texts: [...this.#distinct].slice(0, keptTexts),
      whole: numeric && this.#texts === 0 && this.#whole,
      consecutive: numeric && this.#texts === 0 && this.#consecutive,
    };
  }
}
