import { describe, expect, test } from 'vitest';
import { adoptSource } from '../../src-shared/data/adopt-source.ts';
import type { CsvDialect } from '../../src-shared/data/csv-dialect.ts';
import type { DatasetDocument, Remark } from '../../src-shared/data/dataset-document.ts';
import { openRemarks, withRemark } from '../../src-shared/data/remarks.ts';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeText } from './support.ts';

const folder = temporaryFolder();
/** Rows of the made-up tables: enough for the rules about columns without information. */
const ROWS = 40;

/** A table with a column of these values, repeated, between a column of numbers and one of classes. */
function tableOf(values: readonly string[], name = 'x', delimiter = ';'): string {
  const lines = Array.from({ length: ROWS }, (_, row) =>
    [(row * 7) % 11, values[row % values.length], 'ab'[row % 2]].join(delimiter),
  );
  return [['n', name, 'kind'].join(delimiter), ...lines].join('\n');
}

async function detected(text: string, chosen?: CsvDialect): Promise<DatasetDocument> {
  const path = writeText(folder, 'types.csv', text);
  return detectDataset(path, chosen && { kind: 'csv', path, ...chosen });
}

async function columnOf(text: string, chosen?: CsvDialect) {
  const document = await detected(text, chosen);
  const profile = await profileDataset(document, folder);
  const remarks = (document.guess?.remarks ?? []).filter((remark) => remark.text.includes("'x'"));
  return {
    ...document.columns[1]!,
    remarks,
    profile: profile.columns[1]!,
    cells: profile.preview.map((row) => row[1]),
  };
}

const aboutTarget = ({ guess }: DatasetDocument): Remark =>
  guess!.remarks!.find(({ text }) => text.startsWith('The target'))!;

describe('types of columns of a text table', () => {
  test('two notations are never mixed: the reading is remarked, with the other one as its change', async () => {
    const text = tableOf(['900', '2.107', '3.114', '815']);
    const { type, cells, remarks } = await columnOf(text);
    expect([type, cells.slice(0, 3)]).toEqual(['numeric', [900, 2.107, 3.114]]);
    expect(remarks[0]).toMatchObject({ dialect: { decimal: ',', thousands: '.' } });
    const changed = await columnOf(text, remarks[0]!.dialect);
    expect(changed.cells.slice(0, 3)).toEqual([900, 2107, 3114]);
    expect((await columnOf(tableOf(['900', '2.107', '3.1']))).remarks).toEqual([]);
  });

  test.each<[string, string[], number[]]>([
    ['decimal commas', ['1,5', '2,25', '3'], [1.5, 2.25, 3]],
    ['decimal commas with groups', ['1.234,5', '2,25', '12.345.678'], [1234.5, 2.25, 12_345_678]],
    ['groups with commas', ['1,234.5', '2.25', '12,345,678'], [1234.5, 2.25, 12_345_678]],
    ['groups with blanks', ['1 234,5', '2,25', '12\u00a0345'], [1234.5, 2.25, 12_345]],
    ['currency', ['€ 1,340.98', '€ 99.50', '€ 7.00'], [1340.98, 99.5, 7]],
    ['percent', ['5 %', '7.5 %', '12%'], [5, 7.5, 12]],
    ['units', ['1.46 m', '1.80 m', '1.7 m'], [1.46, 1.8, 1.7]],
  ])('%s are numbers', async (_, values, numbers) => {
    const { type, role, cells, unit, remarks } = await columnOf(tableOf(values));
    expect([type, role, cells.slice(0, 3)]).toEqual(['numeric', 'feature', numbers]);
    expect(remarks.length).toBe(unit === undefined ? 0 : 1);
  });

  test('another unit is no number', async () => {
    const { type, cells, profile } = await columnOf(tableOf([...Array<string>(19).fill('5 m'), '5 km']));
    expect([type, cells[0], profile.missing]).toEqual(['numeric', 5, 2]);
    const letter = await columnOf(tableOf([...Array<string>(19).fill('10'), '1O']));
    expect([letter.type, letter.profile.missing, letter.remarks.length]).toEqual(['numeric', 2, 1]);
  });

  test.each([
    ['01067', '1067'],
    ['12345678901234567', '12345678901234568'],
  ])('codes %s and %s stay different', async (one, other) => {
    const { type, profile, remarks } = await columnOf(tableOf([one, other, '20000']));
    expect([type, profile.distinct]).toEqual(['categorical', 3]);
    expect(remarks[0]!.text).toContain('is read as text');
  });

  test('words among numbers are missing values, and do not change the target', async () => {
    const values = Array.from({ length: 25 }, (_, i) => (i % 8 === 0 ? 'n.a.' : String(100 + i * 3)));
    const document = await detected(tableOf(values, 'price'));
    expect(document.columns.map(({ name, role, type }) => [name, role, type])[1]).toEqual([
      'price',
      'target',
      'numeric',
    ]);
    expect(document.source).toMatchObject({ missing: expect.arrayContaining(['n.a.', 'NA']) });
    const profile = await profileDataset(document, folder);
    expect(profile.columns[1]!.missing).toBe(values.filter((_, i) => i % 8 === 0).length + 2);
  });

  test.each<[string, string[], string]>([
    ['count', ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], 'numeric'],
    ['price', ['100', '200', '300', '1000'], 'numeric'],
    ['class', ['1', '2', '3'], 'categorical'],
    ['survived', ['0', '1'], 'categorical'],
  ])('a target %s of whole numbers is announced with its type', async (name, values, type) => {
    const lines = Array.from({ length: ROWS }, (_, row) => `${(row * 7) % 11},${values[row % values.length]}`);
    const document = await detected([`n,${name}`, ...lines].join('\n'));
    expect(document.columns[1]).toMatchObject({ role: 'target', type });
    expect(aboutTarget(document).text).toContain(`'${name}', ${type === 'numeric' ? 'a number' : 'with'}`);
    if (values.length < 3) return;
    const other = withRemark(document, aboutTarget(document));
    expect(other.columns[1]!.type).toBe(type === 'numeric' ? 'categorical' : 'numeric');
    expect(openRemarks(other)).not.toContainEqual(aboutTarget(document));
  });

  test.each([
    [['True', 'TRUE', 'false']],
    [['a b', 'a\u00a0b', 'c']],
    [['caf\u00e9', 'cafe\u0301', 'bar']],
    [['red\u200b', 'red', 'blue']],
  ])('labels %j that differ in spelling alone stay different, with a remark', async (values) => {
    const { type, profile, remarks } = await columnOf(tableOf(values));
    expect([type, profile.distinct]).toEqual(['categorical', 3]);
    expect(remarks[0]!.text).toContain('differ in spelling alone');
    expect((await columnOf(tableOf(['red', 'blue', 'green']))).remarks).toEqual([]);
  });

  test('NA may be a value', async () => {
    const text = tableOf(['NA', 'DE', 'FR', 'US']);
    const { profile, remarks } = await columnOf(text);
    expect(profile.missing).toBe(ROWS / 4);
    expect((await columnOf(text, remarks[0]!.dialect)).profile).toMatchObject({ missing: 0, distinct: 4 });
  });

  test('other options for reading keep what a person chose of the columns', async () => {
    const before = await detected(tableOf(['1,5', '2,5', '3,5']));
    const columns = before.columns.map((column) =>
      column.name === 'n' ? { ...column, role: 'ignored' as const } : column,
    );
    const again = await detected(tableOf(['1,5', '2,5', '3,5']), { decimal: '.' });
    const { document } = adoptSource({ ...before, columns }, again);
    expect(document.columns.map(({ role }) => role)[0]).toBe('ignored');
    expect(document.columns[1]!.type).toBe('categorical');
  });
});
