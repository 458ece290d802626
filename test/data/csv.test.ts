import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { detectDelimiter } from '../../src-main/data/formats/csv/csv-layout.ts';
import { readCsvRecords } from '../../src-main/data/formats/csv/csv-records.ts';
import { readCsvTable } from '../../src-main/data/formats/csv/csv-table.ts';
import { errorOf, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();

async function records(bytes: string | Buffer): Promise<string[][]> {
  const all: string[][] = [];
  await readCsvRecords(writeText(folder, 'data.csv', bytes), {
    onHeader: (names) => all.push([...names]),
    onRecord: (fields) => void all.push([...fields]),
  });
  return all;
}

describe('readCsvRecords', () => {
  test.each([
    ['plain', 'a,b\n1,2\n'],
    ['without a last line end', 'a,b\n1,2'],
    ['Windows line ends', 'a,b\r\n1,2\r\n'],
    ['a byte order mark', '\ufeffa,b\n1,2\n'],
    ['quotes', '"a","b"\n"1","2"\n'],
    ['empty lines', 'a,b\n\n1,2\n\n'],
    ['semicolons', 'a;b\n1;2\n'],
    ['tabs', 'a\tb\n1\t2\n'],
    ['gzip', gzipSync('a,b\n1,2\n')],
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le')],
    ['mixed line ends', 'a,b\r\n1,2\n\r'],
    ['a trailing delimiter', 'a,b,\n1,2,\n'],
    ['a trailing delimiter in rows', 'a,b\n1,2,\n'],
    ['a trailing delimiter in the header', 'a,b,\n1,2\n'],
    ['lines of blanks', 'a,b\n  \n1,2\n \t\n'],
  ])('reads %s', async (_, text) => {
    expect(await records(text)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  test('keeps delimiters, quotes and line ends inside quotes', async () => {
    expect(await records('a,b\n"x, ""y""\nz",2\n')).toEqual([
      ['a', 'b'],
      ['x, "y"\nz', '2'],
    ]);
  });

  test('decodes characters split across chunks', async () => {
    const line = `${'é'.repeat(100)},漢字😀\n`;
    const all = await records(`a,b\n${line.repeat(5000)}`);
    expect(all).toHaveLength(5001);
    expect(all.at(-1)).toEqual(['é'.repeat(100), '漢字😀']);
  });

  test('detects the delimiter despite commas in quotes', () => {
    expect(detectDelimiter(Buffer.from('name;size\n"a, b, c";1\n"d, e, f";2\n'))).toBe(';');
  });

  const invalid: readonly [string, string | Buffer, string, Record<string, unknown>][] = [
    ['a short row', 'a,b,c\n1,2,3\n1,2\n', 'dataset/ragged-row', { line: 3, expected: 3, received: 2 }],
    ['a long row', 'a,b\n1,2\n1,2,3\n', 'dataset/ragged-row', { line: 3, expected: 2, received: 3 }],
    ['a ragged last row', 'a,b\n1,2\n1', 'dataset/ragged-row', { line: 3, expected: 2, received: 1 }],
    ['a duplicate header', 'a,b,a\n1,2,3\n', 'dataset/duplicate-header', { line: 1, name: 'a', column: 3 }],
    ['an empty file', '', 'dataset/empty-file', {}],
    ['only empty lines', '\n\n', 'dataset/empty-file', {}],
    ['an open quote', 'a,b\n1,2\n\n"1,2\n3,4\n', 'dataset/bad-quote', { line: 4 }],
    ['an open quote before another one', 'a,b\n1,"x\n3,4\n5,"y"\n7,8\n', 'dataset/bad-quote', { line: 2 }],
    ['Latin-1', Buffer.from('a,b\n1,caf\xe9\n', 'latin1'), 'dataset/not-utf8', { position: 9 }],
    [
      'an Excel file',
      Buffer.from('504b03040a00000000', 'hex'),
      'dataset/not-text',
      { received: expect.stringContaining('Excel') },
    ],
    ['JSON lines', '{"a":1}\n{"a":2}\n', 'dataset/not-text', { received: 'JSON' }],
    ['a list of JSON objects', '[\n  { "a": 1 }\n]\n', 'dataset/not-text', { received: 'JSON' }],
    ['zero bytes', Buffer.from('a,b\n1,\u0000\u0000\u0000\n'), 'dataset/not-text', {}],
    ['a truncated gzip', gzipSync('a,b\n1,2\n').subarray(0, 15), 'dataset/damaged-gzip', {}],
  ];

  test.each(invalid)('rejects %s', async (_, bytes, code, details) => {
    const error = await errorOf(records(bytes));
    expect(error).toMatchObject({ code, details });
    expect(error.message).toContain('data.csv');
  });

  test('messages name file, position, expectation and remedy', async () => {
    // The other two include text of zlib and csv-parse.
    const own = invalid.filter(([, , code]) => code !== 'dataset/bad-quote' && code !== 'dataset/damaged-gzip');
    const shown: string[] = [];
    for (const [, bytes] of own) shown.push((await errorOf(records(bytes))).message.replaceAll(folder, 'FOLDER'));
    expect(shown).toMatchInlineSnapshot(`
      [
        "FOLDER/data.csv, line 3: expected 3 fields as in the lines before; received 2. Correct that line, put a value that contains the delimiter (',') in quotes, or choose another delimiter.",
        "FOLDER/data.csv, line 3: expected 2 fields as in the lines before; received 3. Correct that line, put a value that contains the delimiter (',') in quotes, or choose another delimiter.",
        "FOLDER/data.csv, line 3: expected 2 fields as in the lines before; received 1. Correct that line, put a value that contains the delimiter (',') in quotes, or choose another delimiter.",
        "FOLDER/data.csv, line 1: expected different column names; received 'a' for columns 1 and 3. Rename one of them, or choose 0 header lines if that line is a row.",
        "FOLDER/data.csv: expected lines of values; the file is empty. Choose another file.",
        "FOLDER/data.csv: expected lines of values; the file is empty. Choose another file.",
        "FOLDER/data.csv: expected text in UTF-8; byte 9 does not fit it. Choose the encoding of the file, for instance Windows-1252, or save the file in UTF-8.",
        "FOLDER/data.csv: expected a text table; received a zip archive or an Excel workbook (.xlsx). Give the file the ending of its kind and choose it again, or export the sheet as "CSV UTF-8".",
        "FOLDER/data.csv: expected a text table; received JSON. Save the table as CSV.",
        "FOLDER/data.csv: expected a text table; received JSON. Save the table as CSV.",
        "FOLDER/data.csv: expected a text table; received a file that is not text: byte 6 is zero. Choose a text file.",
      ]
    `);
  });

  test('counts lines in a large file', async () => {
    const error = await errorOf(records(`a,b\n${'1,2\n'.repeat(200_000)}1,2,3\n`));
    expect(error.details).toMatchObject({ line: 200_002, expected: 2, received: 3 });
  });

  test('reports a missing file', async () => {
    const path = `${folder}/gone.csv`;
    const reading = readCsvRecords(path, { onHeader: () => undefined, onRecord: () => undefined });
    const error = await errorOf(reading);
    expect(error).toMatchObject({ code: 'dataset/missing-file', details: { path } });
  });

  test('stops when its signal is aborted', async () => {
    const path = writeText(folder, 'stop.csv', 'a,b\n1,2\n');
    const reason = new Error('stopped by a person');
    const reading = readCsvRecords(path, {
      onHeader: () => undefined,
      onRecord: () => undefined,
      signal: AbortSignal.abort(reason),
    });
    await expect(reading).rejects.toBe(reason);
  });
});

describe('readCsvTable', () => {
  const read = (text: string, type: 'numeric' | 'categorical', badNumber: 'throw' | 'missing' = 'throw') =>
    readCsvTable(writeText(folder, 'table.csv', text), { columns: [{ name: 'a', type }], badNumber });

  test('reads numbers and every spelling of a missing value', async () => {
    const { columns } = await read('a,b\n1.5,x\n -2e3 ,x\nNA,x\nNaN,x\nnull,x\n?,x\n,x\n', 'numeric');
    expect(columns[0]).toMatchObject({ values: Float64Array.of(1.5, -2000, NaN, NaN, NaN, NaN, NaN) });
  });

  test('reads categories with missing values', async () => {
    const { columns } = await read('a,b\nred,x\nblue,x\n?,x\nred,x\n', 'categorical');
    expect(columns[0]).toMatchObject({ codes: Int32Array.of(0, 1, -1, 0), categories: ['red', 'blue'] });
  });

  test.each(['abc', '0x10', 'Infinity', '1,5'])('rejects %s as a number, with line and column', async (text) => {
    const error = await errorOf(read(`a,b\n1,x\n"${text}",x\n`, 'numeric'));
    expect(error).toMatchObject({ code: 'dataset/not-a-number', details: { line: 3, column: 'a', received: text } });
  });

  test('treats invalid numbers as missing on request, with a warning', async () => {
    const { columns } = await read('a,b\n1,x\nabc,x\n', 'numeric', 'missing');
    const warning = expect.stringContaining("'abc' in line 3");
    expect(columns[0]).toMatchObject({ values: Float64Array.of(1, NaN), warning });
  });

  test('reports a missing column and lists the existing ones', async () => {
    const error = await errorOf(read('b,c\n1,2\n', 'numeric'));
    expect(error).toMatchObject({ code: 'dataset/missing-column', details: { column: 'a', received: ['b', 'c'] } });
  });

  test('rejects a header without rows', async () => {
    expect((await errorOf(read('a,b\n', 'numeric'))).code).toBe('dataset/no-rows');
  });
});
