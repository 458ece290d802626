import type { AppError } from '../../src-shared/errors/app-error.ts';
import { databasePath } from './database.ts';
import type { Database } from './database.ts';
import { storageError } from './errors.ts';

/** The database of a project; its errors are thrown as AppError `runs/…`. */
export class Access {
  readonly #folder: string;
  readonly #database: Database;

  /** Error of every write if the project cannot be written; otherwise null. */
  readonly readOnly: AppError | null;

  constructor(folder: string, database: Database, readOnly: AppError | null) {
    this.readOnly = readOnly;
    this.#folder = folder;
    this.#database = database;
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  /** In one transaction. @throws AppError 'runs/unwritable' if the project cannot be written. */
  write<Result>(action: () => Result): Result {
    if (this.readOnly !== null) throw this.readOnly;
    return this.transaction(action);
  }

  /** In one transaction. In a project that cannot be written, it changes the temporary copy. */
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
