import type { AppError } from '../../src-shared/errors/app-error.ts';
import { databasePath } from './database.ts';
import type { Database } from './database.ts';
import { storageError } from './errors.ts';
import { isInPlace, requireInPlace } from './history-place.ts';
import type { HistoryIdentity } from './history-place.ts';

/** The database of a project; its errors are thrown as AppError `runs/…`. */
export class Access {
  readonly #folder: string;
  readonly #database: Database;

  /** Error of every write if the project cannot be written; otherwise null. */
  readonly readOnly: AppError | null;

  /** Null for the copy of a history that cannot be written. */
  readonly identity: HistoryIdentity | null;

  constructor(folder: string, database: Database, identity: HistoryIdentity | null, readOnly: AppError | null) {
    this.readOnly = readOnly;
    this.identity = identity;
    this.#folder = folder;
    this.#database = database;
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  /** True if the project's folder is where it was opened. */
  get isInPlace(): boolean {
    return this.identity === null || isInPlace(this.#folder, this.identity);
  }

  /** @throws AppError 'runs/moved' if the project's folder was renamed, removed or replaced. */
  requireInPlace(): void {
    if (this.identity !== null) requireInPlace(this.#folder, this.identity);
  }

  /** In one transaction. @throws AppError 'runs/unwritable' if the project cannot be written, 'runs/moved'. */
  write<Result>(action: () => Result): Result {
    if (this.readOnly !== null) throw this.readOnly;
    this.requireInPlace();
    return this.transaction(action);
  }

  /**
   * In one transaction, also in a project that was moved: the open database is where the project is now. In a project
   * that cannot be written, it changes the temporary copy.
   */
  transaction<Result>(action: () => Result): Result {
    return this.read(() => this.#database.transaction(action).immediate());
  }

  read<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw storageError(error, this.#folder, databasePath(this.#folder));
    }
  }

  /** Time that a write waits for another program's lock; it blocks this program. */
  waitForLocks(milliseconds: number): void {
    this.#database.pragma(`busy_timeout = ${milliseconds}`);
  }

  close(): void {
    this.#database.close();
  }
}
