import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { CsvRecordsOptions } from './csv-records.ts';

export interface PlainCsvOptions extends Pick<CsvRecordsOptions, 'onProgress' | 'signal'> {
  readonly delimiter: string;
  /** Lines before the first row, none of them empty. */
  readonly headerLines: number;
  /** For each field of a record whether to pass it to `onField`. */
  readonly fields: readonly boolean[];
  /** @param field Index in the record. @param start First byte of the field. @param end After its last byte. */
  readonly onField: (field: number, bytes: Buffer, start: number, end: number, line: number) => void;
  /** Called after the fields of each record. @param line 1-based. */
  readonly onRecord: (line: number) => void;
}

const CHUNK_BYTES = 512 * 1024;
const LF = 10;
const CR = 13;
const QUOTE = 34;

/**
 * Splits CSV without quotes into the bytes of its fields, as `readCsvRecords` splits it, but faster (see
 * decision 15). Accepts only UTF-8 with one kind of line end and as many fields in each line as in the first.
 *
 * @returns False if the file has anything else. Discard what was passed to the callbacks; `readCsvRecords` reads the file or
 *   reports what is wrong.
 */
export async function readPlainCsv(path: string, options: PlainCsvOptions): Promise<boolean> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let splitter: LineSplitter | null = null;
  let rest: Buffer = Buffer.alloc(0);
  let seen = 0;
  try {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      options.signal?.throwIfAborted();
      seen += chunk.length;
      if (chunk.includes(QUOTE)) return false;
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (splitter === null) {
        const gzip = chunk[0] === 0x1f && chunk[1] === 0x8b;
        const code = options.delimiter.charCodeAt(0);
        const end = chunk.indexOf(LF);
        if (gzip || end < 0 || code > 127 || code === LF || code === CR || code === QUOTE) return false;
        if (chunk.subarray(0, 1024).includes(0)) return false;
        splitter = new LineSplitter(code, chunk[end - 1] === CR, options);
        if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      }
      const whole = bytes.lastIndexOf(LF) + 1;
      rest = Buffer.from(bytes.subarray(whole));
      if (!splitter.split(bytes.subarray(0, whole))) return false;
      options.onProgress?.(seen / (seen + file.readableLength));
    }
    if (splitter === null) return false;
    if (rest.length === 0) return true;
    return splitter.split(Buffer.concat([rest, Buffer.from(splitter.crlf ? '\r\n' : '\n')]));
  } finally {
    file.destroy();
  }
}

class LineSplitter {
  readonly crlf: boolean;
  readonly #delimiter: number;
  readonly #options: PlainCsvOptions;
  #headerLeft: number;
  #line = 0;

  constructor(delimiter: number, crlf: boolean, options: PlainCsvOptions) {
    this.crlf = crlf;
    this.#delimiter = delimiter;
    this.#options = options;
    this.#headerLeft = options.headerLines;
  }

  /** @param bytes Whole lines. @returns False if they are not plain. */
  split(bytes: Buffer): boolean {
    if (!isUtf8(bytes)) return false;
    let from = 0;
    for (; this.#headerLeft > 0; this.#headerLeft--) {
      const end = bytes.indexOf(LF, from);
      if (end < 0) return true;
      const last = this.crlf ? end - 1 : end;
      // An empty line is no header, and another number of fields is for the other reader to judge.
      if (last <= from || bytes.subarray(from, last).includes(CR)) return false;
      if (this.crlf && bytes[last] !== CR) return false;
      if (!this.#fitsHeader(bytes, from, last)) return false;
      this.#line++;
      from = end + 1;
    }
    return this.#splitRecords(bytes, from, this.#options.fields);
  }

  #fitsHeader(bytes: Buffer, from: number, end: number): boolean {
    let fields = 1;
    for (let at = from; at < end; at++) if (bytes[at] === this.#delimiter) fields++;
    return fields === this.#options.fields.length;
  }

  #splitRecords(bytes: Buffer, from: number, wanted: readonly boolean[]): boolean {
    const delimiter = this.#delimiter;
    const { onField, onRecord } = this.#options;
    const { crlf } = this;
    let line = this.#line + 1;
    let lineStart = from;
    let start = from;
    let field = 0;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte !== delimiter && byte > CR) continue;
      if (byte === delimiter) {
        if (wanted[field] === true) onField(field, bytes, start, at, line);
        field++;
        start = at + 1;
      } else if (byte === CR) {
        if (!crlf || bytes[at + 1] !== LF) return false;
      } else if (byte === LF) {
        const end = crlf ? at - 1 : at;
        if (crlf && (end < lineStart || bytes[end] !== CR)) return false;
        if (end > lineStart) {
          if (field !== wanted.length - 1) return false;
          if (wanted[field] === true) onField(field, bytes, start, end, line);
          onRecord(line);
        }
        line++;
        field = 0;
        start = lineStart = at + 1;
      }
    }
    this.#line = line - 1;
    return true;
  }
}
