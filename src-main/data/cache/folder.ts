import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../system/cache-folder.ts';
import { sweepLeftovers } from '../../system/temporary-name.ts';

/** Begins the names of entries that are being written. */
export const PART_PREFIX = '.part-';
const MOST_BYTES = 20 * 2 ** 30;
const MOST_OF_DISK = 0.1;

/** Folder of cached data. `LAMINA_DATA_CACHE` sets another. */
export function dataCacheFolder(): string {
  return process.env['LAMINA_DATA_CACHE'] || join(cacheFolder(), 'data');
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

/** Bytes that a new entry can have: within the limit, and what the disk has free or other entries can give. */
export async function freeBytes(): Promise<number> {
  const { sizeBytes, limitBytes } = await cacheSize();
  try {
    const { bavail, bsize } = await statfs(dataCacheFolder());
    return Math.min(limitBytes, bavail * bsize + sizeBytes);
  } catch {
    return limitBytes;
  }
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
export async function makeRoom(bytes: number): Promise<boolean> {
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
