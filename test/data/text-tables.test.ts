import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { hasSharedData, sharedData } from './support.ts';

/** What a text table of the shared data is, without any correction. Types: n number, c categories, - ignored. */
interface Expected {
  readonly options: Record<string, unknown>;
  readonly rows: number;
  readonly types: string;
  readonly target: string;
  /** Classes of the target; null: numbers. */
  readonly classes: number | null;
  /** Cells of the first row. */
  readonly first: readonly (string | number | null)[];
}

const tables: Readonly<Record<string, Expected>> = {
  'tables/adult-train.csv': {
    options: { headerLines: 0 },
    rows: 32_561,
    types: 'ncncnccccc' + 'nnncc',
    target: 'column15',
    classes: 2,
    first: [39, 'State-gov', 77_516, 'Bachelors', 13, 'Never-married'],
  },
  'tables/auto-mpg.data': {
    options: { headerLines: 0, delimiter: ' ' },
    rows: 398,
    types: 'nnnnnnnc-',
    target: 'column8',
    classes: 3,
    first: [18, 8, 307, 130, 3504, 12, 70, '1', 'chevrolet chevelle malibu'],
  },
  'tables/bank_marketing.csv': {
    options: {},
    rows: 4521,
    types: 'ncccc' + 'nccc' + 'ncnnnncc',
    target: 'y',
    classes: 2,
    first: [30, 'unemployed', 'married', 'primary', 'no', 1787],
  },
  'tables/boston_housing.csv': {
    options: { headerLines: 0 },
    rows: 506,
    types: 'n'.repeat(14),
    target: 'column14',
    classes: null,
    first: [0.00632, 18, 2.31, 0],
  },
  'tables/boston_housing_whitespace.data': {
    options: { headerLines: 0, delimiter: ' ' },
    rows: 506,
    types: 'n'.repeat(14),
    target: 'column14',
    classes: null,
    first: [0.00632, 18, 2.31, 0],
  },
  'tables/breast-cancer_quoted.csv': {
    options: { headerLines: 0, quote: "'" },
    rows: 286,
    types: 'cccccncccc',
    target: 'column10',
    classes: 2,
    first: ['40-49', 'premeno', '15-19', '0-2', 'yes', 3],
  },
  'tables/iris.csv': {
    options: { headerLines: 0 },
    rows: 150,
    types: 'nnnnc',
    target: 'column5',
    classes: 3,
    first: [5.1, 3.5, 1.4, 0.2, 'Iris-setosa'],
  },
  'timeseries/airline-passengers.csv': {
    options: {},
    rows: 144,
    types: '-n',
    target: 'Passengers',
    classes: null,
    first: ['1949-01', 112],
  },
  'timeseries/daily-min-temperatures.csv': {
    options: {},
    rows: 3650,
    types: '-n',
    target: 'Temp',
    classes: null,
    first: ['1981-01-01', 20.7],
  },
  'titanic/train.csv': {
    options: {},
    rows: 891,
    types: '-cn-cnnn-n-c',
    target: 'Survived',
    classes: 2,
    first: [1, '0', 3, 'Braund, Mr. Owen Harris'],
  },
  'california-housing/housing.csv': {
    options: {},
    rows: 20_640,
    types: 'nnnnnnnnnc',
    target: 'median_house_value',
    classes: null,
    first: [-122.23, 37.88, 41, 880],
  },
};

const typesOf = ({ columns }: DatasetDocument): string =>
  columns.map(({ role, type }) => (role === 'ignored' ? '-' : type[0])).join('');

describe.skipIf(!hasSharedData)('text tables of other people open without a correction', () => {
  test.each(Object.entries(tables))('%s', async (name, expected) => {
    const path = join(sharedData, name);
    const document = await detectDataset(path);
    expect(document.source).toEqual({ kind: 'csv', path, ...expected.options });
    expect(typesOf(document)).toBe(expected.types);
    const targets = document.columns.filter(({ role }) => role === 'target');
    expect(targets.map((column) => column.name)).toEqual([expected.target]);
    const profile = await profileDataset(document, sharedData);
    expect(profile.rows).toBe(expected.rows);
    expect(profile.preview[0]!.slice(0, expected.first.length)).toEqual(expected.first);
    const target = profile.columns.find(({ column }) => column.role === 'target')!;
    expect(target.column.type === 'categorical' ? target.distinct : null).toBe(expected.classes);
  });
});
