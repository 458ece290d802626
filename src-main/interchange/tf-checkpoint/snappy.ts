import { readVarint } from '../protobuf/message.ts';

/**
 * Unpacks Snappy's raw format.
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 *
 * @throws RangeError if the data is damaged, or larger than `maxBytes`.
 */
export function unpackSnappy(packed: Uint8Array, maxBytes: number): Uint8Array {
  const { value, next } = readVarint(packed, 0);
  if (value > BigInt(maxBytes)) throw new RangeError(`${value} packed bytes`);
  const result = new Uint8Array(Number(value));
  let at = next;
  let written = 0;
  const littleEndian = (size: number): number => {
    if (at + size > packed.length) throw new RangeError('packed bytes that end too early');
    let number = 0;
    for (let index = 0; index < size; index++) number += packed[at + index]! * 2 ** (8 * index);
    at += size;
    return number;
  };
  while (at < packed.length) {
    const tag = littleEndian(1);
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const length = (short < 60 ? short : littleEndian(short - 59)) + 1;
      if (length > packed.length - at || length > result.length - written) throw new RangeError('damaged packed bytes');
      result.set(packed.subarray(at, at + length), written);
      at += length;
      written += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = kind === 1 ? (tag >> 5) * 256 + littleEndian(1) : littleEndian(kind === 2 ? 2 : 4);
    if (distance === 0 || distance > written || length > result.length - written) {
      throw new RangeError('damaged packed bytes');
    }
    // The copied bytes can overlap with those that are written.
    for (let index = 0; index < length; index++, written++) result[written] = result[written - distance]!;
  }
  if (written !== result.length) throw new RangeError('packed bytes that end too early');
  return result;
}
