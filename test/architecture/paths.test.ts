import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const folders = ['src-shared', 'src-main', 'src-renderer', 'scripts', 'bench', 'test', 'docs', 'examples', '.ci'];
const textFile = /(^\.ci\/[^.]+|\.(ts|mjs|mts|svelte|sh|py|md|json))$/;
const namedPath = new RegExp(
  `(?<![\\w./-])(?:${folders.join('|')})/[\\w./-]+\\.(?:ts|mts|mjs|svelte|sh|py|md)\\b`,
  'g',
);

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return folder === '' && !folders.includes(entry.name) ? [] : filesIn(path);
    // The changelog uses the file names of its time.
    return textFile.test(path) && path !== 'CHANGELOG.md' ? [path] : [];
  });

test('scripts, comments and documents name only files that exist', () => {
  const named = filesIn('').flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(namedPath)].map(([path]) => [file, path] as const),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(([, path]) => !existsSync(join(root, path)))).toEqual([]);
});
