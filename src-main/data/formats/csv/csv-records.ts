import { CsvError, parse } from 'csv-parse';
import type { CsvDialect } from '../../../../src-shared/data/csv-dialect.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { findLayout, parserOptions, type CsvLayout } from './csv-layout.ts';
import { emptyFile, openCsvText } from './csv-text.ts';

export interface CsvRecordsOptions {
  /** How the table is written; absent: in the usual way. */
  readonly dialect?: CsvDialect | undefined;
  /** Called before the first record, with the names of the columns. */
  readonly onHeader: (names: readonly string[]) => void;
  /**
   * Called for each record after the header; it has as many fields as the header. Return false to stop reading.
   * @param line 1-based line of the record's end.
   */
  readonly onRecord: (fields: readonly string[], line: number) => boolean | void;
  /** Fraction of the file read, 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Streams the records of a text table, gzipped or not. As RFC 4180, and also with mixed line ends, quotes inside values, a
 * trailing delimiter and a first column without a name.
 *
 * @throws AppError `dataset/ragged-row`, `dataset/bad-quote`, `dataset/not-utf8`, `dataset/not-text`, `dataset/empty-file`,
 *   `dataset/duplicate-header`, `dataset/missing-file`; each names the file and, if known, the line.
 */
export async function readCsvRecords(path: string, options: CsvRecordsOptions): Promise<void> {
  const dialect = options.dialect ?? {};
  const layout = await findLayout(path, dialect);
  options.onHeader(layout.names);
  const text = await openCsvText(path, dialect);
  const parser = createParser(path, dialect, layout, options);
  try {
    for await (const chunk of text.chunks) {
      options.signal?.throwIfAborted();
      await parser.write(chunk);
      if (parser.stopped()) return;
      options.onProgress?.(text.progress());
    }
    await parser.end();
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw badQuote(path, await lineOfRecord(path, dialect, parser.lastLine()));
  } finally {
    text.close();
    parser.destroy();
  }
}

function createParser(path: string, dialect: CsvDialect, layout: CsvLayout, options: CsvRecordsOptions) {
  const { names, headerRecords, delimiter } = layout;
  const skipped = dialect.skippedLines ?? 0;
  const quote = dialect.quote ?? '"';
  let records = 0;
  let lastLine = 0;
  let stopped = false;
  let failure: unknown = null;
  const take = (fields: readonly string[], line: number): void => {
    const first = lastLine + 1;
    lastLine = line;
    if (records++ < headerRecords) return;
    // A line of blanks.
    if (fields.length === 1 && names.length > 1 && fields[0]!.trim() === '') return;
    const isTrailing = fields.length === names.length + 1 && fields.at(-1)!.trim() === '';
    if (fields.length !== names.length && !isTrailing) {
      throw raggedRow(path, line + skipped, names.length, fields.length, delimiter);
    }
    // A quote that nothing closes ends at a later quote, and takes the lines between into one value.
    const isOpen = line > first && fields.some((field) => quote !== '' && field[0] === quote && field.includes('\n'));
    if (isOpen) throw badQuote(path, first + skipped);
    if (options.onRecord(isTrailing ? fields.slice(0, -1) : fields, line + skipped) === false) stopped = true;
  };
  const parser = parse({
    ...parserOptions(dialect, delimiter),
    on_record: (fields: string[], context) => {
      if (stopped || failure !== null) return null;
      try {
        take(fields, context.lines);
      } catch (error) {
        failure = error;
      }
      return null;
    },
  });
  parser.resume();
  const ended = new Promise<void>((resolve, reject) => {
    parser.once('end', resolve);
    parser.once('error', reject);
  });
  ended.catch(() => undefined);
  const rethrow = () => {
    if (failure !== null) throw failure;
  };
  return {
    stopped: () => stopped,
    lastLine: () => lastLine,
    async write(chunk: Buffer): Promise<void> {
      if (!parser.write(chunk)) {
        await Promise.race([new Promise<void>((resolve) => parser.once('drain', resolve)), ended]);
      }
      rethrow();
    },
    async end(): Promise<void> {
      parser.end();
      await ended;
      rethrow();
      if (records === 0) throw emptyFile(path);
    },
    destroy: () => parser.destroy(),
  };
}

/** 1-based line of the file in which the record after a line begins. @param after In the text without skipped lines. */
async function lineOfRecord(path: string, dialect: CsvDialect, after: number): Promise<number> {
  const text = await openCsvText(path, dialect);
  let line = 1;
  let last = 0;
  try {
    for await (const chunk of text.chunks) {
      for (const byte of chunk) {
        const isEnd = byte === 10 || byte === 13;
        if (line > after && !isEnd) return line + (dialect.skippedLines ?? 0);
        if (isEnd && !(byte === 10 && last === 13)) line++;
        last = byte;
      }
    }
  } finally {
    text.close();
  }
  return line + (dialect.skippedLines ?? 0);
}

function raggedRow(path: string, line: number, expected: number, received: number, delimiter: string): AppError {
  const shown = delimiter === '\t' ? 'tab' : delimiter === ' ' ? 'blanks' : `'${delimiter}'`;
  return new AppError(
    'dataset/ragged-row',
    `${path}, line ${line}: expected ${expected} fields as in the lines before; received ${received}. Correct that line, put a value that contains the delimiter (${shown}) in quotes, or choose another delimiter.`,
    { path, line, expected, received },
  );
}

function badQuote(path: string, line: number): AppError {
  return new AppError(
    'dataset/bad-quote',
    `${path}, line ${line}: expected each quote at the beginning of a value to be closed at its end; it is not. Close it, or choose another quote character, or none.`,
    { path, line },
  );
}
