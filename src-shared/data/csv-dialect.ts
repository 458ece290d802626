import { z } from 'zod';

/** Texts that count as missing values unless the document names others. Compared after trimming. */
export const usualMissingWords: readonly string[] = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', '?'];

export const csvEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type CsvEncoding = (typeof csvEncodings)[number];

/**
 * How a text table is written. The document records what differs from the usual, whether Lamina guessed it or a person
 * chose it; the document's `guess` tells which.
 */
export const csvDialectSchema = z.object({
  /** One character; a blank: one or more blanks or tabs. Absent: detected from the first lines among , ; | and tab. */
  delimiter: z.string().length(1).optional(),
  /** Around values that contain the delimiter; empty: no character is a quote. Absent: ". */
  quote: z.enum(['"', "'", '']).optional(),
  /** Absent: a point. */
  decimal: z.enum(['.', ',']).optional(),
  /** Between groups of three digits; empty: none. Absent: none. A blank stands for a no-break space too. */
  thousands: z.enum(['', ',', '.', ' ', "'"]).optional(),
  /** Absent: UTF-16 if the file has its byte order mark, else UTF-8. */
  encoding: z.enum(csvEncodings).optional(),
  /** Lines with the names of the columns; 0: none, and the columns are named column1, column2, … Absent: 1. */
  headerLines: z.number().int().min(0).max(10).optional(),
  /** Lines before the header that are not read. Absent: 0. */
  skippedLines: z.number().int().min(0).max(1000).optional(),
  /** Lines that begin with it are not read; empty: there are none. Absent: none. */
  comment: z.string().max(2).optional(),
  /** Texts that count as missing values, besides the empty text. Absent: `usualMissingWords`. */
  missing: z.array(z.string()).max(100).optional(),
});

export type CsvDialect = z.infer<typeof csvDialectSchema>;

export const dialectKeys = Object.keys(csvDialectSchema.shape) as (keyof CsvDialect)[];

/** The options of a source that it has. */
export function dialectOf(source: CsvDialect): CsvDialect {
  return Object.fromEntries(dialectKeys.flatMap((key) => (source[key] === undefined ? [] : [[key, source[key]]])));
}
