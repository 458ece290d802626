import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnTypes } from '../../src-shared/data/columns/registry.ts';
import { root, sourceFiles } from './source-files.ts';

/**
 * Everything specific to a type of column is in its modules, `src-shared/data/columns` and `src-main/data/columns`. Other
 * code may name a type to create a column, but must not depend on the type of a given one.
 */
const types = columnTypes.map(({ type }) => type).join('|');
const comparison = new RegExp(
  [
    String.raw`\btype [!=]==? '(?:${types})'`,
    // A target has the kind 'classes' or 'numeric' too.
    String.raw`\bkind [!=]==? '(?:${types.replace('numeric|', '')})'`,
    String.raw`case '(?:${types})':`,
    String.raw`'(?:${types})' [!=]==`,
    String.raw`'(?:${types})'[^\n]*\]\.includes\(`,
  ].join('|'),
);

/** Code about pictures as such: adding a type changes none of it. */
const aboutPictures = [
  'src-main/data/cache/stored-pictures.ts',
  'src-main/data/formats/pictures/pictures.ts',
  'src-main/data/prepared/pictures-page.ts',
  'src-main/data/prepared/row-pictures.ts',
  'src-main/data/prepared/rows-file.ts',
  'src-main/data/rows/read-pictures.ts',
];

function comparisons(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.filter((line) => comparison.test(line)).map((line) => line.trim());
}

describe('dependencies on column types', () => {
  const files = sourceFiles.filter((file) => !/^src-(main|shared)\/data\/columns\//.test(file));
  const found = files.map((file) => [file, comparisons(file)] as const).filter(([, lines]) => lines.length > 0);

  it('only the modules of the types depend on the type of a column', () => {
    expect(Object.fromEntries(found.filter(([file]) => !aboutPictures.includes(file)))).toEqual({});
  });

  it('lists no file that depends on none', () => {
    const names = found.map(([file]) => file);
    expect(aboutPictures.filter((file) => !names.includes(file))).toEqual([]);
  });
});
