import { createHash } from 'node:crypto';
import { open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { cacheFolder } from '../../system/cache-folder.ts';
import { makePrivateFolder, PRIVATE_FILE } from '../../system/private-files.ts';
import { sweepLeftovers, temporaryName } from '../../system/temporary-name.ts';

/**
 * Cache of data that Lamina has read: one file per entry, written once and never changed. If an entry cannot be written
 * or read, Lamina reads the source again.
 *
 * Layout of a file: 8 bytes magic; length and CRC-32 of the header (uint32, little endian); the header as JSON, with the
 * length and CRC-32 of each part; the bytes of the parts. The checksums detect damage, for instance after a power failure.
 */
const MAGIC = Buffer.from('LAMDATA2');
const PART_PREFIX = '.part-';
/** Bytes per read or write: Node accepts at most 2 GiB. */
const CHUNK = 2 ** 30;
/** Bytes whose checksum takes about 10 ms. */
const CHECKED_AT_ONCE = 2 ** 24;
const MOST_BYTES = 20 * 2 ** 30;
const MOST_OF_DISK = 0.1;

export interface CacheEntry {
  readonly header: unknown;
  /** Each part has its own ArrayBuffer, which any typed array can view. */
  readonly parts: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

interface StoredHeader {
  readonly header: unknown;
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly crc: number }[];
}

/** Folder of cached data. `LAMINA_DATA_CACHE` sets another. */
export function dataCacheFolder(): string {
  return process.env['LAMINA_DATA_CACHE'] || join(cacheFolder(), 'data');
}

/** Key of an entry: hash of all that its content depends on, as JSON. */
export const entryKey = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/** @param key Of `entryKey`. @returns Null if there is no complete entry. */
export async function readEntry(key: string): Promise<CacheEntry | null> {
  const path = join(dataCacheFolder(), key);
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    return null;
  }
  try {
    const { size } = await file.stat();
    const start = await readBytes(file, MAGIC.length + 8, 0);
    const length = new DataView(start.buffer).getUint32(MAGIC.length, true);
    if (!MAGIC.equals(start.subarray(0, MAGIC.length)) || start.length + length > size) return null;
    const text = await readBytes(file, length, start.length);
    if ((await checksum(text)) !== new DataView(start.buffer).getUint32(MAGIC.length + 4, true)) return null;
    const stored = JSON.parse(Buffer.from(text).toString('utf8')) as StoredHeader;
    let position = start.length + length;
    if (position + stored.parts.reduce((sum, { bytes }) => sum + bytes, 0) !== size) return null;
    const parts: Record<string, Uint8Array<ArrayBuffer>> = {};
    for (const { name, bytes, crc } of stored.parts) {
      const part = await readBytes(file, bytes, position);
      if ((await checksum(part)) !== crc) return null;
      parts[name] = part;
      position += bytes;
    }
    // `makeRoom` removes the entries with the oldest time first.
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
    return { header: stored.header, parts };
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

async function readBytes(file: FileHandle, length: number, position: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, Math.min(CHUNK, length - at), position + at);
    if (bytesRead === 0) throw new Error('The entry is incomplete.');
    at += bytesRead;
  }
  return bytes;
}

/** Stores an entry. Does nothing if the folder cannot be written or the entry is larger than the limit. */
export async function writeEntry(
  key: string,
  header: unknown,
  parts: Readonly<Record<string, ArrayBufferView>> = {},
): Promise<void> {
  const folder = dataCacheFolder();
  const temporary = join(folder, temporaryName(PART_PREFIX));
  try {
    await makePrivateFolder(folder);
    const entries = Object.entries(parts);
    const stored: StoredHeader = {
      header,
      parts: await Promise.all(
        entries.map(async ([name, part]) => ({ name, bytes: part.byteLength, crc: await checksum(part) })),
      ),
    };
    const text = Buffer.from(JSON.stringify(stored), 'utf8');
    const bytes = entries.reduce((sum, [, part]) => sum + part.byteLength, text.length + MAGIC.length + 8);
    if (!(await makeRoom(bytes))) return;
    const length = Buffer.alloc(8);
    length.writeUInt32LE(text.length);
    length.writeUInt32LE(await checksum(text), 4);
    const file = await open(temporary, 'wx', PRIVATE_FILE);
    try {
      for (const part of [MAGIC, length, text, ...entries.map(([, value]) => value)]) await writeBytes(file, part);
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, key));
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** CRC-32. Lets other tasks run in between. */
async function checksum({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<number> {
  let crc = 0;
  for (let at = 0; at < byteLength; at += CHECKED_AT_ONCE) {
    if (at > 0) await setImmediate();
    crc = crc32(new Uint8Array(buffer, byteOffset + at, Math.min(CHECKED_AT_ONCE, byteLength - at)), crc);
  }
  return crc;
}

async function writeBytes(file: FileHandle, { buffer, byteOffset, byteLength }: ArrayBufferView): Promise<void> {
  for (let at = 0; at < byteLength; at += CHUNK) {
    await file.write(new Uint8Array(buffer, byteOffset + at, Math.min(CHUNK, byteLength - at)));
  }
}

export interface CacheSize {
  readonly folder: string;
  readonly sizeBytes: number;
  readonly limitBytes: number;
}

export async function cacheSize(): Promise<CacheSize> {
  const files = await listFiles();
  return {
    folder: dataCacheFolder(),
    sizeBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    limitBytes: await limit(),
  };
}

/** Removes all entries. A process that has an entry open can read it to the end. */
export async function clearCache(): Promise<void> {
  const folder = dataCacheFolder();
  for (const { name } of await listFiles()) await rm(join(folder, name), { force: true });
}

interface CacheFile {
  readonly name: string;
  readonly bytes: number;
  readonly used: number;
}

async function listFiles(): Promise<CacheFile[]> {
  const folder = dataCacheFolder();
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => {
      const status = await stat(join(folder, name)).catch(() => null);
      return status?.isFile() === true ? [{ name, bytes: status.size, used: status.mtimeMs }] : [];
    }),
  );
  return files.flat();
}

async function limit(): Promise<number> {
  try {
    const { blocks, bsize } = await statfs(dataCacheFolder());
    return Math.min(MOST_BYTES, blocks * bsize * MOST_OF_DISK);
  } catch {
    return MOST_BYTES;
  }
}

/** Removes the entries that were not used for the longest time until `bytes` fit. @returns False if they never fit. */
async function makeRoom(bytes: number): Promise<boolean> {
  const folder = dataCacheFolder();
  await sweepLeftovers(folder, PART_PREFIX);
  const most = await limit();
  if (bytes > most) return false;
  const files = (await listFiles()).sort((a, b) => a.used - b.used);
  let total = files.reduce((sum, file) => sum + file.bytes, bytes);
  for (const file of files) {
    if (total <= most) break;
    await rm(join(folder, file.name), { force: true });
    total -= file.bytes;
  }
  return true;
}
