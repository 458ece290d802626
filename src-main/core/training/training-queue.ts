import { randomUUID } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { moved, queuedRunSchema } from '../../../src-shared/training/run/run-queue.ts';
import type { QueuedRun } from '../../../src-shared/training/run/run-queue.ts';
import { atomicWrite } from '../../system/atomic-write.ts';
import { errorCode } from '../../system/error-code.ts';
import { acquireLock } from '../../system/file-lock.ts';
import type { HeldLock } from '../../system/file-lock.ts';
import { makePrivateFolder } from '../../system/private-files.ts';
import { isAlive, processIdentity } from '../../system/process-identity.ts';
import { advance, BEAT_MS, entrySchema, fileSchema, isSame } from './queue-entries.ts';
import type { Entry } from './queue-entries.ts';

/** Interval at which a core with waiting runs checks whether one may start. */
const TURN_MS = 500;
/** Interval at which a window's core reads other programs' changes. */
const SHOWN_MS = 1_000;
/** A change takes milliseconds. */
const LOCK_SILENCE_MS = 5_000;
const LOCK_PATIENCE_MS = 15_000;

/** What the queue calls for a waiting run, once. */
export interface Turn {
  /** It may train now. */
  start(): void;
  /** A person removed it from the queue. */
  remove(): void;
}

/** A run's place in the queue. */
export interface QueuePlace {
  /** Resolves once `start` was called, or the run has to wait. */
  readonly decided: Promise<void>;
  /** The run was paused, or trains again: paused runs do not count. A run that is resumed does not wait. */
  setPaused(paused: boolean): void;
  /** The run has ended, or was cancelled before it started. */
  leave(): void;
}

export interface TrainingQueueOptions {
  /** Number of runs that train at once. */
  limit(): Promise<number>;
  /** Reads other programs' changes, and reports every change of the queue. */
  readonly onChange?: (queue: readonly QueuedRun[]) => void;
}

/**
 * The runs of this user on this machine that train or wait, of all projects and programs: one file per machine in the
 * user's configuration folder. Each core starts its own runs when it is their turn; entries of processes that have
 * ended are ignored. Without a writable configuration folder each core has a queue for its runs only.
 */
export class TrainingQueue {
  readonly #core = randomUUID();
  readonly #path: string;
  readonly #options: TrainingQueueOptions;
  readonly #identity = processIdentity();
  readonly #own = new Map<string, { entry: Entry; turn: Turn }>();
  #changing: Promise<void> = Promise.resolve();
  #shown: readonly QueuedRun[] = [];
  #timer: NodeJS.Timeout | undefined;
  #storageFailed = false;
  #unreadable = false;
  #closed = false;

  constructor(configFolder: string, options: TrainingQueueOptions) {
    this.#path = join(configFolder, 'queue', `${encodeURIComponent(hostname())}.json`);
    this.#options = options;
    if (options.onChange !== undefined) this.#pollLater();
  }

  /**
   * Adds a run at the end.
   *
   * @param now It does not wait, however many runs train.
   */
  enter(run: Omit<QueuedRun, 'key' | 'state'>, turn: Turn, now = false): QueuePlace {
    const key = randomUUID();
    const asked: Entry = {
      ...{ ...run, key, state: now ? 'training' : 'waiting', core: this.#core },
      ...{ owner: this.#identity, seenAt: Date.now(), removed: false },
    };
    // Fields in the order in which they are read, so that texts can be compared.
    this.#own.set(key, { entry: entrySchema.parse(asked), turn });
    const decided = this.check().then(() => {
      if (now && this.#own.has(key)) turn.start();
    });
    return {
      decided,
      setPaused: (paused) => {
        const own = this.#own.get(key);
        const state = paused ? 'paused' : 'training';
        if (own === undefined || own.entry.state === state) return;
        own.entry = { ...own.entry, state };
        void this.check();
      },
      leave: () => {
        if (this.#own.delete(key)) void this.check();
      },
    };
  }

  /** All entries in order. */
  async list(): Promise<readonly QueuedRun[]> {
    await this.check();
    return this.#shown;
  }

  /** @param before The run that follows it; null: none. Unknown runs change nothing: they have started or left. */
  move(key: string, before: string | null): Promise<void> {
    return this.#change((entries) => moved(entries, key, before));
  }

  /** Removes a run that waits. Its core records it as stopped. */
  remove(key: string): Promise<void> {
    return this.#change((entries) =>
      entries.map((entry) => (entry.key === key && entry.state === 'waiting' ? { ...entry, removed: true } : entry)),
    );
  }

  /** Shows another name of a run of this core. */
  async rename({ folder, runId, name }: Pick<QueuedRun, 'folder' | 'runId' | 'name'>): Promise<void> {
    for (const own of this.#own.values()) {
      if (own.entry.folder === folder && own.entry.runId === runId) own.entry = { ...own.entry, name };
    }
    await this.check();
  }

  /** Starts runs whose turn it is. */
  check(): Promise<void> {
    return this.#change((entries) => entries);
  }

  /** Removes this core's entries. */
  async close(): Promise<void> {
    const hadRuns = this.#own.size > 0;
    this.#own.clear();
    await (hadRuns ? this.check() : this.#changing);
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Changes follow each other. */
  #change(edit: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
    const result = this.#changing.then(async () => {
      if (this.#closed) return;
      await this.#apply(edit);
      this.#pollLater();
    });
    this.#changing = result.catch(() => {});
    return this.#changing;
  }

  async #apply(edit: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
    const limit = this.#waits ? await this.#options.limit() : 0;
    const next = (entries: readonly Entry[]) =>
      advance(edit(entries), { own: this.#ownEntries(), core: this.#core, limit, now: Date.now(), isAlive });
    let found = await this.#read();
    if (found === null) return;
    let result = next(found);
    if (!isSame(found, result.entries)) {
      const lock = await this.#lock();
      if (lock === 'busy') return;
      try {
        found = await this.#read();
        if (found === null) return;
        result = next(found);
        if (lock !== null && !isSame(found, result.entries)) await this.#write(result.entries);
      } finally {
        await lock?.release();
      }
    }
    this.#publish(result.entries);
    for (const { key, seenAt } of result.entries) {
      const own = this.#own.get(key);
      if (own !== undefined) own.entry = { ...own.entry, seenAt };
    }
    for (const key of result.started) {
      const own = this.#own.get(key);
      // It may have left while the file was written.
      if (own === undefined) continue;
      own.entry = { ...own.entry, state: 'training' };
      own.turn.start();
    }
    for (const key of result.removed) {
      const { turn } = this.#own.get(key) ?? {};
      this.#own.delete(key);
      turn?.remove();
    }
  }

  get #waits(): boolean {
    return this.#ownEntries().some(({ state }) => state === 'waiting');
  }

  #ownEntries(): Entry[] {
    return [...this.#own.values()].map(({ entry }) => entry);
  }

  /**
   * A missing or damaged file is an empty queue: each core adds its entries again.
   *
   * @returns Null if the file cannot be read now: others' entries are unknown, and must not be lost.
   */
  async #read(): Promise<readonly Entry[] | null> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (await this.#isAbsent(errorCode(error))) return [];
      this.#reportUnreadable(error);
      return null;
    }
    this.#unreadable = false;
    try {
      return fileSchema.parse(JSON.parse(text)).runs;
    } catch {
      return [];
    }
  }

  /** @param code Of the error that reading the file gave. */
  async #isAbsent(code: string): Promise<boolean> {
    if (code === 'ENOENT' || code === 'ENOTDIR') return true;
    if (code !== 'EACCES') return false;
    // A folder that this user cannot enter holds no queue for them.
    return access(dirname(this.#path), constants.X_OK).then(
      () => false,
      (error: unknown) => errorCode(error) === 'EACCES',
    );
  }

  /** @returns 'busy' if another program does not release the lock; null where nothing can be written. */
  async #lock(): Promise<HeldLock | 'busy' | null> {
    const busy = new Error('busy');
    try {
      await makePrivateFolder(dirname(this.#path));
      const giveUp = { afterMs: LOCK_PATIENCE_MS, error: () => busy };
      return await acquireLock(`${this.#path}.lock`, { silentMs: LOCK_SILENCE_MS, giveUp });
    } catch (error) {
      if (error === busy) return 'busy';
      this.#reportStorage(error);
      return null;
    }
  }

  async #write(runs: readonly Entry[]): Promise<void> {
    try {
      await atomicWrite(this.#path, `${JSON.stringify({ runs }, null, 2)}\n`);
      this.#storageFailed = false;
    } catch (error) {
      this.#reportStorage(error);
    }
  }

  #reportUnreadable(error: unknown): void {
    if (!this.#unreadable) {
      console.error(
        `The queue of runs '${this.#path}' cannot be read, so no waiting run starts: ${AppError.from(error).message}. If this stays, make the file readable or remove it.`,
      );
    }
    this.#unreadable = true;
  }

  #reportStorage(error: unknown): void {
    if (!this.#storageFailed) {
      console.error(
        `The queue of runs cannot be written, so the runs of other programs do not wait for the runs of this one: ${AppError.from(error).message}`,
      );
    }
    this.#storageFailed = true;
  }

  #publish(entries: readonly Entry[]): void {
    const shown = entries.map((entry) => queuedRunSchema.parse(entry));
    if (JSON.stringify(shown) === JSON.stringify(this.#shown)) return;
    this.#shown = shown;
    this.#options.onChange?.(shown);
  }

  #pollLater(): void {
    clearTimeout(this.#timer);
    const shown = this.#options.onChange !== undefined;
    if (this.#closed || (this.#own.size === 0 && !shown)) return;
    const others = shown ? SHOWN_MS : BEAT_MS;
    this.#timer = setTimeout(() => void this.check(), this.#waits ? TURN_MS : others);
    this.#timer.unref();
  }
}
