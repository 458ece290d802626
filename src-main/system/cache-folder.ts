import { homedir } from 'node:os';
import { join } from 'node:path';

/** Lamina's cache folder of this user, shared by all checkouts. `LAMINA_CACHE` sets another. */
export function cacheFolder(): string {
  const named = process.env['LAMINA_CACHE'];
  if (named) return named;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'lamina');
  if (process.platform === 'win32') {
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'lamina', 'cache');
  }
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'lamina');
}
