import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { NOT_A_FILE, readRegularFile } from '../../../system/regular-file.ts';
import { NEWER_VERSION } from '../../../../src-shared/text/document-version.ts';
import { checkDepth } from '../../../../src-shared/text/parse-json.ts';
import { atomicWrite } from '../../../system/atomic-write.ts';
import { errorCode } from '../../../system/error-code.ts';
import { readDocument } from './read-document.ts';
import type { DocumentKind } from './read-document.ts';
import { setAside } from './set-aside.ts';

/** What the disk held when it was last looked at; a rename or an edit changes the stamp. */
interface DiskState {
  readonly stamp: string;
  /** Null where there is no file, or it may not be read. */
  readonly text: string | null;
  readonly error: AppError | null;
}

const ABSENT: DiskState = { stamp: 'absent', text: null, error: null };

/**
 * One document on disk and in memory, with a revision that grows by each change, its own
 * or another program's. A damaged file is kept under another name before it is replaced; one
 * that a newer Lamina wrote is never written to (see `save`).
 *
 * Calls must not overlap; the project service queues them.
 */
export class DocumentFile<Document> {
  readonly #kind: DocumentKind<Document>;
  readonly #path: string;
  #document: Document;
  #revision = 1;
  #disk: DiskState = ABSENT;
  #problems: readonly AppError[] = [];

  private constructor(kind: DocumentKind<Document>, path: string, fallback: Document) {
    this.#kind = kind;
    this.#path = path;
    this.#document = fallback;
  }

  /** Reads the file, or takes `fallback` where there is none or nothing of it can be used. */
  static async open<Document>(
    kind: DocumentKind<Document>,
    path: string,
    fallback: Document,
  ): Promise<DocumentFile<Document>> {
    const file = new DocumentFile(kind, path, fallback);
    file.#disk = await readDisk(path);
    file.#take();
    return file;
  }

  get fileName(): string {
    return basename(this.#path);
  }

  get document(): Document {
    return this.#document;
  }

  get revision(): number {
    return this.#revision;
  }

  get exists(): boolean {
    return this.#disk !== ABSENT;
  }

  /** Continues another file's revisions, so that they never repeat for one document of a project. */
  continueFrom(revision: number): void {
    this.#revision = revision;
  }

  /** Why the file on disk could not be read as it is; `document` then is what is used instead. */
  get problems(): readonly AppError[] {
    return this.#problems;
  }

  /**
   * Takes over what another program wrote.
   *
   * @returns Whether document or problem changed. A file that vanished changes nothing:
   *   the document stays, and the next save writes it again.
   */
  async refresh(): Promise<boolean> {
    if ((await stampOf(this.#path)) === this.#disk.stamp) return false;
    const before = this.#disk.text;
    this.#disk = await readDisk(this.#path);
    if (this.#disk === ABSENT || (this.#disk.text === before && this.#disk.error === null)) return false;
    const problemsBefore = this.#problems;
    const documentBefore = this.#document;
    this.#take();
    if (this.#document === documentBefore && this.#problems === problemsBefore) return false;
    this.#revision += 1;
    return true;
  }

  /** @throws AppError 'project/changed-elsewhere' unless `baseRevision` is the current one. */
  checkRevision(baseRevision: number): void {
    if (baseRevision === this.#revision) return;
    throw new AppError(
      'project/changed-elsewhere',
      `'${this.fileName}' was changed in another window or by another program since this one read it. Take over the newer version, then repeat your change.`,
      { fileName: this.fileName, revision: this.#revision, baseRevision },
    );
  }

  /** Why nothing is written here: a later Lamina's document holds what this one cannot write back. */
  get newer(): AppError | null {
    return this.#problems.find(({ code }) => code === NEWER_VERSION) ?? null;
  }

  /**
   * Writes the document unless the disk holds it already. A damaged file is first copied to another name in its folder.
   *
   * @returns The copy's name; null if the file was not damaged.
   * @throws AppError 'document/newer-version', 'document/too-deep'; 'files/…' where the disk refuses.
   */
  async save(document: Document): Promise<string | null> {
    if (this.newer !== null) throw this.newer;
    const text = `${JSON.stringify(document, null, 2)}\n`;
    if (text === this.#disk.text) return null;
    checkDepth(text, `'${this.fileName}'`);
    const kept = this.#problems.length === 0 ? null : await setAside(this.#path);
    await atomicWrite(this.#path, text);
    this.#document = document;
    this.#disk = { stamp: await stampOf(this.#path), text, error: null };
    this.#problems = [];
    this.#revision += 1;
    return kept;
  }

  /** Makes document and problem from the text on disk. Good content in memory outlives a damaged file. */
  #take(): void {
    if (this.#disk.error !== null) this.#problems = [this.#disk.error];
    if (this.#disk.text === null) return;
    const { document, problems } = readDocument(this.#kind, this.fileName, this.#disk.text);
    const whole = problems.length === 0;
    if (!whole || this.#problems.length > 0) this.#problems = problems;
    if (document === null || !(whole || this.#revision === 1 || this.newer !== null)) return;
    if (JSON.stringify(document) !== JSON.stringify(this.#document)) this.#document = document;
  }
}

async function readDisk(path: string): Promise<DiskState> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const stamp = await stampOf(path);
    try {
      const text = await readRegularFile(path);
      if ((await stampOf(path)) === stamp) return { stamp, text, error: null };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return ABSENT;
      return { stamp, text: null, error: readError(error, path) };
    }
  }
  const message = `'${path}' keeps changing while it is read. Wait for the program that writes it.`;
  return { stamp: 'changing', text: null, error: new AppError('files/unreadable', message, { path }) };
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, mode } = await stat(path, { bigint: true });
    return `${ino}-${size}-${mtimeNs}-${mode}`;
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? ABSENT.stamp : `unreadable-${errorCode(error)}`;
  }
}

function readError(error: unknown, path: string): AppError {
  const code = errorCode(error);
  const reason =
    code === 'EACCES' || code === 'EPERM'
      ? 'you have no permission to read it. Change its permissions.'
      : code === 'EISDIR'
        ? 'it is a folder where a file is expected. Move it away.'
        : code === NOT_A_FILE
          ? 'it is a pipe or a device where a file is expected. Move it away.'
          : `${error instanceof Error ? error.message : String(error)}. Check the disk.`;
  return new AppError('files/unreadable', `Cannot read '${path}': ${reason}`, { path, code });
}
