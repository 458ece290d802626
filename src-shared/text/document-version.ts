import { AppError } from '../errors/app-error.ts';
import { showValue } from './show-value.ts';
import type { Json } from './show-value.ts';

/** Error code of documents written by a newer Lamina: their known parts are shown, and they are not written. */
export const NEWER_VERSION = 'document/newer-version';

/** @param file Name for messages: "'model.lamina.json'". */
export function newerVersion(file: string, version: number, supported: number): AppError {
  return new AppError(
    NEWER_VERSION,
    `${file} has version ${version}, written by a newer Lamina; this one reads up to version ${supported}. Update Lamina to work on it.`,
    { version, supported },
  );
}

/** Format and version of a parsed file, for messages: "format 'lamina.model', version missing". */
export function formatAndVersion(value: unknown): string {
  if (typeof value !== 'object' || value === null) return shown(value);
  const { format, version } = value as { format?: unknown; version?: unknown };
  return `format ${shown(format)}, version ${shown(version)}`;
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : showValue(value as Json));
