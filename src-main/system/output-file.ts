import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { sweepLeftovers, temporaryName } from './temporary-name.ts';

/** A file with results for a person: its mode follows the umask. */
export interface OutputFile {
  write(part: string | Uint8Array): void;
  /** Completes the file. @throws AppError 'files/unwritable'. */
  close(): Promise<void>;
  /** Removes the incomplete file; an existing file stays as it was. */
  discard(): Promise<void>;
}

/** The system writes at most 2 GB at a time. */
const CHUNK_BYTES = 64 * 2 ** 20;

const PARTIAL_PREFIX = '.lamina-predictions-';

/** Opens a file that gets its name once it is complete. @throws AppError 'files/unwritable'. */
export async function openOutputFile(path: string): Promise<OutputFile> {
  const unwritable = (error: unknown): AppError => {
    const reason = error instanceof Error ? error.message : String(error);
    return new AppError('files/unwritable', `Cannot write '${path}': ${reason}. Choose another file with --out.`);
  };
  // A device or a pipe ('/dev/stdout') is written directly.
  const special = (await stat(path).catch(() => null))?.isFile() === false;
  const folder = dirname(path);
  if (!special) await sweepLeftovers(folder, PARTIAL_PREFIX);
  const temporary = special ? path : join(folder, temporaryName(PARTIAL_PREFIX));
  const stream = createWriteStream(temporary);
  const written = finished(stream);
  written.catch(() => {});
  await once(stream, 'open').catch((error: unknown) => {
    throw unwritable(error);
  });
  return {
    write(part) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
        stream.write(bytes.subarray(start, start + CHUNK_BYTES));
      }
    },
    async close() {
      stream.end();
      try {
        await written;
        if (!special) await rename(temporary, path);
      } catch (error) {
        throw unwritable(error);
      }
    },
    async discard() {
      stream.destroy();
      await written.catch(() => {});
      if (!special) await rm(temporary, { force: true });
    },
  };
}
