import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
const trees = ['src-shared', 'src-main', 'src-renderer'];

/** All files of the three source trees, Svelte components included, from the root. */
export const sourceFiles: readonly string[] = trees.flatMap((tree) =>
  readdirSync(join(root, tree), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);
