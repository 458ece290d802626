// The wire format of protocol buffers: https://protobuf.dev/programming-guides/encoding

/** The bytes are not a protocol buffer, or end too early. */
export class ProtobufError extends RangeError {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

/** Bytes from `start` to before `end`. */
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

/** The byte at a position that is in the range being read. */
export type ByteAt = (position: number) => number;

/** The fields of a message, in their order. @throws ProtobufError if the range is not a message. */
export function* fieldsIn(byteAt: ByteAt, { start, end }: ByteRange): Generator<Field> {
  let at = start;
  while (at < end) {
    const tag = varintAt(byteAt, at, end);
    at = tag.next;
    const number = Number(tag.value >> 3n);
    const wire = Number(tag.value & 7n);
    if (number === 0) throw new ProtobufError(`a field with number 0 at byte ${start}`);
    if (wire === 0) {
      const { value, next } = varintAt(byteAt, at, end);
      at = next;
      yield { number, integer: value, bytes: null };
      continue;
    }
    let length = { 1: 8, 5: 4 }[wire] ?? null;
    if (wire === 2) {
      const { value, next } = varintAt(byteAt, at, end);
      at = next;
      length = Number(value);
    }
    if (length === null) throw new ProtobufError(`a field of wire type ${wire} at byte ${at}`);
    if (length > end - at) {
      throw new ProtobufError(`a field of ${length} bytes at byte ${at}, where ${end - at} are left`);
    }
    yield { number, integer: null, bytes: { start: at, end: at + length } };
    at += length;
  }
}

/** An integer of up to 64 bits in a variable number of bytes. @throws ProtobufError if it is longer, or cut off. */
export function varintAt(byteAt: ByteAt, at: number, end: number): { value: bigint; next: number } {
  let value = 0n;
  for (let length = 0; length < 10; length++) {
    if (at + length >= end) throw new ProtobufError(`a number that is cut off at byte ${at}`);
    const byte = byteAt(at + length);
    value |= BigInt(byte & 0x7f) << BigInt(7 * length);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + length + 1 };
  }
  throw new ProtobufError(`a number of more than 10 bytes at byte ${at}`);
}

/** Integers of a packed field. */
export function packedVarints(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length;) {
    const { value, next } = varintAt((position) => bytes[position]!, at, bytes.length);
    values.push(value);
    at = next;
  }
  return values;
}
