import { describe, expect, it } from 'vitest';
import { editColumn, typeChoices } from '../../src-shared/data/column-choices.ts';
import { folderKind, isShown } from '../../src-renderer/features/data/data-files.ts';
import { renamedColumns } from '../../src-shared/data/generated-columns.ts';
import { generatedDataset, nameForGenerator, withGenerator } from '../../src-renderer/features/data/generators.ts';
import { startPath, withRecent } from '../../src-renderer/features/data/recent-paths.ts';
import { moveDivider, setPart, unusedPart } from '../../src-renderer/features/data/split-fractions.ts';
import { datasetStep } from '../../src-renderer/terms/step-names.ts';
import { imageShape, paintPixels, widthWithin } from '../../src-renderer/ui/pixels.ts';
import { nextByLetter, pathSegments } from '../../src-renderer/ui/path-segments.ts';
import { withPairs } from '../../src-shared/data/pairs.ts';
import type { Column, DatasetDocument } from '../../src-shared/data/dataset-document.ts';

const numeric = (name: string, role: Column['role']): Column => ({
  name,
  role,
  type: 'numeric',
  missing: role === 'target' ? 'drop-row' : 'median',
  scaling: 'standard',
});

const document: DatasetDocument = {
  format: 'lamina.dataset',
  version: 2,
  name: 'prices',
  source: { kind: 'csv', path: '' },
  columns: [numeric('rooms', 'feature'), { ...numeric('price', 'target'), unit: 'USD' }],
  split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: false },
};

describe('split fractions', () => {
  const split = { train: 0.7, validation: 0.15, test: 0.15 };

  it('moveDivider changes two parts and keeps the third', () => {
    expect(moveDivider(split, 0, 0.6)).toEqual({ train: 0.6, validation: 0.25, test: 0.15 });
    expect(moveDivider(split, 1, 0.9)).toEqual({ train: 0.7, validation: 0.2, test: 0.1 });
  });

  it('moveDivider stops at the adjacent dividers', () => {
    expect(moveDivider(split, 0, 0.99)).toEqual({ train: 0.85, validation: 0, test: 0.15 });
    expect(moveDivider(split, 1, 0)).toEqual({ train: 0.7, validation: 0, test: 0.3 });
  });

  it('setPart takes from train', () => {
    expect(setPart(split, 'test', 0.25)).toEqual({ train: 0.6, validation: 0.15, test: 0.25 });
    expect(setPart(split, 'train', 0.9)).toEqual({ train: 0.9, validation: 0, test: 0.1 });
  });

  it('setPart keeps the sum at most 1', () => {
    for (const part of ['train', 'validation', 'test'] as const) {
      for (const value of [0, 0.333, 0.5, 0.999, 1, 7]) {
        const next = setPart(split, part, value);
        const sum = next.train + next.validation + next.test;
        expect(sum).toBeLessThanOrEqual(1 + 1e-9);
        expect(Math.min(...Object.values(next))).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('unusedPart returns the unused fraction', () => {
    expect(unusedPart({ train: 0.5, validation: 0.2, test: 0.1 })).toBeCloseTo(0.2);
    expect(unusedPart({ train: 0.91667, validation: 0.08333, test: 0 })).toBe(0);
  });
});

describe('widthWithin', () => {
  it('keeps the aspect ratio of images in a square', () => {
    const widths = [[20, 40, 3], [40, 20, 3], [1, 1000, 1], [1000, 1, 1], null].map((shape) => widthWithin(40, shape));
    expect(widths).toEqual([40, 20, 40, 1, 40]);
  });
});

describe('editColumn', () => {
  it('allows several targets, and one numeric weight', () => {
    const roles = editColumn(document.columns, 'rooms', { role: 'target' }).map(({ role }) => role);
    expect(roles).toEqual(['target', 'target']);
    const weighted = editColumn(document.columns, 'rooms', { role: 'weight', type: 'categorical' });
    expect(weighted[0]).toMatchObject({ role: 'weight', type: 'numeric', missing: 'drop-row', scaling: 'none' });
    expect(editColumn(weighted, 'price', { role: 'weight' }).map(({ role }) => role)).toEqual(['ignored', 'weight']);
  });

  it('replaces settings that do not fit the new type', () => {
    const [rooms] = editColumn(document.columns, 'rooms', { type: 'categorical' });
    expect(rooms).toMatchObject({ type: 'categorical', missing: 'category', scaling: 'none' });
  });

  it('makes images of texts that name pictures: bytes become 0 to 1; another type has no settings of pictures', () => {
    const text: Column = { ...numeric('photo', 'feature'), type: 'categorical', missing: 'category', scaling: 'none' };
    const [image] = editColumn([text], 'photo', { type: 'image' });
    expect(image).toEqual({ ...text, type: 'image', missing: 'drop-row', scaling: 'unit' });
    const picture = { width: 4, height: 4, fit: 'pad', colour: 'grey' } as const;
    const sized = editColumn([image!], 'photo', { picture });
    expect(sized[0]!.picture).toEqual(picture);
    expect(editColumn(sized, 'photo', { type: 'categorical' })[0]).toEqual({ ...text, missing: 'drop-row' });
  });

  it('offers images for texts of a table that are not a target', () => {
    const offered = (column: Partial<Column>, isTable: boolean): string[] =>
      typeChoices({ ...numeric('a', 'feature'), ...column }, isTable).map(({ value }) => value);
    expect(offered({ type: 'categorical' }, true)).toEqual(['numeric', 'categorical', 'image']);
    expect(offered({ type: 'image' }, true)).toEqual(['numeric', 'categorical', 'image']);
    for (const column of [{ type: 'numeric' }, { type: 'categorical', role: 'target' }] as const) {
      expect(offered(column, true)).toEqual(['numeric', 'categorical']);
    }
    expect(offered({ type: 'categorical' }, false)).toEqual(['numeric', 'categorical']);
  });

  it('removes an empty unit', () => {
    expect(editColumn(document.columns, 'price', { unit: '' })[1]).not.toHaveProperty('unit');
  });
});

describe('choosing a source', () => {
  it('isShown filters files by kind; folderKind detects folders that are one source', () => {
    const names = ['a.csv', 'a.csv.gz', 'train-images-idx3-ubyte.gz', 'a.docx'];
    expect(names.map((name) => isShown(name, 'all'))).toEqual([true, true, true, false]);
    expect(isShown('a.csv', 'idx')).toBe(false);
    expect(isShown('a.docx', 'any')).toBe(true);
    expect([folderKind(names), folderKind(['a.csv', 'b.csv'])]).toEqual(['idx', null]);
  });

  it('withRecent keeps each path once, newest first', () => {
    expect(withRecent(['a', 'b'], 'b')).toEqual(['b', 'a']);
    expect(withRecent(['1', '2', '3', '4', '5'], '6')).toHaveLength(5);
  });

  it('renamedColumns uses the names of the generator', () => {
    const { columns } = generatedDataset();
    const flowers = renamedColumns(columns, 'spirals', 'flowers');
    expect(flowers.map(({ name }) => name)).toEqual(['petal_length', 'petal_width', 'species']);
    expect(renamedColumns(flowers, 'flowers', 'moons')).toEqual(columns);
  });

  it('nameForGenerator replaces the name of the generator only', () => {
    const source = { kind: 'generated', generator: 'spirals', samples: 100, classes: 3, noise: 0, seed: 1 } as const;
    const moons = withGenerator(source, 'moons');
    expect(nameForGenerator('Spirals', source, moons)).toBe('Two moons');
    expect(nameForGenerator('Mine', source, moons)).toBe('Mine');
  });

  it('withGenerator limits the classes to those the generator supports', () => {
    const source = { kind: 'generated', generator: 'spirals', samples: 100, classes: 3, noise: 0, seed: 1 } as const;
    expect(withGenerator(source, 'moons').classes).toBe(2);
  });
});

describe('paths', () => {
  it('pathSegments splits a path into its folders', () => {
    expect(pathSegments('/data/mnist').map(({ path }) => path)).toEqual(['/', '/data', '/data/mnist']);
    expect(pathSegments('C:\\data\\a').map(({ path }) => path)).toEqual(['C:\\', 'C:\\data', 'C:\\data\\a']);
    expect(pathSegments('')).toEqual([]);
  });

  it('nextByLetter finds the next name by its first letter, with wraparound', () => {
    expect(nextByLetter(['alpha', 'beta', 'Bob'], 'b', 1)).toBe(2);
    expect(nextByLetter(['alpha', 'beta', 'Bob'], 'a', 2)).toBe(0);
    expect(nextByLetter(['alpha'], 'x', 0)).toBe(-1);
  });
});

describe('images', () => {
  it('imageShape uses the given shape, or a square', () => {
    expect(imageShape(12, [2, 2, 3])).toEqual([2, 2, 3]);
    expect(imageShape(784, null)).toEqual([28, 28, 1]);
    expect(imageShape(784, [10, 10, 1])).toEqual([28, 28, 1]);
  });

  it('paintPixels repeats gray in the three color channels', () => {
    const rgba = new Uint8ClampedArray(8);
    paintPixels(rgba, [7, 9], [1, 2, 1]);
    expect([...rgba]).toEqual([7, 7, 7, 255, 9, 9, 9, 255]);
  });
});

describe('undo steps of pairs', () => {
  it('turning pairs on or off and drawing other pairs are separate undo steps', () => {
    const source = { kind: 'pictures', path: '/data/pictures' } as const;
    const single: DatasetDocument = { ...document, source, columns: [] };
    const paired = withPairs(single, { perPicture: 2, seed: 1 });
    const more = withPairs(single, { perPicture: 3, seed: 1 });
    const other = withPairs(single, { perPicture: 2, seed: 2 });
    const steps = [
      datasetStep(single, paired),
      datasetStep(paired, single),
      datasetStep(paired, more),
      datasetStep(paired, other),
    ];
    expect(new Set(steps.map(({ label }) => label)).size).toBe(4);
    expect(steps.map(({ gesture }) => gesture !== undefined)).toEqual([false, false, true, true]);
    const elsewhere = datasetStep(paired, { ...paired, source: { ...source, path: '/data/others' } });
    expect(steps.map(({ label }) => label)).not.toContain(elsewhere.label);
  });
});

describe('startPath', () => {
  it('is the current data, else the most recent data, else home', () => {
    expect(startPath({ kind: 'idx', path: '/data/mnist' }, ['/other/x.csv'])).toBe('/data/mnist');
    expect(startPath({ kind: 'csv', path: '/data/prices.csv.gz' }, [])).toBe('/data/prices.csv.gz');
    expect(startPath(document.source, ['/other/x.csv'])).toBe('/other/x.csv');
    expect(startPath(document.source, [])).toBe('~');
  });
});
