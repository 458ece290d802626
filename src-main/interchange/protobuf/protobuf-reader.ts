import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fieldsIn, ProtobufError } from './wire-format.ts';
import type { ByteRange, Field } from './wire-format.ts';

const WINDOW_BYTES = 2 ** 16;
/** Limit on fields of one file, so that a file of empty messages cannot fill the memory. */
const MAX_FIELDS = 5_000_000;

/**
 * Reads a file in the wire format of protocol buffers. Values of fields are positions in the file, so that weights are
 * read only where they are used. Reading blocks: use it in a process that reads files.
 */
export class ProtobufFile {
  readonly sizeBytes: number;
  readonly #descriptor: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #fields = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#descriptor).size;
  }

  get whole(): ByteRange {
    return { start: 0, end: this.sizeBytes };
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** @throws ProtobufError if the range is not a message, or the file has too many fields. */
  *fields(range: ByteRange): Generator<Field> {
    for (const field of fieldsIn((at) => this.#byte(at), range)) {
      this.#fields++;
      if (this.#fields > MAX_FIELDS) throw new ProtobufError(`more than ${MAX_FIELDS} fields`);
      yield field;
    }
  }

  /** A copy of the bytes. The caller limits their number. */
  bytes({ start, end }: ByteRange): Buffer {
    const bytes = Buffer.alloc(end - start);
    for (let read = 0; read < bytes.length;) {
      const count = readSync(this.#descriptor, bytes, read, bytes.length - read, start + read);
      if (count === 0) throw new ProtobufError(`a file that ends at byte ${start + read}`);
      read += count;
    }
    return bytes;
  }

  #byte(at: number): number {
    const inWindow = at - this.#windowStart;
    if (inWindow >= 0 && inWindow < this.#window.length) return this.#window[inWindow]!;
    this.#windowStart = at;
    this.#window = this.bytes({ start: at, end: Math.min(at + WINDOW_BYTES, this.sizeBytes) });
    return this.#window[0]!;
  }
}
