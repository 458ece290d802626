import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { errorCode } from '../system/error-code.ts';
import { DATABASE_FILE, databasePath } from './database.ts';

/**
 * Identifies a project's run history, wherever its folder is moved. The numbers are certain while a program has the
 * history open: the system does not give them to another file before.
 */
export const historyIdentitySchema = z.object({ device: z.bigint(), file: z.bigint() });
export type HistoryIdentity = Readonly<z.infer<typeof historyIdentitySchema>>;

/** @returns Null if the folder has no run history. @throws Node's error if it cannot be looked at. */
export function historyIdentity(projectFolder: string): HistoryIdentity | null {
  try {
    const { dev, ino } = statSync(databasePath(projectFolder), { bigint: true });
    return { device: dev, file: ino };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null;
    throw error;
  }
}

/** False once the folder was renamed or removed, or its history replaced. A folder that cannot be looked at is in place. */
export function isInPlace(projectFolder: string, identity: HistoryIdentity): boolean {
  try {
    return isSame(historyIdentity(projectFolder), identity);
  } catch {
    return true;
  }
}

/** @throws AppError 'runs/moved'; its message names the new folder if that is in the same parent folder. */
export function requireInPlace(projectFolder: string, identity: HistoryIdentity): void {
  if (!isInPlace(projectFolder, identity)) throw moved(projectFolder, identity);
}

function moved(folder: string, identity: HistoryIdentity): AppError {
  const now = folderBeside(folder, identity);
  if (now !== null) {
    return new AppError(
      'runs/moved',
      `The project folder '${folder}' was renamed to '${now}' while Lamina had it open. Its runs and checkpoints are there. Open it there, and resume runs that were training.`,
      { folder, now },
    );
  }
  const what = existsSync(folder)
    ? `'${folder}' has another run history, or none: another folder was put in its place, or its ${DATABASE_FILE} was replaced`
    : `The project folder '${folder}' does not exist any more: it was removed, or moved to another folder,`;
  return new AppError(
    'runs/moved',
    `${what} while Lamina had it open. Nothing more is written to this path. If the project was moved, open it where it is now, and resume runs that were training.`,
    { folder },
  );
}

/** The folder with that history among those beside `folder`; null if there is none. */
function folderBeside(folder: string, identity: HistoryIdentity): string | null {
  const parent = dirname(folder);
  const has = (path: string): boolean => {
    try {
      return isSame(historyIdentity(path), identity);
    } catch {
      return false;
    }
  };
  try {
    const names = readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return names.map(({ name }) => join(parent, name)).find(has) ?? null;
  } catch {
    return null;
  }
}

const isSame = (found: HistoryIdentity | null, { device, file }: HistoryIdentity): boolean =>
  found !== null && found.device === device && found.file === file;
