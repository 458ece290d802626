import { resolve, sep } from 'node:path';

/** Absolute path of a picture that a cell names. Both '/' and '\\' separate folders. */
export function picturePath(folder: string, cell: string): string {
  return resolve(folder, sep === '\\' ? cell : cell.replaceAll('\\', '/'));
}
