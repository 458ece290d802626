import { AppError } from '../errors/app-error.ts';

/** The code of every document that a later Lamina wrote: what is understood of it is shown, and nothing is written. */
export const NEWER_VERSION = 'document/newer-version';

/** @param file As messages name it: "'model.lamina.json'". */
export function newerVersion(file: string, version: number, supported: number): AppError {
  return new AppError(
    NEWER_VERSION,
    `${file} has version ${version}, written by a newer Lamina; this one reads up to version ${supported}. Update Lamina to work on it.`,
    { version, supported },
  );
}
