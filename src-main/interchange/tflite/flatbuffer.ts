/** Not a flatbuffer, or a damaged one. The message is what was received. */
export class FlatbufferError extends Error {}

/** Elements of all vectors of tables, and characters of all texts, that are read of one file. */
const MAX_READ = 20_000_000;

/**
 * The bytes of a flatbuffer. Each read is checked: offsets of a damaged file lead anywhere.
 * Source of the format: https://flatbuffers.dev/internals.
 */
class Bytes {
  readonly view: DataView;
  #left = MAX_READ;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws FlatbufferError. */
  checked(at: number, length: number): number {
    if (at >= 0 && length >= 0 && at + length <= this.view.byteLength) return at;
    throw new FlatbufferError(`${length} bytes at byte ${at} of ${this.view.byteLength}`);
  }

  uint32(at: number): number {
    return this.view.getUint32(this.checked(at, 4), true);
  }

  /** Damaged files can name the same part many times. */
  spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new FlatbufferError('more parts than such a file has');
  }
}

/** A table: fields by their number in the schema. A field that is absent has its default. */
export class FlatTable {
  readonly #bytes: Bytes;
  readonly #at: number;
  readonly #fields: number;
  readonly #fieldsEnd: number;

  private constructor(bytes: Bytes, at: number) {
    this.#bytes = bytes;
    this.#at = bytes.checked(at, 4);
    this.#fields = bytes.checked(at - bytes.view.getInt32(at, true), 4);
    this.#fieldsEnd = this.#fields + bytes.view.getUint16(this.#fields, true);
    bytes.checked(this.#fields, this.#fieldsEnd - this.#fields);
  }

  /** The root of a file. @throws FlatbufferError. */
  static root(bytes: Uint8Array): FlatTable {
    const checked = new Bytes(bytes);
    return new FlatTable(checked, checked.uint32(0));
  }

  /** Where a field is, and whether the table has it; 0: it does not. */
  #place(field: number, length: number): number {
    const entry = this.#fields + 4 + 2 * field;
    if (entry + 2 > this.#fieldsEnd) return 0;
    const offset = this.#bytes.view.getUint16(this.#bytes.checked(entry, 2), true);
    return offset === 0 ? 0 : this.#bytes.checked(this.#at + offset, length);
  }

  /** What an offset in a field leads to; null: the table has no such field. */
  #target(field: number): number | null {
    const place = this.#place(field, 4);
    return place === 0 ? null : place + this.#bytes.uint32(place);
  }

  int8(field: number, otherwise = 0): number {
    const place = this.#place(field, 1);
    return place === 0 ? otherwise : this.#bytes.view.getInt8(place);
  }

  uint8(field: number): number {
    return this.int8(field) & 0xff;
  }

  bool(field: number): boolean {
    return this.int8(field) !== 0;
  }

  int32(field: number, otherwise = 0): number {
    const place = this.#place(field, 4);
    return place === 0 ? otherwise : this.#bytes.view.getInt32(place, true);
  }

  uint32(field: number): number {
    return this.int32(field) >>> 0;
  }

  uint64(field: number): number {
    const place = this.#place(field, 8);
    return place === 0 ? 0 : Number(this.#bytes.view.getBigUint64(place, true));
  }

  float32(field: number): number {
    const place = this.#place(field, 4);
    return place === 0 ? 0 : this.#bytes.view.getFloat32(place, true);
  }

  text(field: number): string | null {
    const bytes = this.data(field);
    if (bytes === null) return null;
    this.#bytes.spend(bytes.length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  }

  table(field: number): FlatTable | null {
    const target = this.#target(field);
    return target === null ? null : new FlatTable(this.#bytes, target);
  }

  tables(field: number): FlatTable[] {
    return this.#vector(field, 4, (at) => new FlatTable(this.#bytes, at + this.#bytes.uint32(at))) ?? [];
  }

  int32s(field: number): number[] | null {
    return this.#vector(field, 4, (at) => this.#bytes.view.getInt32(at, true));
  }

  float32s(field: number): number[] {
    return this.#vector(field, 4, (at) => this.#bytes.view.getFloat32(at, true)) ?? [];
  }

  int64s(field: number): number[] {
    return this.#vector(field, 8, (at) => Number(this.#bytes.view.getBigInt64(at, true))) ?? [];
  }

  /** A vector of bytes, not copied. */
  data(field: number): Uint8Array | null {
    const target = this.#target(field);
    if (target === null) return null;
    const length = this.#bytes.uint32(target);
    const { buffer, byteOffset } = this.#bytes.view;
    return new Uint8Array(buffer, byteOffset + this.#bytes.checked(target + 4, length), length);
  }

  #vector<Element>(field: number, size: number, read: (at: number) => Element): Element[] | null {
    const target = this.#target(field);
    if (target === null) return null;
    const length = this.#bytes.uint32(target);
    this.#bytes.spend(length);
    const first = this.#bytes.checked(target + 4, length * size);
    return Array.from({ length }, (_, index) => read(first + index * size));
  }
}
