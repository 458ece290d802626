import { fileKinds, type FileKind } from '../../../src-shared/data/file-kinds.ts';

/** Which files the dialog shows: those of one kind, those that Lamina reads, or any. */
export type ShownFiles = FileKind | 'all' | 'any';

const kinds = Object.keys(fileKinds) as FileKind[];

export const shownFilesOptions: readonly { readonly value: ShownFiles; readonly label: string }[] = [
  { value: 'all', label: 'Data files' },
  ...kinds.map((kind) => ({ value: kind, label: fileKinds[kind].plural })),
  { value: 'any', label: 'All files' },
];

export function isShown(name: string, shown: ShownFiles): boolean {
  if (shown === 'any') return true;
  return (shown === 'all' ? kinds : [shown]).some((kind) => fileKinds[kind].fileName.test(name));
}

/** The kind of a folder whose files are one source; null: each file is a source. */
export function folderKind(names: readonly string[]): FileKind | null {
  const isOf = (kind: FileKind) => names.some((name) => fileKinds[kind].fileName.test(name));
  return kinds.find((kind) => fileKinds[kind].wholeFolder && isOf(kind)) ?? null;
}
