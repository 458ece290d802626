import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { picturesPage } from '../../src-main/data/prepared/pictures-page.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { sampleRows } from '../../src-main/data/prepared/samples.ts';
import { drawPairs } from '../../src-main/data/rows/pairs.ts';
import { splitSource } from '../../src-main/data/rows/split-source.ts';
import type { CategoricalColumn, ImageColumn, Table } from '../../src-main/data/tables/table.ts';
import {
  splitNames,
  type DatasetDocument,
  type Pairs,
  type RowFilter,
} from '../../src-shared/data/dataset-document.ts';
import { withoutPairs, withPairs } from '../../src-shared/data/pairs.ts';
import { dataset, errorOf, idxBytes, sharedData, writeText } from './support.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { splitArrays } from '../support/session-data.ts';

const antsBees = join(sharedData, 'ants-bees');

/** A table of one-pixel pictures; the pixel is the number of the picture. */
function pictures(classes: readonly string[]): Table {
  const categories = [...new Set(classes)];
  return {
    rows: classes.length,
    columns: [
      {
        kind: 'image',
        name: 'picture',
        shape: [1, 1, 1],
        pixels: Uint8Array.from(classes, (_, row) => row),
        pictures: null,
      },
      {
        kind: 'categorical',
        name: 'class',
        codes: Int32Array.from(classes, (name) => categories.indexOf(name)),
        categories,
      },
    ],
    locate: (row) => `picture ${row}`,
  };
}

const document = (pairs: Pairs): DatasetDocument =>
  dataset({ kind: 'pictures', path: '', pairs }, [], { stratify: true });

const none = new Int32Array(0);
const rows = (...numbers: number[]): Int32Array => Int32Array.from(numbers);
const all = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

function draw(
  classes: readonly string[],
  pairs: Partial<Pairs> = {},
  splits: Partial<Record<string, Int32Array>> = {},
) {
  const given = { train: all(classes.length), validation: none, test: none, ...splits };
  const drawn = drawPairs(pictures(classes), given, document({ perPicture: 2, seed: 1, ...pairs }));
  const same = drawn.table.columns.find(({ name }) => name === 'same') as CategoricalColumn;
  const pairsIn = (name: (typeof splitNames)[number]) =>
    [...drawn.splits[name]].map((row) => [drawn.first[row]!, drawn.second[row]!, same.codes[row]!] as const);
  return { ...drawn, pairsIn, list: pairsIn('train') };
}

const refused = (code: string, details: object): Error =>
  expect.objectContaining({ code, details: expect.objectContaining(details) as object }) as Error;

const letters = (text: string): string[] => [...text];

describe('drawPairs', () => {
  test('each picture is the first of as many pairs as asked, of one class and of two in turn', () => {
    const classes = letters('aaaaabbbbbccc');
    const { list } = draw(classes, { perPicture: 4 });
    expect(list.map(([first]) => first)).toEqual(classes.flatMap((_, row) => [row, row, row, row]));
    for (const [first, second, same] of list) {
      expect(second).not.toBe(first);
      expect(classes[first] === classes[second] ? 1 : 0).toBe(same);
    }
    expect(list.filter(([, , same]) => same === 1)).toHaveLength(2 * classes.length);
  });

  test('with one pair per picture, half of them are of one class', () => {
    const { list } = draw(letters('aaaabbbb'), { perPicture: 1 });
    expect(list.map(([, , same]) => same)).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  });

  test('the second picture is any other of the class, and any of every other class', () => {
    const classes = letters('aaabbbbc');
    const { list } = draw(classes, { perPicture: 100 });
    const ofFirst = list.filter(([first]) => first === 0);
    const seconds = (same: number) =>
      new Set(ofFirst.filter(([, , code]) => code === same).map(([, second]) => second));
    expect(seconds(1)).toEqual(new Set([1, 2]));
    expect(seconds(0)).toEqual(new Set([3, 4, 5, 6, 7]));
    // Classes are drawn, not pictures: the only picture of c is half of them.
    const ofC = ofFirst.filter(([, second]) => second === 7).length;
    expect(ofC).toBeGreaterThan(15);
    expect(ofC).toBeLessThan(35);
  });

  test('the pairs of a seed are these on every machine', () => {
    expect(draw(letters('aaabbb'), { seed: 7 }).list.map(([first, second]) => `${first}${second}`))
      .toMatchInlineSnapshot(`
      [
        "02",
        "03",
        "15",
        "10",
        "21",
        "23",
        "32",
        "34",
        "43",
        "40",
        "50",
        "53",
      ]
    `);
  });

  test('another seed draws other pairs; more pairs per picture keep the others', () => {
    const classes = letters('aaaaabbbbb');
    const few = draw(classes, { perPicture: 2 }).list;
    expect(draw(classes, { perPicture: 2, seed: 2 }).list).not.toEqual(few);
    const many = draw(classes, { perPicture: 6 }).list;
    expect(many.filter((_, index) => index % 6 < 2)).toEqual(few);
  });

  test('a pair has pictures of one split; the pairs of a split do not depend on the others', () => {
    const classes = letters('aaaaaabbbbbb');
    const splits = { train: rows(0, 1, 2, 6, 7, 8), validation: rows(3, 4, 9, 10), test: rows(5, 11) };
    const drawn = draw(classes, { perPicture: 4 }, splits);
    for (const name of splitNames) {
      for (const [first, second] of drawn.pairsIn(name)) {
        expect(splits[name]).toContain(first);
        expect(splits[name]).toContain(second);
      }
    }
    expect(draw(classes, { perPicture: 4 }, { ...splits, validation: none }).list).toEqual(drawn.list);
  });

  test('both columns share the pixels, and a place names both pictures', () => {
    const { table, list } = draw(letters('aabb'));
    const [first, second] = table.columns as ImageColumn[];
    expect(first!.pixels).toBe(second!.pixels);
    expect([...first!.pictures!]).toEqual(list.map(([row]) => row));
    expect([...second!.pictures!]).toEqual(list.map(([, row]) => row));
    expect(table.locate(0)).toBe(`picture 0 and picture ${list[0]![1]}`);
  });

  test('a picture alone in its class begins only pairs of two classes, with a warning', () => {
    const { list, warnings } = draw(letters('aabbc'));
    expect(list.filter(([first]) => first === 4).map(([, , same]) => same)).toEqual([0, 0]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`'c'`);
  });

  test('a test split of one class has only pairs of it, with a warning', () => {
    const drawn = draw(letters('aaaabbb'), {}, { train: rows(0, 1, 4, 5), test: rows(2, 3) });
    expect(drawn.pairsIn('test').map(([, , same]) => same)).toEqual([1, 1, 1, 1]);
    expect(drawn.warnings).toHaveLength(1);
  });

  test('a test split of one picture is refused', () => {
    const splits = { train: rows(0, 1, 4, 5), test: rows(2) };
    expect(() => draw(letters('aaaabbb'), {}, splits)).toThrow(refused('dataset/no-pairs', { split: 'test' }));
  });

  test.each([
    ['one class', 'aaa'],
    ['one picture of each class', 'abc'],
    ['one picture', 'a'],
  ])('training pictures of %s are refused', (_, classes) => {
    expect(() => draw(letters(classes))).toThrow(refused('dataset/no-pairs', { split: 'train' }));
  });
});

/** A folder of grey pictures of 2 × 2 pixels; all pixels of a picture have the value in its name. */
async function folderOf(...names: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    const data = new Uint8Array(4).fill(Number(/(\d+)\.png$/.exec(name)![1]));
    await sharp(data, { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toFile(join(folder, name));
  }
  return folder;
}

const tens = (className: string, from: number): string[] =>
  Array.from({ length: 10 }, (_, i) => `${className}/${from + i}.png`);
const pairs: Pairs = { perPicture: 3, seed: 1 };

describe('a folder of pictures as pairs', () => {
  test('has two images and the target "same", whose positive class is "same"', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const paired = withPairs(await detectDataset(folder), pairs);
    const { spec, rows, examples, record } = await prepareDataset(paired, folder);
    const splits = splitArrays(examples);
    // Both Inputs read the same pictures.
    expect(Object.keys(examples.arrays).toSorted()).toEqual(['x', 'y']);
    expect(rows).toEqual({ train: 42, validation: 9, test: 9, dropped: 0 });
    expect(spec.columns.map(({ name, type }) => [name, type])).toEqual([
      ['first', 'image'],
      ['second', 'image'],
    ]);
    expect(spec.targets).toEqual([{ kind: 'classes', name: 'same', classes: ['different', 'same'], counts: [21, 21] }]);
    expect(record.columns).toEqual(['first', 'second', 'same', 'class']);
    const classOf = (pixel: number): number => Math.floor(pixel / 10);
    for (const name of splitNames) {
      const { x, y } = splits[name];
      const second = splits[name]['x.second']!;
      for (let row = 0; row < rows[name]; row++) {
        const same = classOf(x.data[row * 4]!) === classOf(second.data[row * 4]!);
        expect(y.data[row]).toBe(same ? 1 : 0);
      }
    }
  });

  test('both pictures are standardized by the statistics of the training pictures', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const single = await detectDataset(folder);
    const standardized = {
      ...single,
      columns: single.columns.map((column) => ({ ...column, scaling: 'standard' as const })),
    };
    const [picture] = (await prepareDataset(standardized, folder)).spec.columns;
    const { spec, examples } = await prepareDataset(withPairs(standardized, pairs), folder);
    expect(Object.keys(examples.arrays).toSorted()).toEqual(['x', 'y']);
    expect(spec.columns).toEqual([
      { ...picture, name: 'first' },
      { ...picture, name: 'second' },
    ]);
  });

  test('pairs of given splits keep to them', async () => {
    const folder = await folderOf(
      ...[10, 11, 12].map((value) => `train/a/${value}.png`),
      ...[20, 21].map((value) => `train/b/${value}.png`),
      ...[110, 111].map((value) => `val/a/${value}.png`),
      ...[120, 121].map((value) => `val/b/${value}.png`),
    );
    const { rows, examples } = await prepareDataset(withPairs(await detectDataset(folder), pairs), folder);
    const splits = splitArrays(examples);
    expect(rows).toMatchObject({ train: 15, validation: 12, test: 0 });
    for (const tensor of [splits.train.x, splits.train['x.second']!]) expect(Math.max(...tensor.data)).toBe(21);
    for (const tensor of [splits.validation.x, splits.validation['x.second']!]) {
      expect(Math.min(...tensor.data)).toBe(110);
    }
  });

  test('a filter selects pictures before pairs are drawn', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20), ...tens('c', 30));
    const paired = withPairs(await detectDataset(folder), pairs);
    const filter: RowFilter[] = [{ kind: 'values', column: 'class', keep: 'except', values: ['b'] }];
    const { rows, examples } = await prepareDataset({ ...paired, filter }, folder);
    const splits = splitArrays(examples);
    expect(rows).toMatchObject({ train: 42, filtered: 10 });
    const seen = new Set([...splits.train.x.data, ...splits.train['x.second']!.data].map((v) => Math.floor(v / 10)));
    expect(seen).toEqual(new Set([1, 3]));
    const bySame: RowFilter[] = [{ kind: 'values', column: 'same', keep: 'only', values: ['same'] }];
    expect((await errorOf(prepareDataset({ ...paired, filter: bySame }, folder))).code).toBe('dataset/bad-filter');
  });

  test('samples have both pictures', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const [sample] = await sampleRows(withPairs(await detectDataset(folder), pairs), folder, 'test', 1, 0);
    expect(Object.keys(sample!.row)).toEqual(['first', 'second']);
    expect(sample!.row['second']).toHaveLength(4);
    const [a, b] = ['first', 'second'].map((name) => Math.floor((sample!.row[name] as number[])[0]! / 10));
    expect(sample!.targets).toEqual({ same: a === b ? 'same' : 'different' });
  });

  test('the profile counts pictures by class and pairs by kind', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20), ...tens('c', 30));
    const filter: RowFilter[] = [{ kind: 'values', column: 'class', keep: 'except', values: ['c'] }];
    const paired = { ...withPairs(await detectDataset(folder), pairs), filter };
    const profile = await profileDataset(paired, folder);
    expect(profile.rows).toBe(30);
    const [first, second, same, className] = profile.columns;
    expect([first!.mean, first!.rows]).toEqual([24.5, 30]);
    expect(second).toEqual({ ...first, column: second!.column });
    // Of the three test pictures one is alone in its class.
    expect([same!.rows, same!.categories, same!.histogram]).toEqual([60, ['different', 'same'], [33, 27]]);
    expect([className!.categories, className!.histogram]).toEqual([
      ['a', 'b', 'c'],
      [10, 10, 10],
    ]);
    expect(profile.preview[0]).toEqual([expect.arrayContaining([10]), expect.any(Array), expect.any(String), 'a']);
    expect(await profileDataset(paired, folder)).toEqual(profile);
    const refused = { ...paired, filter: [{ ...filter[0]!, values: ['b', 'c'] }] as RowFilter[] };
    expect((await profileDataset(refused, folder)).columns[2]!.histogram).toEqual([0, 0]);
  });

  test('a page of pairs has the pictures that are trained on', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const paired = withPairs(await detectDataset(folder), pairs);
    const splits = splitArrays((await prepareDataset(paired, folder)).examples);
    const { total, pictures: page } = await picturesPage(paired, folder, { offset: 2, count: 5, split: 'validation' });
    expect(total).toBe(9);
    expect(page.map(({ name, second }) => [name, second!.name].map((each) => Number(/\d+/.exec(each)![0])))).toEqual(
      page.map((_, index) => [
        splits.validation.x.data[(index + 2) * 4],
        splits.validation['x.second']!.data[(index + 2) * 4],
      ]),
    );
    const ofB = await picturesPage(paired, folder, { offset: 0, count: 200, className: 'b' });
    expect(new Set(ofB.pictures.map(({ className }) => className))).toEqual(new Set(['b']));
    expect(new Set(ofB.pictures.map(({ split }) => split))).toEqual(new Set(splitNames));
  });

  test('another seed gives other pairs of the same pictures, which are not decoded again', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const single = await detectDataset(folder);
    const before = await prepareDataset(withPairs(single, pairs), folder);
    // Pictures are decoded in threads.
    let workers = 0;
    const count = (): void => void workers++;
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    const again = await prepareDataset(withPairs(single, pairs), folder);
    expect(again.record.splits).toEqual(before.record.splits);
    const other = await prepareDataset(withPairs(single, { ...pairs, seed: 2 }), folder);
    expect(other.fingerprint).not.toBe(before.fingerprint);
    expect(other.record.splits.train).not.toBe(before.record.splits.train);
    expect(other.record.files).toEqual(before.record.files);
    expect(workers).toBe(0);
  });

  test('different settings of the two pictures are refused', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const paired = withPairs(await detectDataset(folder), pairs);
    const columns = paired.columns.map((column) =>
      column.name === 'second' ? { ...column, picture: { ...column.picture!, width: 5 } } : column,
    );
    expect((await errorOf(prepareDataset({ ...paired, columns }, folder))).code).toBe('dataset/bad-pairs');
  });

  test('switching to pairs and back gives the document of single pictures', async () => {
    const folder = await folderOf(...tens('a', 10), ...tens('b', 20));
    const single = await detectDataset(folder);
    expect(withoutPairs(withPairs(single, pairs))).toEqual(single);
    expect(withPairs(withPairs(single, { ...pairs, seed: 4 }), pairs)).toEqual(withPairs(single, pairs));
  });

  test.skipIf(!existsSync(antsBees))('ants and bees: half of the pairs are of one class', async () => {
    const paired = withPairs(await detectDataset(antsBees), { perPicture: 2, seed: 1 });
    const { rows, spec } = await prepareDataset(paired, antsBees, { encode: [] });
    expect(rows).toEqual({ train: 490, validation: 306, test: 0, dropped: 0 });
    expect(spec.targets[0]).toMatchObject({ counts: [245, 245] });
  });
});

test('IDX images as pairs', async () => {
  const folder = temporaryFolder();
  const count = 20;
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  writeText(folder, 'train-images-idx3-ubyte', idxBytes([count, 1, 1], [...labels.keys()]));
  writeText(folder, 'train-labels-idx1-ubyte', idxBytes([count], labels));
  const paired = withPairs(await detectDataset(folder), pairs);
  const { splits } = await splitSource(paired, folder, {});
  const { table, rows } = splits.train;
  const [first, second, same, label] = table.columns as [
    ImageColumn,
    ImageColumn,
    CategoricalColumn,
    CategoricalColumn,
  ];
  expect((await profileDataset(paired, folder)).preview[0]).toHaveLength(4);
  expect([first, second, same, label].map(({ name }) => name)).toEqual(['first', 'second', 'same', 'label']);
  for (const row of rows) {
    const [a, b] = [first.pictures![row]!, second.pictures![row]!];
    expect(same.categories[same.codes[row]!]).toBe(a % 2 === b % 2 ? 'same' : 'different');
    expect(label.categories[label.codes[row]!]).toBe(String(a % 2));
  }
});
