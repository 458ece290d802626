import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { findRoles } from '../../src-main/data/rows/roles.ts';
import { adoptedWords, adoptSource } from '../../src-shared/data/adopt-source.ts';
import {
  editColumn,
  missingChoices,
  roles,
  scalingChoices,
  typeChoices,
} from '../../src-shared/data/column-choices.ts';
import {
  datasetDocument,
  datasetDocumentSchema,
  guessedDataset,
  type Column,
  type DatasetDocument,
  type RowFilter,
} from '../../src-shared/data/dataset-document.ts';
import { guessOfGenerated } from '../../src-shared/data/generated-columns.ts';
import { withPairs } from '../../src-shared/data/pairs.ts';
import { sameJson } from '../../src-shared/text/same-json.ts';
import { Dice } from '../support/dice.ts';
import { writePlainPicture } from '../support/pictures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { idxBytes, writeText } from './support.ts';

const numeric = (name: string, role: Column['role'], more: Partial<Column> = {}): Column => ({
  name,
  role,
  type: 'numeric',
  missing: role === 'target' ? 'drop-row' : 'median',
  scaling: 'standard',
  ...more,
});
const text = (name: string, role: Column['role']): Column => ({
  name,
  role,
  type: 'categorical',
  missing: role === 'target' ? 'drop-row' : 'category',
  scaling: 'none',
});
const thirds = { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: false };
const guessed = (columns: Column[], numbers: string[] = []): DatasetDocument => {
  const stratify = columns.some(({ role, type }) => role === 'target' && type === 'categorical');
  const split = { ...thirds, stratify };
  return guessedDataset({ name: 'found', source: { kind: 'csv', path: '/found.csv' }, columns, split }, numbers);
};
const rolesOf = ({ columns }: DatasetDocument): unknown[] => columns.map(({ name, role }) => [name, role]);

/** A document of which nothing says what was guessed. */
const own = datasetDocument({
  name: 'prices',
  source: { kind: 'csv', path: '' },
  columns: [numeric('rooms', 'feature'), numeric('price', 'target', { unit: 'USD' })],
  split: thirds,
});

describe('a document without a record of what was guessed', () => {
  const adopt = (detected: DatasetDocument): DatasetDocument => adoptSource(own, detected).document;

  it('keeps all settings and their order if the columns are the same; the name follows the data', () => {
    const found = guessed([numeric('price', 'feature'), numeric('rooms', 'target')]);
    expect(adopt(found)).toEqual({ ...own, name: 'found', source: found.source, guess: found.guess });
  });

  it('keeps those of columns that exist, and guesses those of new ones', () => {
    const found = guessed([numeric('area', 'target'), numeric('price', 'feature')]);
    const { columns } = adopt(found);
    expect(columns).toEqual([own.columns[1], numeric('area', 'feature')]);
  });

  it('takes the guessed target if its own is missing', () => {
    const found = guessed([numeric('area', 'feature'), numeric('rooms', 'target')]);
    expect(rolesOf(adopt(found))).toEqual([
      ['rooms', 'target'],
      ['area', 'feature'],
    ]);
  });

  it('keeps the role and takes the guessed type if numbers became text', () => {
    const found = guessed([numeric('rooms', 'feature'), text('price', 'feature')]);
    expect(adopt(found).columns[1]).toEqual(text('price', 'target'));
  });

  it('keeps a target of few whole numbers numeric', () => {
    const found = guessed([numeric('rooms', 'feature'), text('price', 'target')], ['price']);
    expect(adopt(found).columns).toEqual(own.columns);
  });

  it('takes the guess of data that has none of its columns', () => {
    const found = guessed([numeric('age', 'feature'), numeric('weight', 'target')]);
    expect(adoptSource({ ...own, split: { ...thirds, train: 0.5, seed: 7 } }, found).document).toEqual(found);
  });

  it('keeps the description of the wanted files only for files that have all its columns', () => {
    const wanting = { ...own, wanted: 'The prices.' };
    const found = guessed([numeric('rooms', 'feature'), numeric('price', 'target')]);
    expect(adoptSource(wanting, found).document.wanted).toBe('The prices.');
    expect(adoptSource(wanting, guessed([numeric('price', 'target')])).document).not.toHaveProperty('wanted');
  });

  it('keeps the steps of the row filter that fit the new columns', () => {
    const present = (column: string): RowFilter => ({ kind: 'condition', column, is: 'present' });
    const values = (column: string): RowFilter => ({ kind: 'values', column, keep: 'only', values: ['1'] });
    const first: RowFilter = { kind: 'first', rows: 9 };
    const current = { ...own, filter: [present('rooms'), first, present('price'), values('price')] };
    const { document, droppedSteps } = adoptSource(current, guessed([numeric('price', 'target')]));
    expect([document.filter, droppedSteps]).toEqual([[first, present('price')], 2]);
    const { document: none } = adoptSource(
      { ...own, filter: [present('rooms')] },
      guessed([numeric('price', 'target')]),
    );
    expect(none).not.toHaveProperty('filter');
  });
});

describe('a document with a record of what was guessed', () => {
  const first = guessed([numeric('size', 'feature'), numeric('same', 'ignored'), numeric('price', 'target')]);
  const edited = (name: string, patch: Partial<Column>): DatasetDocument => ({
    ...first,
    columns: editColumn(first.columns, name, patch),
  });

  it('guesses settings again that were not chosen', () => {
    const found = guessed([numeric('size', 'ignored'), numeric('same', 'feature'), numeric('price', 'target')]);
    expect(adoptSource(first, found).document).toEqual(found);
  });

  it('keeps single settings that a person chose', () => {
    const found = guessed([numeric('size', 'ignored'), numeric('same', 'feature'), numeric('price', 'target')]);
    const { columns } = adoptSource(edited('size', { scaling: 'min-max', unit: 'm' }), found).document;
    expect(columns[0]).toEqual(numeric('size', 'ignored', { scaling: 'min-max', unit: 'm' }));
    const included = adoptSource(edited('same', { role: 'feature' }), first).document;
    expect(included.columns[1]).toEqual(numeric('same', 'feature'));
  });

  it('keeps an existing target although another one is guessed', () => {
    const { document, kept, guessed: again } = adoptSource(first, guessed([...first.columns, text('label', 'target')]));
    expect(document.columns).toEqual([...first.columns, text('label', 'feature')]);
    expect([kept, again]).toEqual([['size', 'same', 'price'], ['label']]);
  });

  it('takes the guessed target and type if the target is missing, also after its scaling was chosen', () => {
    const found = guessed([text('size', 'target'), numeric('same', 'feature')], ['size']);
    expect(adoptSource(first, found).document.columns[0]).toEqual(text('size', 'target'));
    const scaled = adoptSource(edited('same', { scaling: 'min-max' }), guessed([numeric('same', 'target')])).document;
    expect(scaled.columns).toEqual([numeric('same', 'target', { scaling: 'min-max' })]);
  });

  it('leaves a weight a weight, although no target remains', () => {
    const current = edited('size', { role: 'weight' });
    const { columns } = adoptSource(current, guessed([numeric('size', 'target')])).document;
    expect(columns).toEqual([expect.objectContaining({ name: 'size', role: 'weight', missing: 'drop-row' })]);
  });

  it('guesses the split again unless it was chosen; the seed stays', () => {
    const given = { train: 1, validation: 0, test: 0, seed: 1, stratify: true };
    const source = { kind: 'pictures', path: '/pictures' } as const;
    const pictures = guessedDataset({ name: 'pictures', source, columns: [text('class', 'target')], split: given }, []);
    const split = (current: DatasetDocument, next: DatasetDocument) => adoptSource(current, next).document.split;
    expect(split(first, pictures)).toEqual(given);
    expect(split(pictures, first)).toEqual(thirds);
    expect(split({ ...first, split: { ...thirds, seed: 5 } }, pictures)).toEqual({ ...given, seed: 5 });
    const chosen = { train: 0.5, validation: 0.25, test: 0.25, seed: 1, stratify: true };
    expect(split({ ...first, split: chosen }, pictures)).toEqual(chosen);
    expect(split({ ...pictures, split: { ...given, stratify: false } }, first)).toEqual(thirds);
    expect(adoptSource(first, pictures).otherSplit).toBe(true);
  });

  it('keeps the settings of picture files', () => {
    const picture = (width: number): Column => ({
      name: 'picture',
      role: 'feature',
      type: 'image',
      missing: 'drop-row',
      scaling: 'unit',
      picture: { height: 64, width, fit: 'crop', colour: 'rgb' },
    });
    const current = guessed([picture(64), text('class', 'target')]);
    const { columns } = adoptSource(current, guessed([picture(128), text('class', 'target')])).document;
    expect(columns).toEqual(current.columns);
  });

  it('keeps the drawing of pairs, and what was chosen for them', () => {
    const image: Column = { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' };
    const single = guessedDataset(
      {
        name: 'idx',
        source: { kind: 'idx', path: '/a' },
        columns: [image, text('label', 'target')],
        split: { ...thirds, stratify: true },
      },
      ['label'],
    );
    const pairs = { perPicture: 3, seed: 5 };
    const paired = withPairs(single, pairs);
    const other = { ...single, name: 'other', source: { kind: 'idx', path: '/b' } } as const;
    expect(adoptSource(paired, other).document).toEqual(withPairs(other, pairs));
    const edited = { ...paired, columns: editColumn(paired.columns, 'second', { scaling: 'none' }) };
    const { document } = adoptSource(edited, guessed([numeric('size', 'feature'), text('same', 'target')]));
    expect(rolesOf(document)).toEqual([
      ['same', 'target'],
      ['size', 'feature'],
    ]);
    const again = adoptSource(edited, { ...other, columns: [{ ...image, scaling: 'standard' }, single.columns[1]!] });
    expect(again.document.columns[1]).toMatchObject({ name: 'second', scaling: 'none' });
  });

  it('keeps a column of picture names', () => {
    const picture = { height: 8, width: 8, fit: 'pad', colour: 'grey' } as const;
    const photo: Column = { ...text('photo', 'feature'), type: 'image', missing: 'drop-row', scaling: 'unit', picture };
    const found = guessed([text('photo', 'feature'), numeric('price', 'target')]);
    const current = { ...found, columns: [photo, found.columns[1]!] };
    expect(adoptSource(current, found).document).toEqual(current);
    const recognized = guessed(current.columns);
    const asText = { ...recognized, columns: editColumn(recognized.columns, 'photo', { type: 'categorical' }) };
    expect(adoptSource(asText, recognized).document.columns[0]).toMatchObject({ type: 'categorical' });
    expect(adoptSource(recognized, found).document).toEqual(found);
  });

  it('needs no record for generated data, and for a document without columns', () => {
    const source = { kind: 'generated', generator: 'spirals', samples: 100, classes: 2, noise: 0, seed: 1 } as const;
    const { columns, split } = guessOfGenerated(source);
    const generated = datasetDocument({ name: 'Spirals', source, columns, split });
    const empty = datasetDocument({ name: 'new', source: { kind: 'csv', path: '' }, columns: [], split });
    const found = guessed([numeric('x', 'ignored'), text('class', 'target')]);
    for (const current of [generated, empty]) expect(adoptSource(current, found).document).toEqual(found);
    expect(adoptSource({ ...found, filter: [{ kind: 'first', rows: 9 }] }, generated).document).toMatchObject({
      ...generated,
      columns: expect.arrayContaining(columns) as Column[],
      filter: [{ kind: 'first', rows: 9 }],
    });
    const ignoring = { ...generated, columns: editColumn(columns, 'x', { role: 'ignored', scaling: 'min-max' }) };
    expect(adoptSource(ignoring, generated).document).toEqual(ignoring);
  });

  it('adoptedWords names at most six columns and omits what did not change', () => {
    const many = guessed(Array.from({ length: 9 }, (_, i) => numeric(`c${i}`, i === 8 ? 'target' : 'feature')));
    expect(adoptedWords(adoptSource(many, many))).toMatchInlineSnapshot(`
      [
        "Settings are kept: c0, c1, c2, c3, c4, c5 and 3 more.",
      ]
    `);
    expect(adoptedWords(adoptSource(many, first))).toHaveLength(3);
    const other = adoptSource(first, guessed([numeric('size', 'target'), numeric('same', 'feature')]));
    expect(other).toMatchObject({ dropped: ['price'], otherTargets: ['size'] });
  });
});

const kinds = ['csv', 'otherCsv', 'idx', 'pictures', 'splitPictures', 'pairs', 'generated'] as const;
/** What is detected in real sources of each kind, which have columns of common names. */
const detected: Partial<Record<(typeof kinds)[number], DatasetDocument>> = {};

beforeAll(async () => {
  const folder = temporaryFolder();
  const sources: Record<string, string> = {};
  const rows = Array.from({ length: 40 }, (_, i) => [i * 1.5, (i * 7) % 11, i % 2, i % 3]);
  sources['csv'] = writeText(
    folder,
    'one.csv',
    `x,y,class,label\n${rows.map((cells) => cells.join(',')).join('\n')}\n`,
  );
  const named = rows.map(([x, y, , label]) => `${y},${x},${'abc'[label!]},${x! + y!}`);
  sources['otherCsv'] = writeText(folder, 'two.csv', `y;x;label;price\n${named.join('\n').replaceAll(',', ';')}\n`);
  const images = (sources['idx'] = join(folder, 'images'));
  mkdirSync(images);
  writeText(images, 'train-images-idx3-ubyte', idxBytes([40, 1, 2], Array<number>(80).fill(7)));
  writeText(
    images,
    'train-labels-idx1-ubyte',
    idxBytes(
      [40],
      Array.from({ length: 40 }, (_, i) => i % 2),
    ),
  );
  for (const [kind, parents] of [['pictures', ['']] as const, ['splitPictures', ['train', 'val']] as const]) {
    sources[kind] = join(folder, kind);
    for (const parent of parents) {
      for (const name of ['ant', 'bee']) {
        for (let i = 0; i < 20; i++) await writePlainPicture(folder, join(kind, parent, name, `${i}.png`), 'red', 2, 1);
      }
    }
  }
  for (const kind of kinds) if (sources[kind] !== undefined) detected[kind] = await detectDataset(sources[kind]);
  detected.pairs = withPairs(detected.idx!, { perPicture: 1, seed: 1 });
  const source = { kind: 'generated', generator: 'moons', samples: 40, classes: 2, noise: 0.1, seed: 1 } as const;
  const { columns, split } = guessOfGenerated(source);
  detected.generated = datasetDocument({ name: 'Two moons', source, columns, split });
});

/** Settings as a person may choose them. */
function edit(document: DatasetDocument, dice: Dice): DatasetDocument {
  let { columns } = document;
  for (const { name } of columns) {
    const column = (): Column => columns.find((each) => each.name === name)!;
    const isImage = column().type === 'image';
    if (dice.chance(40)) {
      const choices = roles.filter(({ value }) => !isImage || value === 'feature' || value === 'ignored');
      columns = editColumn(columns, name, { role: dice.pick(choices).value });
    }
    if (!isImage && dice.chance(20))
      columns = editColumn(columns, name, { type: dice.pick(typeChoices(column(), false)).value });
    if (dice.chance(40)) columns = editColumn(columns, name, { missing: dice.pick(missingChoices(column())).value });
    if (dice.chance(40)) columns = editColumn(columns, name, { scaling: dice.pick(scalingChoices(column())).value });
    if (dice.chance(20) && column().type === 'numeric') columns = editColumn(columns, name, { unit: 'm' });
  }
  const { column } = { column: dice.pick(columns).name };
  return {
    ...document,
    columns,
    split: dice.chance(30) ? { train: 0.5, validation: 0.25, test: 0.25, seed: 9, stratify: false } : document.split,
    ...(dice.chance(50) ? { filter: [{ kind: 'condition', column, is: 'present' } as const] } : {}),
  };
}

describe.each(kinds)('from %s', (from) => {
  const kindsToChoose = kinds.filter((kind) => kind !== 'pairs');
  it.each(kindsToChoose)('to %s: choices stay where the column exists, the rest is guessed', async (to) => {
    const [before, found] = [detected[from]!, detected[to]!];
    const after = from === 'pairs' ? withPairs(found, { perPicture: 1, seed: 1 }) : found;
    const guesses = new Map(after.columns.map((column) => [column.name, column]));
    for (let seed = 1; seed <= 60; seed++) {
      const current = edit(before, new Dice(seed, `${from} ${to}`));
      const { document, kept, guessed: again, dropped, droppedSteps } = adoptSource(current, found);
      expect(datasetDocumentSchema.parse(document)).toEqual(document);
      expect([document.name, document.source]).toEqual([after.name, after.source]);
      const names = document.columns.map(({ name }) => name);
      expect(names.toSorted()).toEqual([...guesses.keys()].toSorted());
      expect([...kept, ...again].toSorted()).toEqual(names.toSorted());
      expect([...kept, ...again, ...dropped]).toEqual(expect.arrayContaining(current.columns.map(({ name }) => name)));
      expect((document.filter ?? []).length + droppedSteps).toBe((current.filter ?? []).length);
      for (const column of document.columns) {
        const [chosen, guess] = [current.columns.find(({ name }) => name === column.name), guesses.get(column.name)!];
        // Settings that the role and type allow.
        expect(editColumn([column], column.name, {})).toEqual([column]);
        if (chosen === undefined) {
          if (guess.role !== 'target') expect(column).toEqual(guess);
        } else if (chosen.type === guess.type) {
          const earlier = before.columns.find(({ name }) => name === column.name)!;
          const isWeight = chosen.role === 'weight' && chosen.type === 'numeric';
          if (chosen.role === 'target' || isWeight) expect(column.role).toBe(chosen.role);
          else if (chosen.role !== earlier.role && column.role !== 'target' && chosen.role !== 'weight') {
            expect(column.role).toBe(chosen.role);
          }
          if (chosen.type === earlier.type && column.role === chosen.role) {
            if (chosen.scaling !== earlier.scaling) expect(column.scaling).toBe(chosen.scaling);
          }
          expect(column.unit).toBe(chosen.unit);
        }
      }
      const existing = current.columns.filter(({ name }) => guesses.has(name));
      const weight = existing.find(({ role }) => role === 'weight');
      if (weight?.name !== [...guesses.values()].find(({ role }) => role === 'target')!.name) {
        expect(document.columns.some(({ role }) => role === 'target')).toBe(true);
        if (document.columns.some(({ role }) => role === 'feature')) findRoles(document);
      }
      const split = sameJson(current.split, before.split) ? after.split : current.split;
      expect({ ...document.split, stratify: null }).toEqual({ ...split, stratify: null });
      expect(adoptSource(document, found).document).toEqual(document);
    }
    // Unedited documents can be trained on.
    const { rows } = await prepareDataset(adoptSource(before, found).document, '/');
    expect(rows.train).toBeGreaterThan(0);
  });
});

describe('the delimiter of a CSV source', () => {
  it('stays for a file that it divides, else is found again', async () => {
    const folder = temporaryFolder();
    const path = writeText(folder, 'colons.csv', 'a:b,c\n1:x,3\n4:y,6\n');
    const replaced = { kind: 'csv', path: '', delimiter: ':' } as const;
    const document = await detectDataset(path, replaced);
    expect(document.source).toMatchObject({ ...replaced, path });
    expect(document.columns.map(({ name }) => name)).toEqual(['a', 'b,c']);
    const commas = writeText(folder, 'commas.csv', 'a,b\n1,2\n3,4\n');
    expect((await detectDataset(commas, replaced)).source).toEqual({ kind: 'csv', path: commas });
    const other = { kind: 'idx', path: '' } as const;
    expect((await detectDataset(commas, other)).source).toEqual({ kind: 'csv', path: commas });
  });
});
