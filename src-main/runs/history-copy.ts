import { Access } from './access.ts';
import { ArtifactStore } from './artifact-store.ts';
import { databasePath, openCopy } from './database.ts';
import type { Database } from './database.ts';
import { storageError } from './errors.ts';
import { PendingWrites } from './pending-writes.ts';
import { prepareQueries } from './queries.ts';
import { RunReading } from './run-reading.ts';
import { prepareStatements } from './statements.ts';

/**
 * The runs of another project, read from a copy of its history: nothing of the project changes, also while one of its
 * runs trains. It does not receive later changes.
 */
export class HistoryCopy extends RunReading {
  readonly files: Pick<ArtifactStore, 'specOf'>;
  readonly #database: Database;
  readonly #remove: () => void;

  /** Without a history it has no runs. @throws AppError 'runs/corrupt', 'runs/newer', 'runs/unwritable', 'runs/busy'. */
  static open(folder: string): HistoryCopy {
    const { database, remove } = openCopy(folder);
    try {
      return new HistoryCopy(folder, database, remove);
    } catch (error) {
      database.close();
      remove();
      throw storageError(error, folder, databasePath(folder));
    }
  }

  private constructor(folder: string, database: Database, remove: () => void) {
    const access = new Access(folder, database, null, null);
    const queries = prepareQueries(database);
    super(folder, access, queries, new PendingWrites(access, prepareStatements(database)));
    this.files = new ArtifactStore(folder, access, database, queries, '');
    this.#database = database;
    this.#remove = remove;
  }

  /** Does nothing: only the programs that have the project open know which of its runs are interrupted. */
  override recover(): void {}

  close(): void {
    this.#database.close();
    this.#remove();
  }
}
