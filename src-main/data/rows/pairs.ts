import {
  splitNames,
  type DatasetDocument,
  type Pairs,
  type SplitName,
} from '../../../src-shared/data/dataset-document.ts';
import { canPair, pairClasses, pairColumns, pairsOf, singleColumnsOf } from '../../../src-shared/data/pairs.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { sameJson } from '../../../src-shared/text/same-json.ts';
import { pairNumbers } from '../tables/random.ts';
import { columnOf, pictureAt, type CategoricalColumn, type ImageColumn, type Table } from '../tables/table.ts';
import type { SplitRows } from './split-rows.ts';

/** The largest `perPicture`. A larger `perPicture` adds pairs and does not change the others. */
const MOST_PER_PICTURE = 100;
/** Classes that a warning names. */
const NAMED_CLASSES = 5;

export interface DrawnPairs {
  /** A row per pair: 'first' and 'second' if the pictures' table has images, 'same', and the class of the first. */
  readonly table: Table;
  /** Rows of this table. */
  readonly splits: SplitRows;
  /** Rows of each pair in the pictures' table. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly warnings: readonly string[];
}

/**
 * Draws pairs of pictures within each split. Each picture is the first of `perPicture` pairs, which are of the same and
 * of different classes alternately. The second picture is drawn uniformly from the others of the class, or from those of another
 * class that is drawn uniformly. A picture that is alone in its class is the first of pairs of different classes only; in
 * a split with one class all pairs are of that class. The draw depends on the seed, the rows of the pictures in the source and the
 * number of the pair, and not on other splits.
 *
 * @param pictures Rows of the splits have a class.
 * @throws AppError `dataset/no-pairs` if the training pictures do not give pairs of both kinds, or another split has
 *   only one picture; `dataset/bad-pairs` if 'first' and 'second' have different picture settings.
 */
export function drawPairs(pictures: Table, splits: SplitRows, document: DatasetDocument): DrawnPairs {
  const { source } = document;
  const pairs = pairsOf(document);
  if (!canPair(source) || pairs === null) throw new Error('Expected a document with pairs.');
  checkSettings(document);
  const names = singleColumnsOf(source);
  const image = pictures.columns.find(({ name }) => name === names.image) as ImageColumn | undefined;
  const classes = columnOf(pictures, names.class) as CategoricalColumn;
  const warnings: string[] = [];
  const drawn = splitNames.map((name) => {
    const part = drawWithin(splits[name], classes.codes, pairs);
    checkKinds(name, splits[name].length, part, warnings);
    const alone = part.alone.map((code) => classes.categories[code]!);
    if (alone.length > 0) warnings.push(aloneText(name, alone));
    return part;
  });
  const [train, validation, test] = drawn.map(({ same }) => same.length) as [number, number, number];
  const first = Int32Array.from(drawn.flatMap((part) => part.first));
  const second = Int32Array.from(drawn.flatMap((part) => part.second));
  const same = Int32Array.from(drawn.flatMap((part) => part.same));
  return {
    table: {
      rows: first.length,
      columns: [
        ...(image === undefined
          ? []
          : [imagesOf(image, pairColumns.first, first), imagesOf(image, pairColumns.second, second)]),
        { kind: 'categorical', name: pairColumns.same, codes: same, categories: pairClasses },
        { ...classes, codes: first.map((row) => classes.codes[row]!) },
      ],
      locate: (row) => `${pictures.locate(first[row]!)} and ${pictures.locate(second[row]!)}`,
    },
    splits: {
      train: range(0, train),
      validation: range(train, validation),
      test: range(train + validation, test),
    },
    first,
    second,
    warnings,
  };
}

const range = (start: number, count: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: count }, (_, index) => start + index);

/** The images of one side of the pairs; shares the pixels. */
function imagesOf(image: ImageColumn, name: string, rows: Int32Array): ImageColumn {
  return { ...image, name, pictures: rows.map((row) => pictureAt(image, row)) };
}

interface PairsOfSplit {
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Index in `pairClasses`. */
  readonly same: readonly number[];
  /** Codes of the classes with one picture, if there are others. */
  readonly alone: readonly number[];
}

/** @param rows Ascending. */
function drawWithin(rows: Int32Array, codes: Int32Array, { perPicture, seed }: Pairs): PairsOfSplit {
  const groups = new Map<number, number[]>();
  const places = Int32Array.from(rows, (row) => {
    const group = groups.get(codes[row]!) ?? [];
    groups.set(codes[row]!, group);
    return group.push(row) - 1;
  });
  const classes = [...groups.values()];
  const classPlaces = new Map([...groups.keys()].map((code, place) => [code, place]));
  const drawn = { first: new Array<number>(), second: new Array<number>(), same: new Array<number>() };
  rows.forEach((row, position) => {
    const group = groups.get(codes[row]!)!;
    for (let number = 0; number < perPicture; number++) {
      const isSame = classes.length === 1 || (group.length > 1 && (position + number) % 2 === 0);
      const [a, b] = pairNumbers(row * MOST_PER_PICTURE + number, seed);
      const second = isSame
        ? otherThan(group, places[position]!, a)
        : drawFrom(otherThan(classes, classPlaces.get(codes[row]!)!, a)!, b);
      if (second === undefined) continue;
      drawn.first.push(row);
      drawn.second.push(second);
      drawn.same.push(isSame ? 1 : 0);
    }
  });
  const alone = classes.length === 1 ? [] : [...groups.keys()].filter((code) => groups.get(code)!.length === 1);
  return { ...drawn, alone };
}

/** @param uniform In [0, 1). */
const drawFrom = <Item>(items: readonly Item[], uniform: number): Item => items[Math.floor(uniform * items.length)]!;

/** Draws an item that is not at `place`. @returns Undefined: there is no other. */
function otherThan<Item>(items: readonly Item[], place: number, uniform: number): Item | undefined {
  const drawn = Math.floor(uniform * (items.length - 1));
  return items[drawn < place ? drawn : drawn + 1];
}

/** @throws AppError `dataset/bad-pairs`: both pictures of a pair share their pixels, and so must share their settings. */
function checkSettings({ columns }: DatasetDocument): void {
  const [first, second] = [pairColumns.first, pairColumns.second].map((name) =>
    columns.find((column) => column.name === name),
  );
  if (first === undefined || second === undefined || sameJson(first.picture, second.picture)) return;
  throw new AppError(
    'dataset/bad-pairs',
    `Expected the same size, fit and colour for the pictures of a pair; '${first.name}' and '${second.name}' differ. Set the settings of '${second.name}' to those of '${first.name}'.`,
    {},
  );
}

function checkKinds(split: SplitName, pictures: number, { same }: PairsOfSplit, warnings: string[]): void {
  const ofOneClass = same.filter((code) => code === 1).length;
  const hasBoth = ofOneClass > 0 && ofOneClass < same.length;
  if (hasBoth || pictures === 0) return;
  const received =
    same.length === 0 ? 'one picture' : `only pairs of ${ofOneClass === 0 ? 'different classes' : 'one class'}`;
  if (split === 'train' || same.length === 0) {
    throw new AppError(
      'dataset/no-pairs',
      `Expected pictures of two or more classes, with two or more pictures of a class, for pairs of the ${split} split; received ${received}. Use more pictures or classes, or change the split.`,
      { split, pictures },
    );
  }
  warnings.push(`The ${split} split has ${received}.`);
}

function aloneText(split: SplitName, classes: readonly string[]): string {
  const named = classes.slice(0, NAMED_CLASSES).map((name) => `'${name}'`);
  const more = classes.length > NAMED_CLASSES ? ` and ${classes.length - NAMED_CLASSES} more` : '';
  return `${named.join(', ')}${more}: one picture in the ${split} split, so its pairs are all different.`;
}
