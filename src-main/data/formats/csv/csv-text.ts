import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { CsvDialect, CsvEncoding } from '../../../../src-shared/data/csv-dialect.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { errorCode } from '../../../system/error-code.ts';
import { fileError, statSource } from '../../tables/source-files.ts';

const CHUNK_BYTES = 256 * 1024;
const [TAB, LF, CR, BLANK] = [9, 10, 13, 32];

/** The text of a table as UTF-8, in pieces. */
export interface CsvText {
  readonly chunks: AsyncIterable<Buffer>;
  /** Fraction of the file that was read, 0 to 1. */
  progress(): number;
  close(): void;
}

/**
 * Opens a text file, gzipped or not, and converts it to UTF-8 without a byte order mark and without the skipped lines.
 * Runs of blanks between values become one tab if the delimiter is a blank; see `parsedDelimiter`.
 *
 * The caller closes it. @throws AppError `dataset/empty-file`, `dataset/not-text`, `dataset/not-utf8`,
 *   `dataset/damaged-gzip`, `dataset/missing-file`, here or while the chunks are read.
 */
export async function openCsvText(path: string, dialect: CsvDialect): Promise<CsvText> {
  const { size } = await statSource(path);
  if (size === 0) throw emptyFile(path);
  const gzipped = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const bytes: AsyncIterable<Buffer> = gzipped ? file.pipe(createGunzip()) : file;
  if (gzipped) file.on('error', (error) => (bytes as unknown as { destroy(e: Error): void }).destroy(error));
  let seen = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of bytes) {
        seen += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw textError(error, path);
    }
  }
  const lines = withoutLines(decoded(counted(), dialect.encoding, path), dialect.skippedLines ?? 0);
  const chunks = dialect.delimiter === ' ' ? withTabs(lines, dialect.quote ?? '"') : lines;
  return {
    chunks,
    progress: () => Math.min(1, (gzipped ? file.bytesRead : seen) / size),
    close: () => void file.destroy(),
  };
}

/** The delimiter of the text that `openCsvText` gives. */
export const parsedDelimiter = (delimiter: string): string => (delimiter === ' ' ? '\t' : delimiter);

/** The first bytes of a file, unpacked if it is gzipped, as they are. */
export async function headOfFile(path: string, length: number): Promise<Buffer> {
  const { size } = await statSource(path);
  if (size === 0) throw emptyFile(path);
  const gzipped = await isGzip(path);
  const file = createReadStream(path, gzipped ? {} : { end: length - 1 });
  const bytes: AsyncIterable<Buffer> = gzipped ? file.pipe(createGunzip()) : file;
  if (gzipped) file.on('error', (error) => (bytes as unknown as { destroy(e: Error): void }).destroy(error));
  const parts: Buffer[] = [];
  let known = 0;
  try {
    for await (const chunk of bytes) {
      parts.push(chunk);
      known += chunk.length;
      if (known >= length) break;
    }
  } catch (error) {
    throw textError(error, path);
  } finally {
    file.destroy();
  }
  if (known === 0) throw emptyFile(path);
  return Buffer.concat(parts).subarray(0, length);
}

/** The encoding that the first bytes show: by a byte order mark, or by the zeros of UTF-16; null: neither. */
export function markedEncoding(bytes: Buffer): CsvEncoding | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const part = bytes.subarray(0, 1024);
  const zeros = [0, 0];
  for (let at = 0; at < part.length; at++) if (part[at] === 0) zeros[at % 2]!++;
  const half = part.length / 2;
  if (zeros[1]! > half * 0.7 && zeros[0] === 0) return 'utf-16le';
  if (zeros[0]! > half * 0.7 && zeros[1] === 0) return 'utf-16be';
  return null;
}

const binaryFiles: readonly (readonly [signature: string, words: string])[] = [
  ['504b0304', 'a zip archive or an Excel workbook (.xlsx)'],
  ['d0cf11e0a1b11ae1', 'an Excel workbook (.xls) or another Office file'],
  ['50415231', 'a Parquet file'],
  ['4152524f5731', 'an Arrow file'],
  ['25504446', 'a PDF file'],
  ['53514c69746520666f726d6174', 'an SQLite database'],
  ['934e554d5059', 'a NumPy file'],
];

/** How JSON lines, an object and a list of objects begin. As a table, each line would become one text. */
const JSON_OBJECT = /^(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*"/;

/** @throws AppError `dataset/not-text` for files that are no text table, whatever they are named. */
export function checkIsText(bytes: Buffer, path: string): void {
  const start = bytes.subarray(0, 16).toString('hex');
  const known = binaryFiles.find(([signature]) => start.startsWith(signature));
  const zero = markedEncoding(bytes) === null ? bytes.subarray(0, 4096).indexOf(0) : -1;
  const isJson = JSON_OBJECT.test(bytes.subarray(0, 64).toString('latin1'));
  if (known === undefined && zero < 0 && !isJson) return;
  const received = isJson ? 'JSON' : (known?.[1] ?? `a file that is not text: byte ${zero} is zero`);
  const isWorkbook = received.includes('Excel');
  const remedy = isWorkbook
    ? 'Give the file the ending of its kind and choose it again, or export the sheet as "CSV UTF-8".'
    : isJson
      ? 'Save the table as CSV.'
      : 'Choose a text file.';
  throw new AppError('dataset/not-text', `${path}: expected a text table; received ${received}. ${remedy}`, {
    path,
    received,
  });
}

/** @param encoding Undefined: UTF-16 if the text has its mark, else UTF-8. */
async function* decoded(
  chunks: AsyncIterable<Buffer>,
  encoding: CsvEncoding | undefined,
  path: string,
): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  let carry: Buffer = Buffer.alloc(0);
  let seen = 0;
  for await (const chunk of chunks) {
    let part = chunk;
    if (decoder === undefined) {
      checkIsText(chunk, path);
      const used = encoding ?? markedEncoding(chunk) ?? 'utf-8';
      // Windows-1252 is not `latin1`: it has letters and the Euro sign at 0x80 to 0x9f.
      decoder = used === 'utf-8' ? null : new TextDecoder(used);
      if (decoder === null && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) {
        part = chunk.subarray(3);
        seen = 3;
      }
    }
    if (decoder === null) {
      carry = checkUtf8(carry, part, seen, path);
      seen += part.length;
      yield part;
    } else {
      yield Buffer.from(decoder.decode(part, { stream: true }), 'utf8');
    }
  }
  if (carry.length > 0) throw notUtf8(path, seen - carry.length);
  if (decoder) yield Buffer.from(decoder.decode(), 'utf8');
}

async function* withoutLines(chunks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  /** The last skipped line ended with CR at the end of a chunk: LF may follow. */
  let afterReturn = false;
  for await (const chunk of chunks) {
    let at = 0;
    if (afterReturn && chunk.length > 0) {
      if (chunk[0] === LF) at = 1;
      afterReturn = false;
    }
    for (; left > 0 && at < chunk.length; at++) {
      if (chunk[at] === LF) left--;
      else if (chunk[at] === CR) {
        left--;
        if (at + 1 === chunk.length) afterReturn = true;
        else if (chunk[at + 1] === LF) at++;
      }
    }
    if (at < chunk.length) yield chunk.subarray(at);
  }
}

/** Makes one tab of each run of blanks and tabs outside quotes; removes those at the ends of lines. */
async function* withTabs(chunks: AsyncIterable<Buffer>, quote: string): AsyncGenerator<Buffer> {
  const quoteCode = quote === '' ? -1 : quote.charCodeAt(0);
  let quoted = false;
  let gap = false;
  let atStart = true;
  /** The last byte was a quote that ended a quoted part: another one continues it. */
  let closed = false;
  for await (const chunk of chunks) {
    const out = Buffer.allocUnsafe(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      if (!quoted && (byte === BLANK || byte === TAB)) {
        gap = true;
        closed = false;
        continue;
      }
      const ends = byte === LF || byte === CR;
      if (gap && !atStart && !ends) out[length++] = TAB;
      const isQuote: boolean = byte === quoteCode && (quoted || gap || atStart || closed);
      closed = isQuote && quoted;
      if (isQuote) quoted = !quoted;
      gap = false;
      atStart = ends && !quoted;
      out[length++] = byte;
    }
    yield out.subarray(0, length);
  }
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

/** @returns The bytes of an incomplete character at the end of the chunk, to be prepended to the next chunk. */
function checkUtf8(carry: Buffer, chunk: Buffer, start: number, path: string): Buffer {
  const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
  const whole = bytes.length - cutCharacterBytes(bytes);
  const checked = bytes.subarray(0, whole);
  if (!isUtf8(checked)) throw notUtf8(path, start - carry.length + firstBadByte(checked));
  return Buffer.from(bytes.subarray(whole));
}

/** Bytes of a character at the end that is not complete. */
export function cutCharacterBytes(bytes: Buffer): number {
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

export function emptyFile(path: string): AppError {
  return new AppError(
    'dataset/empty-file',
    `${path}: expected lines of values; the file is empty. Choose another file.`,
    { path },
  );
}

function notUtf8(path: string, position: number): AppError {
  return new AppError(
    'dataset/not-utf8',
    `${path}: expected text in UTF-8; byte ${position} does not fit it. Choose the encoding of the file, for instance Windows-1252, or save the file in UTF-8.`,
    { path, position },
  );
}

function textError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof Error && errorCode(error).startsWith('Z_')) {
    return new AppError(
      'dataset/damaged-gzip',
      `${path}: expected a complete gzip file; it cannot be unpacked (${error.message}). Copy or download it again.`,
      { path },
    );
  }
  return fileError(error, path);
}
