import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

/** Editors write in several steps; looking once they are done avoids reading half a file. */
const SETTLE_MS = 120;
/** For file systems that report nothing (network shares) and systems out of watches. */
const POLL_MS = 2_000;

/**
 * Calls back after something in the folder may have changed; the callee compares for itself.
 * @returns A function that ends the watching.
 */
export function watchFolder(folder: string, onMayHaveChanged: () => void): () => void {
  let settling: NodeJS.Timeout | null = null;
  const later = (): void => {
    settling ??= setTimeout(() => {
      settling = null;
      onMayHaveChanged();
    }, SETTLE_MS);
  };
  const watcher = startWatcher(folder, later);
  const poll = setInterval(onMayHaveChanged, POLL_MS);
  poll.unref();
  return () => {
    watcher?.close();
    clearInterval(poll);
    if (settling !== null) clearTimeout(settling);
  };
}

function startWatcher(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || (name.endsWith('.json') && !name.startsWith('.'))) onEvent();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
