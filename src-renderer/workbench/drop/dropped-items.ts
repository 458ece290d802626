import type { DroppedItem } from '../../slots/feature.ts';

const TEXT_BYTES = 64 * 1024;

/** Starts reading what was dropped. To be called in the event, before its data is gone. */
export function droppedItems(data: DataTransfer, pathOf: (file: File) => string | null): Promise<DroppedItem[]> {
  const items = [...data.items].filter(({ kind }) => kind === 'file');
  return Promise.all(
    items.flatMap((item) => {
      const entry = item.webkitGetAsEntry();
      const file = item.getAsFile();
      return file === null ? [] : [readItem(file, entry, pathOf(file))];
    }),
  );
}

async function readItem(file: File, entry: FileSystemEntry | null, path: string | null): Promise<DroppedItem> {
  if (entry !== null && entry.isDirectory) {
    return { name: file.name, file: null, path, names: await namesIn(entry as FileSystemDirectoryEntry), text: null };
  }
  return { name: file.name, file, path, names: [], text: await textOf(file) };
}

/** At most the first 100 names of a folder: what the browser reads at once. */
function namesIn(folder: FileSystemDirectoryEntry): Promise<string[]> {
  return new Promise((resolve) => {
    folder.createReader().readEntries(
      (entries) => resolve(entries.map(({ name }) => name)),
      () => resolve([]),
    );
  });
}

async function textOf(file: File): Promise<string | null> {
  try {
    const bytes = new Uint8Array(await file.slice(0, TEXT_BYTES).arrayBuffer());
    // `stream`: the last character may be cut.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}
