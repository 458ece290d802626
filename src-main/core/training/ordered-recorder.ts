import { isBusy } from '../../runs/when-free.ts';
import { Backlog } from './backlog.ts';
import type { RunChange } from './backlog.ts';

/** Interval between attempts to record while another program locks the run history; each attempt blocks core for up to 50 ms. */
const RETRY_MS = 500;
/** Shorter locks are not reported. */
const NOTICE_MS = 2_000;

export interface OrderedRecorderOptions {
  /** Size of the backlog, in bytes, from which training waits. */
  readonly holdBytes: number;
  /** Records a change. @throws AppError 'runs/busy' while another program locks the run history: the change is tried again. */
  record(change: RunChange): void;
  /** Any other error of `record`; the change counts as recorded. */
  onError(thrown: unknown): void;
  /** Checkpoint files that are never recorded, because newer ones replace them. */
  discardFiles(sha256: string[]): void;
  /** The backlog is too large: training has to wait until `release`. */
  hold(): void;
  release(): void;
  /** Called while the lock lasts. @param first True for the first call of a lock. */
  onLocked(first: boolean): void;
  /** A lock that was reported has ended; everything is recorded. */
  onUnlocked(): void;
}

/**
 * Records the changes of a run in order. While another program locks the run history, they are kept in memory and
 * recorded later in the same order.
 */
export class OrderedRecorder {
  /** Resolves once the exit of the trainer is recorded, or `abandon` was called. */
  readonly ended: Promise<void>;
  readonly #options: OrderedRecorderOptions;
  readonly #backlog = new Backlog();
  readonly #ended = Promise.withResolvers<void>();
  #retry: NodeJS.Timeout | undefined;
  /** When the run history was first found locked; null: not locked. */
  #lockedAt: number | null = null;
  #lockReported = false;
  #held = false;

  constructor(options: OrderedRecorderOptions) {
    this.#options = options;
    this.ended = this.#ended.promise;
  }

  /** What the lock does to the training; null: there is no lock that was reported. */
  get locked(): 'waits' | 'continues' | null {
    if (!this.#lockReported) return null;
    return this.#held ? 'waits' : 'continues';
  }

  take(change: RunChange): void {
    if (this.#backlog.first !== undefined || !this.#record(change)) this.#keep(change);
  }

  /** Drops what is not recorded. */
  abandon(): void {
    clearTimeout(this.#retry);
    this.#backlog.clear();
    this.#ended.resolve();
  }

  /** @returns False where another program keeps the run history locked. */
  #record(change: RunChange): boolean {
    try {
      this.#options.record(change);
    } catch (thrown) {
      if (isBusy(thrown)) return false;
      this.#options.onError(thrown);
    }
    if (change.kind === 'exited') this.#ended.resolve();
    return true;
  }

  #keep(change: RunChange): void {
    this.#lockedAt ??= performance.now();
    this.#options.discardFiles(this.#backlog.add(change).map(({ sha256 }) => sha256));
    if (!this.#held && this.#backlog.sizeBytes >= this.#options.holdBytes) {
      this.#held = true;
      this.#options.hold();
    }
    this.#reportLock();
    this.#retry ??= setTimeout(() => this.#catchUp(), RETRY_MS);
  }

  #catchUp(): void {
    this.#retry = undefined;
    for (let change = this.#backlog.first; change !== undefined; change = this.#backlog.first) {
      if (!this.#record(change)) {
        this.#reportLock();
        this.#retry = setTimeout(() => this.#catchUp(), RETRY_MS);
        return;
      }
      this.#backlog.removeFirst();
    }
    this.#lockedAt = null;
    if (this.#lockReported) this.#options.onUnlocked();
    this.#lockReported = false;
    if (this.#held) this.#options.release();
    this.#held = false;
  }

  #reportLock(): void {
    if (this.#lockedAt === null || performance.now() - this.#lockedAt < NOTICE_MS) return;
    const first = !this.#lockReported;
    this.#lockReported = true;
    this.#options.onLocked(first);
  }
}
