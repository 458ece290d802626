/**
 * Writer for the protocol-buffer wire format, as far as TensorFlow graphs and ONNX models need it.
 *
 * Long byte fields (weights) are kept by reference until the file is written, so a message
 * needs little memory besides the arrays it refers to.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Byte fields up to this length are copied into the message's buffer. */
const INLINE_BYTES = 1024;

const textEncoder = new TextEncoder();

/** One message under construction; fields are written in the order of the calls. */
export class Message {
  #chunks: Uint8Array[] = [];
  #tail: number[] = [];
  #chunkBytes = 0;

  /** Length of the encoded message so far. */
  get byteLength(): number {
    return this.#chunkBytes + this.#tail.length;
  }

  /** int32, int64, uint64, enum or bool. Negative numbers are written as 64-bit two's complement. */
  varint(field: number, value: number | bigint | boolean): this {
    this.#tag(field, VARINT);
    this.#varint(typeof value === 'boolean' ? Number(value) : value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED_32);
    this.#tail.push(...new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, textEncoder.encode(value));
  }

  /** @param value Little-endian content; must not change before the message is written. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.byteLength);
    if (value.byteLength <= INLINE_BYTES) {
      this.#tail.push(...value);
    } else {
      this.#flush();
      this.#append(value);
    }
    return this;
  }

  message(field: number, value: Message): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.byteLength);
    if (value.#chunks.length === 0 && value.#tail.length <= INLINE_BYTES) {
      this.#tail.push(...value.#tail);
    } else {
      this.#flush();
      for (const chunk of value.chunks()) this.#append(chunk);
    }
    return this;
  }

  /** A packed repeated field of integers. Omitted for an empty list. */
  packedVarints(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new Message();
    for (const value of values) packed.#varint(value);
    return this.bytes(field, packed.toBytes());
  }

  /** One entry of a `map<string, Message>` field. */
  entry(field: number, key: string, value: Message): this {
    return this.message(field, new Message().string(1, key).message(2, value));
  }

  /** The encoded message as consecutive parts. */
  chunks(): readonly Uint8Array[] {
    this.#flush();
    return this.#chunks;
  }

  toBytes(): Uint8Array {
    return Buffer.concat(this.chunks());
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      let rest = value;
      while (rest >= 0x80) {
        this.#tail.push((rest % 0x80) + 0x80);
        rest = Math.floor(rest / 0x80);
      }
      this.#tail.push(rest);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.#tail.push(Number(rest & 0x7fn) + 0x80);
      rest >>= 7n;
    }
    this.#tail.push(Number(rest));
  }

  #flush(): void {
    if (this.#tail.length === 0) return;
    this.#append(Uint8Array.from(this.#tail));
    this.#tail = [];
  }

  #append(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.byteLength;
  }
}
