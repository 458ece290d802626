import { describe, expect, test } from 'vitest';
import { chosenSource } from '../../src-shared/data/adopt-source.ts';
import type { CsvDialect } from '../../src-shared/data/csv-dialect.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { errorOf, writeText } from './support.ts';

const folder = temporaryFolder();

async function detected(content: string | Buffer, chosen?: CsvDialect): Promise<DatasetDocument> {
  const path = writeText(folder, 'table.csv', content);
  return detectDataset(path, chosen && { kind: 'csv', path, ...chosen });
}

/** The options of the source, the names of the columns and the cells of the first rows. */
async function opened(content: string | Buffer, chosen?: CsvDialect) {
  const document = await detected(content, chosen);
  const { kind: _, path: __, ...options } = document.source as { kind: string; path: string };
  const profile = await profileDataset(document, folder);
  return { options, names: document.columns.map(({ name }) => name), rows: profile.rows, cells: profile.preview };
}

const textsOf = ({ guess }: DatasetDocument): string => (guess?.remarks ?? []).map(({ text }) => text).join('\n');

describe('the header of a text table', () => {
  const flowers = ['4.3,3.5,setosa', '5.1,3.3,virginica', '4.9,3.1,setosa', '6.2,2.8,virginica'];

  test.each<[string, string, string[], number, number]>([
    ['numbers and a class', flowers.join('\n'), ['column1', 'column2', 'column3'], 4, 0],
    ['dates', '2020-01-01,0,ja\n2020-01-02,1,nein\n2020-01-03,0,ja\n', ['column1', 'column2', 'column3'], 3, 0],
    ['numbers only', '1,2\n3,4\n5,6\n', ['column1', 'column2'], 3, 0],
    ['texts that come again', 'red,yes\nblue,no\nred,no\nblue,yes\n', ['column1', 'column2'], 4, 0],
    [
      'a missing value in the first row',
      '?,3.5,setosa\n4.9,3.0,setosa\n5,2,virginica\n',
      ['column1', 'column2', 'column3'],
      3,
      0,
    ],
    ['names', `a,b,kind\n${flowers.join('\n')}`, ['a', 'b', 'kind'], 4, 1],
    ['names above texts', 'colour,member\nred,yes\nblue,no\nred,no\nblue,yes\n', ['colour', 'member'], 4, 1],
    [
      'names and units',
      'length,width,kind\ncm,mm,\n4.3,3.5,a\n5,3,b\n4,2,a\n',
      ['length cm', 'width mm', 'kind'],
      3,
      2,
    ],
    ['years as names', 'country,2019,2020\nA,1,2\nB,3,4\nC,5,6\n', ['country', '2019', '2020'], 3, 1],
    ['names that count', '0,1,2\n0.5,1.5,a\n0.7,2.5,b\n0.1,0.2,a\n', ['0', '1', '2'], 3, 1],
  ])('%s', async (_, text, names, rows, lines) => {
    const found = await opened(text);
    expect([found.names, found.rows]).toEqual([names, rows]);
    expect((found.options as CsvDialect).headerLines ?? 1).toBe(lines);
  });

  test('is remarked with the change where the lines do not show it', async () => {
    const unclear = await detected('name\nAnna\nBob\nCleo\n');
    expect(unclear.guess!.remarks![0]).toMatchObject({ dialect: { headerLines: 0 } });
    const changed = await opened('name\nAnna\nBob\nCleo\n', { headerLines: 0 });
    expect(changed).toMatchObject({ names: ['column1'], rows: 4 });
    const none = await detected(flowers.join('\n'));
    expect(none.guess!.remarks![0]).toMatchObject({ dialect: { headerLines: 1 } });
    expect(none.guess!.dialect).toEqual({ headerLines: 0 });
  });

  test('as a person chose it stays for the file, and no guess stays for another file', async () => {
    const chosen = await detected(flowers.join('\n'), { headerLines: 1 });
    expect(chosen.columns.map(({ name }) => name)).toEqual(['4.3', '3.5', 'setosa']);
    expect(chosenSource(chosen)).toEqual(chosen.source);
    const guessed = await detected(flowers.join('\n'));
    expect(chosenSource(guessed)).toEqual({ kind: 'csv', path: guessed.source.kind === 'csv' && guessed.source.path });
    const other = writeText(folder, 'other.csv', `a,b,kind\n${flowers.join('\n')}`);
    expect((await detectDataset(other, chosen.source)).source).toEqual({ kind: 'csv', path: other });
  });
});

describe('forms of a text table that open without help', () => {
  const rows = [
    [1.5, 'x'],
    [2.5, 'y'],
    [3.5, 'x'],
  ];
  test.each<[string, string | Buffer, CsvDialect, string[]?]>([
    ['sep=;', 'sep=;\na;b\n1.5;x\n2.5;y\n3.5;x\n', { skippedLines: 1 }],
    ['sep=|', '"sep=|"\na|b\n1.5|x\n2.5|y\n3.5|x\n', { skippedLines: 1 }],
    ['a title line', 'Report of 2020\na,b\n1.5,x\n2.5,y\n3.5,x\n', { skippedLines: 1 }],
    ['titles and blank lines', 'Report\n\nby Anna\n\na,b\n1.5,x\n2.5,y\n3.5,x\n', { skippedLines: 3 }],
    ['comments', '# made by a program\n#\na,b\n1.5,x\n2.5,y\n3.5,x\n', { comment: '#' }],
    ['blanks around values', 'a , b\n 1.5 , x\n 2.5 , y\n3.5,x\n', {}],
    ['a trailing delimiter', 'a,b,\n1.5,x,\n2.5,y,\n3.5,x,\n', {}],
    ['mixed line ends', 'a,b\r\n1.5,x\n2.5,y\r3.5,x\r\n', {}],
    ['single quotes', "'a','b'\n'1.5','x'\n'2.5','y'\n'3.5','x'\n", { quote: "'" }],
    ['blanks', '  a    b\n 1.5   x\n 2.5   y\n 3.5   x\n', { delimiter: ' ' }],
    ['blanks and tabs', 'a   \t"b"\n1.5   \t"x"\n2.5   \t"y"\n3.5 \t"x"\n', {}],
    ['UTF-16', Buffer.from('\ufeffa;b\r\n1.5;x\r\n2.5;y\r\n3.5;x\r\n', 'utf16le'), {}],
    ['UTF-16 without mark', Buffer.from('a,b\n1.5,x\n2.5,y\n3.5,x\n', 'utf16le'), {}],
    ['decimal commas', 'a;b\n1,5;x\n2,5;y\n3,5;x\n', { decimal: ',' }],
    ['decimal commas in quotes', 'a,b\n"1,5",x\n"2,5",y\n"3,5",x\n', { decimal: ',' }],
    ['an index without a name', ',a,b\n7,1.5,x\n9,2.5,y\n8,3.5,x\n', {}, ['index', 'a', 'b']],
    ['row names of R', '"a" "b"\n"r1" 1.5 "x"\n"r2" 2.5 "y"\n"r3" 3.5 "x"\n', { delimiter: ' ' }, ['index', 'a', 'b']],
  ])('%s', async (_, content, options, names = ['a', 'b']) => {
    const found = await opened(content);
    expect(found).toMatchObject({ options, names });
    expect(found.cells.map((cells) => cells.slice(-2))).toEqual(rows);
  });

  test('Windows-1252, also where the bytes come after the first lines', async () => {
    const late = `name,size\n${'Anna,1\n'.repeat(60_000)}Zo\xeb \x80,2\n`;
    for (const text of ['name,size\nZo\xeb \x80,1\nJosé,2\nJosé,3\n', late]) {
      const document = await detected(Buffer.from(text, 'latin1'));
      expect(document.source).toMatchObject({ encoding: 'windows-1252' });
      expect(textsOf(document)).toContain('Windows-1252');
      const profile = await profileDataset(document, folder);
      expect(profile.columns[0]!.categories).toContain('Zoë €');
    }
  });

  test('a quote inside a value', async () => {
    const found = await opened('size,item\n1,5" pipe\n2,say "hi"\n3,x\n');
    expect(found.cells.map((cells) => cells[1])).toEqual(['5" pipe', 'say "hi"', 'x']);
  });

  test('an open quote is named with its line, and no rows are taken into one value', async () => {
    const lines = ['a,b', '1,x', '2,"y', '3,x', '4,"z"', '5,x'];
    const error = await errorOf(detected(lines.join('\n')));
    expect(error).toMatchObject({ code: 'dataset/bad-quote', details: { line: 3 } });
    expect((await opened(lines.join('\n'), { quote: '' })).rows).toBe(5);
  });

  test('an option that a person chose for the file is never replaced', async () => {
    const error = await errorOf(detected('a,b\n1,2\n3,4\n', { skippedLines: 9 }));
    expect(error.code).toMatch(/^dataset\//);
    expect((await opened('a,b\n1,2\n3,4\n', { delimiter: ';' })).names).toEqual(['a,b']);
  });
});
