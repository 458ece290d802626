import { readVarint } from '../protobuf/message.ts';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { unpackSnappy } from './snappy.ts';

const FOOTER_BYTES = 48;
/** The last bytes of a table. */
const MAGIC = 0xdb4775248b80fb57n;
/** After a block: the type of compression, and the checksum. */
const TRAILER_BYTES = 5;
const MAX_BLOCK_BYTES = 64 * 2 ** 20;
const [PLAIN, SNAPPY] = [0, 1];

/**
 * The entries of a LevelDB table, in the order of their keys. TensorFlow writes the index of a checkpoint as one.
 * Source: https://github.com/google/leveldb/blob/main/doc/table_format.md
 *
 * @throws RangeError if the table is damaged.
 */
export function* tableEntries(file: Uint8Array): Generator<readonly [key: string, value: Uint8Array]> {
  if (file.length < FOOTER_BYTES) throw new RangeError(`${file.length} bytes`);
  const footer = file.subarray(file.length - FOOTER_BYTES);
  const magic = new DataView(footer.buffer, footer.byteOffset).getBigUint64(FOOTER_BYTES - 8, true);
  if (magic !== MAGIC) throw new RangeError('a file that is not a table, or is cut off');
  const metaIndex = handleAt(footer, 0);
  const index = handleAt(footer, metaIndex.next);
  for (const [, handle] of blockEntries(blockAt(file, index))) {
    yield* blockEntries(blockAt(file, handleAt(handle, 0)));
  }
}

interface BlockHandle {
  readonly offset: number;
  readonly sizeBytes: number;
}

function handleAt(bytes: Uint8Array, at: number): BlockHandle & { readonly next: number } {
  const offset = readVarint(bytes, at);
  const size = readVarint(bytes, offset.next);
  return { offset: Number(offset.value), sizeBytes: Number(size.value), next: size.next };
}

function blockAt(file: Uint8Array, { offset, sizeBytes }: BlockHandle): Uint8Array {
  const end = offset + sizeBytes;
  if (!(end + TRAILER_BYTES <= file.length - FOOTER_BYTES))
    throw new RangeError(`a block of ${sizeBytes} bytes at ${offset}`);
  const type = file[end]!;
  const stored = new DataView(file.buffer, file.byteOffset).getUint32(end + 1, true);
  if (maskedCrc32c(crc32c(file.subarray(offset, end + 1))) !== stored)
    throw new RangeError(`another checksum at byte ${offset}`);
  const bytes = file.subarray(offset, end);
  if (type === PLAIN) return bytes;
  if (type === SNAPPY) return unpackSnappy(bytes, MAX_BLOCK_BYTES);
  throw new RangeError(`a block with compression ${type}`);
}

/** A key has the first bytes of the key before it, and further ones. */
function* blockEntries(block: Uint8Array): Generator<readonly [string, Uint8Array]> {
  if (block.length < 4) throw new RangeError('an empty block');
  const restarts = new DataView(block.buffer, block.byteOffset).getUint32(block.length - 4, true);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new RangeError('a block without entries');
  let key: Uint8Array = new Uint8Array(0);
  let at = 0;
  const length = (): number => {
    const { value, next } = readVarint(block, at);
    at = next;
    return Number(value);
  };
  while (at < end) {
    const [shared, added, size] = [length(), length(), length()];
    if (shared > key.length || added + size > end - at)
      throw new RangeError(`a damaged entry at byte ${at} of a block`);
    key = Buffer.concat([key.subarray(0, shared), block.subarray(at, at + added)]);
    at += added;
    yield [new TextDecoder().decode(key), block.subarray(at, at + size)];
    at += size;
  }
}
