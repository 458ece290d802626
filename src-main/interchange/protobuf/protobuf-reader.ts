import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The bytes are no protocol buffer, or end too early. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

/** Bytes of a file from `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A field of a message. */
export interface Field {
  readonly number: number;
  /** An integer of 64 bits or less; null: the field has bytes. */
  readonly integer: bigint | null;
  /** Bytes of the value: of a length-delimited field its content, of a fixed-size field 4 or 8 bytes. */
  readonly bytes: ByteRange | null;
}

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

  /** @throws ProtobufError if the range is no message, or the file has too many fields. */
  *fields({ start, end }: ByteRange): Generator<Field> {
    let at = start;
    while (at < end) {
      this.#fields++;
      if (this.#fields > MAX_FIELDS) throw new ProtobufError(`more than ${MAX_FIELDS} fields`);
      const tag = this.#varint(at, end);
      at = tag.next;
      const number = Number(tag.value >> 3n);
      const wire = Number(tag.value & 7n);
      if (number === 0) throw new ProtobufError(`a field with number 0 at byte ${start}`);
      if (wire === 0) {
        const { value, next } = this.#varint(at, end);
        at = next;
        yield { number, integer: value, bytes: null };
        continue;
      }
      let length = { 1: 8, 5: 4 }[wire] ?? null;
      if (wire === 2) {
        const { value, next } = this.#varint(at, end);
        at = next;
        length = Number(value);
      }
      if (length === null) throw new ProtobufError(`a field of wire type ${wire} at byte ${at}`);
      if (length > end - at)
        throw new ProtobufError(`a field of ${length} bytes at byte ${at}, where ${end - at} are left`);
      yield { number, integer: null, bytes: { start: at, end: at + length } };
      at += length;
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

  #varint(at: number, end: number): { value: bigint; next: number } {
    let value = 0n;
    for (let length = 0; length < 10; length++) {
      if (at + length >= end) throw new ProtobufError(`a number that is cut off at byte ${at}`);
      const byte = this.#byte(at + length);
      value |= BigInt(byte & 0x7f) << BigInt(7 * length);
      if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + length + 1 };
    }
    throw new ProtobufError(`a number of more than 10 bytes at byte ${at}`);
  }

  #byte(at: number): number {
    const inWindow = at - this.#windowStart;
    if (inWindow >= 0 && inWindow < this.#window.length) return this.#window[inWindow]!;
    this.#windowStart = at;
    this.#window = this.bytes({ start: at, end: Math.min(at + WINDOW_BYTES, this.sizeBytes) });
    return this.#window[0]!;
  }
}

/** Integers of a packed field. */
export function packedVarints(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    if (shift > 63n) throw new ProtobufError('a number of more than 10 bytes');
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      values.push(BigInt.asUintN(64, value));
      value = 0n;
      shift = 0n;
    }
  }
  if (shift > 0n) throw new ProtobufError('a number that is cut off');
  return values;
}
