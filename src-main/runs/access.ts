import type { AppError } from '../../src-shared/errors/app-error.ts';
import { databasePath } from './database.ts';
import type { Database } from './database.ts';
import { storageError } from './errors.ts';

/** The database of a project; what fails in it is thrown as AppError `runs/…`. */
export class Access {
  readonly #folder: string;
  readonly #database: Database;

  /** Why nothing may be recorded: the project cannot be written. */
  readonly readOnly: AppError | null;

  constructor(folder: string, database: Database, readOnly: AppError | null) {
    this.readOnly = readOnly;
    this.#folder = folder;
    this.#database = database;
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  /** In one transaction. @throws AppError 'runs/unwritable' where the project cannot be written. */
  write<Result>(action: () => Result): Result {
    if (this.readOnly !== null) throw this.readOnly;
    return this.transaction(action);
  }

  /** In one transaction; of a project that cannot be written, in the copy that is read. */
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

  /** For how long a write waits for another program; this one does nothing meanwhile. */
  waitForLocks(milliseconds: number): void {
    this.#database.pragma(`busy_timeout = ${milliseconds}`);
  }

  close(): void {
    this.#database.close();
  }
}
