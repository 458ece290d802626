import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { errorCode } from '../system/error-code.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../system/private-files.ts';
import { sweepLeftovers, temporaryName } from '../system/temporary-name.ts';
import { storageError } from './errors.ts';
import { migrations } from './migrations.ts';

export type Database = Sqlite.Database;

export const DATABASE_FILE = 'runs.sqlite';

export const databasePath = (projectFolder: string): string => join(projectFolder, DATABASE_FILE);

/** Time that a write waits for another program's lock. It blocks Node; `when-free.ts` retries without blocking. */
const BUSY_MS = 50;

/**
 * Opens a project's database and migrates it to the newest version. Several programs may have
 * it open: it uses a write-ahead log, and writers wait for each other's locks.
 *
 * @throws AppError 'project/missing-folder': the folder is not made, because a project may have been moved.
 *   'runs/corrupt', 'runs/newer', 'runs/unwritable', 'runs/disk-full'; the file is then unchanged.
 */
export function openDatabase(projectFolder: string): Database {
  const path = databasePath(projectFolder);
  if (!existsSync(projectFolder)) {
    throw new AppError(
      'project/missing-folder',
      `There is no folder '${projectFolder}'. If the project was moved, open it where it is now.`,
      { folder: projectFolder },
    );
  }
  try {
    // SQLite creates its journal with the file mode of the database.
    if (!existsSync(path)) closeSync(openSync(path, 'a', PRIVATE_FILE));
    return openFile(path, path);
  } catch (error) {
    throw storageError(error, projectFolder, path);
  }
}

const COPY_PREFIX = 'lamina-history-';

/** A checkpoint of SQLite, during which a copy is not consistent, takes milliseconds and is rare. */
const COPY_ATTEMPTS = 50;

/**
 * Opens a copy of a database that cannot be written or must not be, because SQLite's write-ahead log needs write
 * access even to read. The copy is empty if the project has no database. It does not receive later
 * changes of other programs.
 *
 * @returns The copy, and a function that removes it from the temporary folder after it is closed.
 * @throws AppError 'runs/corrupt', 'runs/newer', 'runs/unwritable'.
 */
export function openCopy(projectFolder: string): { database: Database; remove: () => void } {
  const path = databasePath(projectFolder);
  const folder = join(tmpdir(), temporaryName(COPY_PREFIX));
  mkdirSync(folder, { mode: PRIVATE_FOLDER });
  void sweepLeftovers(tmpdir(), COPY_PREFIX);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (let attempt = 1; !copyFiles(path, databasePath(folder)); attempt++) {
      if (attempt === COPY_ATTEMPTS)
        throw Object.assign(new Error('It changes all the time.'), { code: 'SQLITE_BUSY' });
    }
    return { database: openFile(databasePath(folder), path), remove };
  } catch (error) {
    remove();
    throw storageError(error, projectFolder, path);
  }
}

/**
 * Copies the database file, then its write-ahead log.
 *
 * @returns False if another program changed the database file meanwhile: the copies do not belong together. A log that
 *   grows meanwhile does no harm: SQLite reads its complete transactions.
 */
function copyFiles(path: string, to: string): boolean {
  const before = changeOf(path);
  for (const suffix of ['', '-wal']) {
    rmSync(to + suffix, { force: true });
    if (!existsSync(path + suffix)) continue;
    try {
      copyFileSync(path + suffix, to + suffix);
    } catch (error) {
      // The program that had the database open has just closed it, which removes the log.
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
    chmodSync(to + suffix, PRIVATE_FILE);
  }
  return changeOf(path) === before;
}

/** Differs after a change of the file. */
function changeOf(path: string): string {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status === undefined ? '' : `${status.size} ${status.mtimeNs}`;
}

/** @param named The path in messages. */
function openFile(path: string, named: string): Database {
  const database = new Sqlite(path, { timeout: BUSY_MS });
  try {
    checkFormat(database, path);
    database.pragma('journal_mode = WAL');
    // FULL: a commit survives power loss. Commits are batched, so the flushes are few.
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database, named);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Larger files are not checked when opened; damage in them is reported when it is read. */
const FULL_CHECK_BYTES = 32 * 1024 * 1024;

/** Checks the file for damage before it is written. */
function checkFormat(database: Database, path: string): void {
  database.pragma('schema_version');
  if (statSync(path).size > FULL_CHECK_BYTES) return;
  const damage = database.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') throw Object.assign(new Error(String(damage)), { code: 'SQLITE_CORRUPT' });
}

/** @throws AppError 'runs/newer' if a newer Lamina wrote the database. */
export function migrate(database: Database, path: string, steps: readonly string[] = migrations): void {
  const run = database.transaction(() => {
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version > steps.length) {
      throw new AppError(
        'runs/newer',
        `The run history '${path}' has version ${version}; this Lamina knows versions up to ${steps.length}. Open the project with a newer Lamina.`,
        { path, version },
      );
    }
    for (let next = version; next < steps.length; next++) database.exec(steps[next]!);
    if (version < steps.length) database.pragma(`user_version = ${steps.length}`);
  });
  if (Number(database.pragma('user_version', { simple: true })) === steps.length) return;
  run.immediate();
}

/**
 * Renames a damaged database and its journal, so that the next `openDatabase` starts a new
 * history. Only on a person's request.
 *
 * @returns The new path of the damaged file.
 */
export function setDatabaseAside(projectFolder: string): string {
  const path = databasePath(projectFolder);
  let aside = `${path}.damaged`;
  for (let count = 2; existsSync(aside); count++) aside = `${path}.damaged-${count}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}
