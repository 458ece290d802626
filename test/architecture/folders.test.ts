import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

/**
 * Rules over all imports of the three source trees. The import lint checks which folder may import which, but does
 * not see type imports of Svelte components. These tests find circles in the text of every file.
 */
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.[^'"]+)\1/g;

const known = new Set(sourceFiles);
const imports = new Map(
  sourceFiles.map((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const targets = Array.from(text.matchAll(importPattern), ([, , path]) => normalize(join(dirname(file), path!)));
    return [file, targets.filter((target) => known.has(target))];
  }),
);

/** Imports between groups of files, without imports inside a group. */
function arrowsBetween(groupOf: (file: string) => string): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const from = groupOf(file);
    const to = arrows.get(from) ?? new Set();
    arrows.set(from, to);
    for (const target of targets) if (groupOf(target) !== from) to.add(groupOf(target));
  }
  return arrows;
}

/** Names along the first circle found; null: there is none. */
function findCircle(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | null => {
    const place = path.indexOf(name);
    if (place >= 0) return [...path.slice(place), name];
    if (done.has(name)) return null;
    path.push(name);
    for (const next of arrows.get(name) ?? []) {
      const circle = visit(next);
      if (circle !== null) return circle;
    }
    path.pop();
    done.add(name);
    return null;
  };
  for (const name of arrows.keys()) {
    const circle = visit(name);
    if (circle !== null) return circle;
  }
  return null;
}

const upTo = (file: string, parts: number): string => dirname(file).split('/').slice(0, parts).join('/');

describe('source folders', () => {
  test('imports between files form no circle', () => {
    expect(findCircle(arrowsBetween((file) => file))).toBeNull();
  });

  test('imports between folders form no circle', () => {
    expect(findCircle(arrowsBetween((file) => dirname(file)))).toBeNull();
  });

  test('imports between the top-level folders of each source tree form no circle', () => {
    expect(findCircle(arrowsBetween((file) => upTo(file, 2)))).toBeNull();
  });

  test('a feature of the window imports no other feature', () => {
    const arrows = arrowsBetween((file) => (file.startsWith('src-renderer/features/') ? upTo(file, 3) : upTo(file, 2)));
    const between = [...arrows].flatMap(([from, to]) =>
      from.startsWith('src-renderer/features/')
        ? [...to].filter((name) => name.startsWith('src-renderer/features/')).map((name) => `${from} → ${name}`)
        : [],
    );
    expect(between).toEqual([]);
  });

  test('features and components take single stores, never all of them', () => {
    const whole = sourceFiles
      .filter((file) => /^src-renderer\/(features|components|slots)\//.test(file))
      .filter((file) => {
        const text = readFileSync(join(root, file), 'utf8').replace(/^ *import .*$/gm, '');
        return /\bStores\b/.test(text.replace(/\bPick<Stores,|\bStores\['/g, ''));
      });
    expect(whole).toEqual([]);
  });

  test('a folder holds fewer than 40 files', () => {
    const sizes = new Map<string, number>();
    for (const file of sourceFiles) sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
    expect([...sizes].filter(([, size]) => size >= 40)).toEqual([]);
  });
});
