/** Polynomial of Castagnoli, bits reversed. Node's `crc32` has another one. */
const POLYNOMIAL = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** The CRC-32C of bytes that follow others. @param start The checksum of those. */
export function crc32c(bytes: Uint8Array, start = 0): number {
  let value = ~start;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** As LevelDB and TensorFlow store checksums: a checksum of bytes with checksums would have patterns. */
export function maskedCrc32c(sum: number): number {
  return ((((sum >>> 15) | (sum << 17)) >>> 0) + 0xa282ead8) >>> 0;
}
