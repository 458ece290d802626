import { databasePath } from './database.ts';
import type { Database } from './database.ts';
import { storageError } from './errors.ts';

/** The database of a project; what fails in it is thrown as AppError `runs/…`. */
export class Access {
  readonly #folder: string;
  readonly #database: Database;

  constructor(folder: string, database: Database) {
    this.#folder = folder;
    this.#database = database;
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  /** In one transaction. */
  write<Result>(action: () => Result): Result {
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
