import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import type { Entry, ZipFile as YauzlFile } from 'yauzl';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { PRIVATE_FILE } from '../system/private-files.ts';

const MAX_ENTRIES = 20_000;
/** Weights compress badly: an entry above this size whose ratio is above `MAX_RATIO` is refused. */
const CHECKED_BYTES = 256 * 2 ** 20;
const MAX_RATIO = 100;

export interface ZipEntry {
  readonly name: string;
  readonly sizeBytes: number;
}

/** An open zip archive. Entries are read by name only; nothing is written to a path that the archive names. */
export class ZipFile {
  readonly #file: YauzlFile;
  readonly #path: string;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(file: YauzlFile, path: string, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#path = path;
    this.#entries = entries;
  }

  /** @throws AppError 'model-file/damaged'. The caller closes the archive. */
  static async open(path: string): Promise<ZipFile> {
    const file = await new Promise<YauzlFile>((resolve, reject) => {
      // Names that lead out of the folder are refused.
      yauzl.open(path, { lazyEntries: true, autoClose: false, strictFileNames: true }, (error, opened) => {
        if (error) reject(damagedZip(path, error.message));
        else resolve(opened);
      });
    });
    try {
      return new ZipFile(file, path, await entriesOf(file, path));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  get entries(): readonly ZipEntry[] {
    return [...this.#entries.values()].map(({ fileName, uncompressedSize }) => ({
      name: fileName,
      sizeBytes: uncompressedSize,
    }));
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** A whole entry. @throws AppError 'model-file/damaged' if it is missing, damaged or larger than `maxBytes`. */
  async bytes(name: string, maxBytes: number): Promise<Uint8Array> {
    const entry = this.#entry(name);
    if (entry.uncompressedSize > maxBytes) {
      throw damagedZip(this.#path, `'${name}' has ${entry.uncompressedSize} bytes; expected at most ${maxBytes}`);
    }
    try {
      return await buffer(checked(await this.#stream(entry), entry));
    } catch (error) {
      throw damagedZip(this.#path, error);
    }
  }

  /** The bytes of an entry in parts. The last one is followed by an error if the checksum is wrong. @throws as `bytes`. */
  async *parts(name: string): AsyncGenerator<Uint8Array> {
    const entry = this.#entry(name);
    this.#checkRatio(entry);
    try {
      yield* checked(await this.#stream(entry), entry);
    } catch (error) {
      throw damagedZip(this.#path, error);
    }
  }

  /** Writes an entry to a new file. @throws AppError 'model-file/damaged'; Node's error of the target. */
  async extract(name: string, target: string, signal: AbortSignal): Promise<void> {
    const entry = this.#entry(name);
    this.#checkRatio(entry);
    const source = await this.#stream(entry);
    const file = createWriteStream(target, { flags: 'wx', mode: PRIVATE_FILE });
    try {
      await pipeline(source, (stream: Readable) => checked(stream, entry), file, { signal });
    } catch (error) {
      signal.throwIfAborted();
      // Errors of the disk have a system call; those of the archive do not.
      if (error instanceof Error && 'syscall' in error) throw error;
      throw damagedZip(this.#path, error);
    }
  }

  close(): void {
    this.#file.close();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw damagedZip(this.#path, `it has no '${name}'`);
    return entry;
  }

  #checkRatio({ fileName, uncompressedSize, compressedSize }: Entry): void {
    if (uncompressedSize <= CHECKED_BYTES || uncompressedSize <= MAX_RATIO * compressedSize) return;
    throw damagedZip(this.#path, `'${fileName}' grows from ${compressedSize} to ${uncompressedSize} bytes`);
  }

  /** Checks the size while it is read. */
  #stream(entry: Entry): Promise<Readable> {
    return new Promise((resolve, reject) => {
      this.#file.openReadStream(entry, (error, stream) => {
        if (error) reject(damagedZip(this.#path, error));
        else resolve(stream);
      });
    });
  }
}

/** The bytes of an entry. @throws Error after the last one if their checksum is wrong. */
async function* checked(stream: Readable, { fileName, crc32: expected }: Entry): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== expected) throw new Error(`the checksum of '${fileName}' does not match`);
}

function entriesOf(file: YauzlFile, path: string): Promise<ReadonlyMap<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>();
    file.on('error', (error) => reject(damagedZip(path, error)));
    file.on('end', () => resolve(entries));
    file.on('entry', (entry: Entry) => {
      if (entries.size >= MAX_ENTRIES) return reject(damagedZip(path, `it has more than ${MAX_ENTRIES} entries`));
      if (entries.has(entry.fileName)) return reject(damagedZip(path, `it has '${entry.fileName}' twice`));
      entries.set(entry.fileName, entry);
      file.readEntry();
    });
    file.readEntry();
  });
}

/** The reason is in the error's details, too. */
function damagedZip(path: string, reason: unknown): AppError {
  if (reason instanceof AppError) return reason;
  const text = (reason instanceof Error ? reason.message : String(reason)).replace(/\.$/, '');
  return new AppError(
    'model-file/damaged',
    `Expected a complete zip archive in '${path}'; it is damaged: ${text}. Save it again, or copy the file again.`,
    { path, reason: text },
  );
}
