import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';

const KEY = 'lamina.recent-data';
const MOST = 5;

/** The newest path first, each once. */
export function withRecent(paths: readonly string[], path: string): string[] {
  return [path, ...paths.filter((other) => other !== path)].slice(0, MOST);
}

/** Paths of data chosen before in this browser; a convenience, so a blocked storage only empties it. */
export function readRecentPaths(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((path) => typeof path === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberPath(path: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(withRecent(readRecentPaths(), path)));
  } catch {
    return;
  }
}

/** Where choosing data begins: at the data in use, else where data was chosen last, else at home. A file or a folder. */
export function startPath(source: DatasetDocument['source'], recent: readonly string[]): string {
  const path = source.kind === 'generated' || source.path === '' ? recent[0] : source.path;
  return path ?? '~';
}
