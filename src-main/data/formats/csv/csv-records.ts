import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { errorCode } from '../../../system/error-code.ts';
import { fileError, statSource } from '../../tables/source-files.ts';

export interface CsvRecordsOptions {
  /** One character; absent: detected from the first lines. */
  readonly delimiter?: string | undefined;
  /** Called before the first record. */
  readonly onHeader: (names: readonly string[]) => void;
  /**
   * Called for each record after the header; it has as many fields as the header. Return false to
   * stop reading.
   * @param line 1-based line of the record's end.
   */
  readonly onRecord: (fields: readonly string[], line: number) => boolean | void;
  /** Fraction of the file read, 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const sniffBytes = 64 * 1024;
const delimiters = [',', ';', '\t', '|'];

/**
 * Streams the records of a CSV file (RFC 4180, UTF-8 with or without a byte order mark, gzipped or not).
 *
 * @throws AppError `dataset/ragged-row`, `dataset/bad-quote`, `dataset/not-utf8`, `dataset/empty-file`,
 *   `dataset/duplicate-header`, `dataset/empty-header`, `dataset/no-header`, `dataset/missing-file`;
 *   each names the file and, if known, the line.
 */
export async function readCsvRecords(path: string, options: CsvRecordsOptions): Promise<void> {
  const { size } = await statSource(path);
  if (size === 0) throw emptyFile(path);
  const gzipped = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const bytes: AsyncIterable<Buffer> = gzipped ? file.pipe(createGunzip()) : file;
  if (gzipped) file.on('error', (error) => (bytes as unknown as { destroy(e: Error): void }).destroy(error));
  let parser: ReturnType<typeof createParser> | null = null;
  let carry: Buffer = Buffer.alloc(0);
  let seen = 0;
  try {
    for await (const chunk of bytes) {
      options.signal?.throwIfAborted();
      if (parser === null) {
        checkEncodingMark(chunk, path);
        parser = createParser(path, options.delimiter ?? detectDelimiter(chunk), options);
      }
      carry = checkUtf8(carry, chunk, seen, path);
      seen += chunk.length;
      await parser.write(chunk);
      if (parser.stopped()) return;
      options.onProgress?.(gzipped ? Math.min(1, file.bytesRead / size) : seen / size);
    }
    if (carry.length > 0) throw notUtf8(path, seen - carry.length);
    if (parser === null) throw emptyFile(path);
    await parser.end();
  } catch (error) {
    throw csvError(error, path);
  } finally {
    file.destroy();
    parser?.destroy();
  }
}

function createParser(path: string, delimiter: string, options: CsvRecordsOptions) {
  let names: readonly string[] | null = null;
  let stopped = false;
  let failure: unknown = null;
  const take = (fields: readonly string[], line: number) => {
    if (names === null) {
      names = checkHeader(fields, path, delimiter);
      options.onHeader(names);
    } else if (fields.length !== names.length) {
      throw raggedRow(path, line, names.length, fields.length, delimiter);
    } else if (options.onRecord(fields, line) === false) {
      stopped = true;
    }
  };
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
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
      if (names === null) throw emptyFile(path);
    },
    destroy: () => parser.destroy(),
  };
}

/** The delimiter that splits the first lines most evenly into more than one field; else a comma. */
export function detectDelimiter(bytes: Buffer): string {
  const lines = bytes
    .subarray(0, sniffBytes)
    .toString('utf8')
    .split(/\r?\n|\r/);
  if (lines.length > 1) lines.pop();
  const sample = lines.filter((line) => line !== '').slice(0, 20);
  let best = ',';
  let bestScore = 0;
  for (const delimiter of delimiters) {
    const counts = sample.map((line) => countOutsideQuotes(line, delimiter));
    const header = counts[0] ?? 0;
    const agreeing = counts.filter((count) => count === header).length / Math.max(1, counts.length);
    const score = header === 0 ? 0 : agreeing * 1000 + header;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

function countOutsideQuotes(line: string, delimiter: string): number {
  let count = 0;
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) count++;
  }
  return count;
}

/** @returns The trimmed names. @throws AppError `dataset/empty-header`, `dataset/duplicate-header`, `dataset/no-header`. */
export function checkHeader(fields: readonly string[], path: string, delimiter: string): readonly string[] {
  const names = fields.map((field) => field.trim());
  const empty = names.indexOf('');
  if (empty >= 0) {
    throw new AppError(
      'dataset/empty-header',
      `${path}, line 1: expected a name for each of the ${names.length} columns; column ${empty + 1} has none. Give it a name, or remove the column.`,
      { path, line: 1, column: empty + 1 },
    );
  }
  const duplicate = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (duplicate >= 0) {
    const name = names[duplicate]!;
    throw new AppError(
      'dataset/duplicate-header',
      `${path}, line 1: expected different column names; received '${name}' for columns ${names.indexOf(name) + 1} and ${duplicate + 1}. Rename one of them.`,
      { path, line: 1, name, column: duplicate + 1 },
    );
  }
  if (names.every((name) => Number.isFinite(Number(name)))) {
    throw new AppError(
      'dataset/no-header',
      `${path}, line 1: expected column names; received only numbers (${names.slice(0, 4).join(delimiter)}). Add a first line with a name for each column.`,
      { path, line: 1 },
    );
  }
  return names;
}

async function isGzip(path: string): Promise<boolean> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

function checkEncodingMark(chunk: Buffer, path: string): void {
  const utf16 = (chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff);
  if (utf16 || chunk.subarray(0, 1024).includes(0)) throw notUtf8(path, utf16 ? 0 : chunk.indexOf(0));
}

/** @returns The bytes of an incomplete character at the end of the chunk, to be prepended to the next chunk. */
function checkUtf8(carry: Buffer, chunk: Buffer, start: number, path: string): Buffer {
  const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
  const whole = bytes.length - cutCharacterBytes(bytes);
  const checked = bytes.subarray(0, whole);
  if (!isUtf8(checked)) throw notUtf8(path, start - carry.length + firstBadByte(checked));
  return Buffer.from(bytes.subarray(whole));
}

function cutCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

function firstBadByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - cutCharacterBytes(prefix)))) good = middle;
    else bad = middle;
  }
  return good - cutCharacterBytes(bytes.subarray(0, good));
}

function emptyFile(path: string): AppError {
  return new AppError(
    'dataset/empty-file',
    `${path}: expected a header line and rows; the file is empty. Choose another file.`,
    { path },
  );
}

function notUtf8(path: string, position: number): AppError {
  return new AppError(
    'dataset/not-utf8',
    `${path}: expected text in UTF-8; byte ${position} does not fit it. Save the file as "CSV UTF-8" and choose it again.`,
    { path, position },
  );
}

function raggedRow(path: string, line: number, expected: number, received: number, delimiter: string): AppError {
  const shown = delimiter === '\t' ? 'tab' : `'${delimiter}'`;
  return new AppError(
    'dataset/ragged-row',
    `${path}, line ${line}: expected ${expected} fields as in the header; received ${received}. Correct that line, or put a value that contains the delimiter (${shown}) in double quotes.`,
    { path, line, expected, received },
  );
}

function csvError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof CsvError) {
    const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : null;
    return new AppError(
      'dataset/bad-quote',
      `${path}${line === null ? '' : `, line ${line}`}: expected well-formed CSV; received a misplaced quote (${error.message}). Double the quotes inside a quoted value, and close every quote.`,
      { path, line },
    );
  }
  if (error instanceof Error && errorCode(error).startsWith('Z_')) {
    return new AppError(
      'dataset/damaged-gzip',
      `${path}: expected a complete gzip file; it cannot be unpacked (${error.message}). Copy or download it again.`,
      { path },
    );
  }
  return fileError(error, path);
}
