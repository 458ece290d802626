import { createHash } from 'node:crypto';
import { open, rename, rm, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { makePrivateFolder, PRIVATE_FILE } from '../../system/private-files.ts';
import { temporaryName } from '../../system/temporary-name.ts';
import { dataCacheFolder, makeRoom, PART_PREFIX } from './folder.ts';

/**
 * Cache of data that Lamina has read: one file per entry, written once and never changed. If an entry cannot be written
 * or read, Lamina reads the source again.
 *
 * Layout of a file: 8 bytes magic; length and CRC-32 of the header (uint32, little endian); the header as JSON, with the
 * length and CRC-32 of each part; the bytes of the parts. The checksums detect damage, for instance after a power failure.
 */
const MAGIC = Buffer.from('LAMDATA2');
/** Bytes per read or write: Node accepts at most 2 GiB. */
const CHUNK = 2 ** 30;
/** Bytes whose checksum takes about 10 ms. */
const CHECKED_AT_ONCE = 2 ** 24;
const MOST_CRC = 2 ** 32 - 1;

export interface CacheEntry {
  readonly header: unknown;
  /** Each part has its own ArrayBuffer, which any typed array can view. */
  readonly parts: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

interface StoredHeader {
  readonly header: unknown;
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly crc: number }[];
}

/** Key of an entry: hash of all that its content depends on, as JSON. */
export const entryKey = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/** @param key Of `entryKey`. @returns Null if there is no complete entry. */
export async function readEntry(key: string): Promise<CacheEntry | null> {
  const entry = await OpenEntry.open(key);
  if (entry === null) return null;
  try {
    const parts: Record<string, Uint8Array<ArrayBuffer>> = {};
    for (const { name, bytes, crc } of entry.parts) {
      const part = new Uint8Array(bytes);
      await entry.read(name, 0, part);
      if ((await checksum(part)) !== crc) return null;
      parts[name] = part;
    }
    return { header: entry.header, parts };
  } catch {
    return null;
  } finally {
    await entry.close();
  }
}

/** An entry that is read in pieces. The caller closes it. Its file may be removed meanwhile. */
export class OpenEntry {
  readonly #file: FileHandle;
  readonly #stored: StoredHeader;
  readonly #positions = new Map<string, number>();

  private constructor(file: FileHandle, stored: StoredHeader, position: number) {
    this.#file = file;
    this.#stored = stored;
    let next = position;
    for (const { name, bytes } of stored.parts) {
      this.#positions.set(name, next);
      next += bytes;
    }
  }

  /** @returns Null if there is no entry of the right length. */
  static async open(key: string): Promise<OpenEntry | null> {
    const path = join(dataCacheFolder(), key);
    const file = await open(path, 'r').catch(() => null);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      const start = new Uint8Array(MAGIC.length + 8);
      await readBytes(file, start, 0);
      const length = new DataView(start.buffer).getUint32(MAGIC.length, true);
      if (MAGIC.equals(start.subarray(0, MAGIC.length)) && start.length + length <= size) {
        const text = new Uint8Array(length);
        await readBytes(file, text, start.length);
        if ((await checksum(text)) === new DataView(start.buffer).getUint32(MAGIC.length + 4, true)) {
          const stored = JSON.parse(Buffer.from(text).toString('utf8')) as StoredHeader;
          const position = start.length + length;
          if (stored.parts.reduce((sum, { bytes }) => sum + bytes, position) === size) {
            // `makeRoom` removes the entries with the oldest time first.
            const now = new Date();
            await utimes(path, now, now).catch(() => {});
            return new OpenEntry(file, stored, position);
          }
        }
      }
    } catch {
      // Not an entry.
    }
    await file.close();
    return null;
  }

  get header(): unknown {
    return this.#stored.header;
  }

  get parts(): StoredHeader['parts'] {
    return this.#stored.parts;
  }

  /** Whether the parts have their checksums. Reads all of the entry, a piece at a time. */
  async isIntact(): Promise<boolean> {
    for (const { name, bytes, crc } of this.parts) {
      const piece = new Uint8Array(Math.min(bytes, CHECKED_AT_ONCE));
      let found = 0;
      for (let at = 0; at < bytes; at += piece.length) {
        const read = piece.subarray(0, bytes - at);
        await this.read(name, at, read);
        found = crc32(read, found);
      }
      if (found !== crc) return false;
    }
    return true;
  }

  /** Fills `target` with bytes of a part. @param offset In the part. */
  async read(part: string, offset: number, target: Uint8Array): Promise<void> {
    await readBytes(this.#file, target, this.#positions.get(part)! + offset);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function readBytes(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < target.length;) {
    const { bytesRead } = await file.read(target, at, Math.min(CHUNK, target.length - at), position + at);
    if (bytesRead === 0) throw new Error('The entry is incomplete.');
    at += bytesRead;
  }
}

/** Stores an entry. Does nothing if the folder cannot be written or the entry is larger than the limit. */
export async function writeEntry(
  key: string,
  header: unknown,
  parts: Readonly<Record<string, ArrayBufferView>> = {},
): Promise<void> {
  const entries = Object.entries(parts);
  const sizes = entries.map(([name, { byteLength }]) => [name, byteLength] as const);
  try {
    const writer = await EntryWriter.create(key, header, Object.fromEntries(sizes));
    if (writer === null) return;
    try {
      for (const [name, part] of entries) await writer.append(name, part);
      await writer.finish();
    } catch {
      await writer.discard();
    }
  } catch {
    // The source is read again.
  }
}

/** Writes an entry in pieces. The caller finishes or discards it. */
export class EntryWriter {
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #key: string;
  readonly #header: unknown;
  readonly #parts = new Map<string, { readonly bytes: number; written: number; crc: number }>();
  readonly #headerBytes: number;

  private constructor(
    file: FileHandle,
    temporary: string,
    key: string,
    header: unknown,
    sizes: Readonly<Record<string, number>>,
  ) {
    this.#file = file;
    this.#temporary = temporary;
    this.#key = key;
    this.#header = header;
    for (const [name, bytes] of Object.entries(sizes)) this.#parts.set(name, { bytes, written: 0, crc: 0 });
    this.#headerBytes = MAGIC.length + 8 + this.#headerText().length;
  }

  /**
   * @param sizes Bytes of each part.
   * @returns Null if the entry is larger than the limit.
   * @throws If the folder cannot be written.
   */
  static async create(
    key: string,
    header: unknown,
    sizes: Readonly<Record<string, number>>,
  ): Promise<EntryWriter | null> {
    const folder = dataCacheFolder();
    await makePrivateFolder(folder);
    const temporary = join(folder, temporaryName(PART_PREFIX));
    const bytes = Object.values(sizes).reduce((sum, size) => sum + size, 0);
    if (!(await makeRoom(bytes))) return null;
    return new EntryWriter(await open(temporary, 'wx', PRIVATE_FILE), temporary, key, header, sizes);
  }

  /** Appends bytes to a part; other parts may be written in between. */
  async append(name: string, piece: ArrayBufferView): Promise<void> {
    const part = this.#parts.get(name)!;
    if (part.written + piece.byteLength > part.bytes) throw new Error(`More bytes than expected of '${name}'.`);
    let start = this.#headerBytes;
    for (const [other, { bytes }] of this.#parts) {
      if (other === name) break;
      start += bytes;
    }
    await writeBytes(this.#file, piece, start + part.written);
    part.crc = await checksum(piece, part.crc);
    part.written += piece.byteLength;
  }

  /** Makes the entry readable. */
  async finish(): Promise<void> {
    for (const [name, { bytes, written }] of this.#parts) {
      if (written < bytes) throw new Error(`'${name}' has ${written} of ${bytes} bytes.`);
    }
    const text = this.#headerText();
    const start = Buffer.alloc(MAGIC.length + 8);
    MAGIC.copy(start);
    start.writeUInt32LE(text.length, MAGIC.length);
    start.writeUInt32LE(await checksum(text), MAGIC.length + 4);
    await writeBytes(this.#file, Buffer.concat([start, text]), 0);
    await this.#file.close();
    await rename(this.#temporary, join(dataCacheFolder(), this.#key));
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true }).catch(() => {});
  }

  /** Of the same length for all checksums: JSON may end with spaces. */
  #headerText(): Buffer {
    const textOf = (crcOf: (crc: number) => number): string => {
      const parts = [...this.#parts].map(([name, { bytes, crc }]) => ({ name, bytes, crc: crcOf(crc) }));
      return JSON.stringify({ header: this.#header, parts } satisfies StoredHeader);
    };
    const text = Buffer.from(textOf((crc) => crc));
    return Buffer.alloc(Buffer.byteLength(textOf(() => MOST_CRC)), ' ').fill(text, 0, text.length);
  }
}

/** CRC-32. Lets other tasks run in between. @param before Of the bytes before. */
async function checksum({ buffer, byteOffset, byteLength }: ArrayBufferView, before = 0): Promise<number> {
  let crc = before;
  for (let at = 0; at < byteLength; at += CHECKED_AT_ONCE) {
    if (at > 0) await setImmediate();
    crc = crc32(new Uint8Array(buffer, byteOffset + at, Math.min(CHECKED_AT_ONCE, byteLength - at)), crc);
  }
  return crc;
}

async function writeBytes(
  file: FileHandle,
  { buffer, byteOffset, byteLength }: ArrayBufferView,
  position: number,
): Promise<void> {
  for (let at = 0; at < byteLength;) {
    const piece = new Uint8Array(buffer, byteOffset + at, Math.min(CHUNK, byteLength - at));
    at += (await file.write(piece, 0, piece.length, position + at)).bytesWritten;
  }
}
