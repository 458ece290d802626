import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readNamedPictures } from '../../src-main/data/cache/stored-pictures.ts';
import { csvFormat } from '../../src-main/data/formats/csv/csv.ts';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { fingerprintOf } from '../../src-main/data/prepared/fingerprint.ts';
import { picturesPage } from '../../src-main/data/prepared/pictures-page.ts';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { profileDataset } from '../../src-main/data/prepared/profile.ts';
import { rowsWithPixels } from '../../src-main/data/prepared/row-pictures.ts';
import { readSource } from '../../src-main/data/rows/read-source.ts';
import { codecOf } from '../../src-main/data/columns/registry.ts';
import { pictureAt, type CategoricalColumn, type ImageColumn } from '../../src-main/data/tables/table.ts';
import type { InputRow } from '../../src-shared/contract/run-results.ts';
import type { Column, DatasetDocument, PictureSettings } from '../../src-shared/data/dataset-document.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import { pixelsOf, writePicture } from '../support/pictures.ts';
import { splitArrays } from '../support/session-data.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { column, dataset, errorOf, writeText } from './support.ts';

const settings: PictureSettings = { width: 4, height: 3, fit: 'stretch', colour: 'rgb' };
const image = (name: string, more: Partial<Column> = {}) =>
  column(name, 'feature', { type: 'image', scaling: 'unit', picture: settings, ...more });
const category = (name: string, role: Column['role'] = 'target') => column(name, role, { type: 'categorical' });

let folder: string;
let workers = 0;
const countWorker = () => void workers++;

beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('LAMINA_DATA_CACHE', join(folder, 'cache'));
  workers = 0;
  process.on('worker', countWorker);
});
afterEach(() => {
  process.off('worker', countWorker);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Twelve pictures, each named twice, with numbers and a class. */
async function pets(): Promise<{ path: string; document: DatasetDocument }> {
  for (let i = 0; i < 12; i++) await writePicture(folder, `pictures/${i}.png`, i);
  const lines = Array.from({ length: 24 }, (_, row) => `pictures/${row % 12}.png,${row},${row % 2 === 0 ? 'a' : 'b'}`);
  const path = settled(writeText(folder, 'pets.csv', ['photo,size,kind', ...lines].join('\n')));
  for (let i = 0; i < 12; i++) settled(join(folder, `pictures/${i}.png`));
  const columns = [image('photo'), column('size', 'feature'), category('kind')];
  return { path, document: dataset({ kind: 'csv', path }, columns) };
}

const settled = (path: string): string => {
  utimesSync(path, 1, 1);
  return path;
};

async function readImages(document: DatasetDocument): Promise<{ images: ImageColumn[]; rows: number }> {
  const table = await readSource(document, folder, { keep: () => true, badNumber: 'throw' });
  return { images: table.columns.filter((each) => each.kind === 'image'), rows: table.rows };
}

function pixelsAt(images: ImageColumn, row: number): number[] {
  const size = images.shape[0] * images.shape[1] * images.shape[2];
  const picture = pictureAt(images, row);
  return Array.from(images.pixels.subarray(picture * size, (picture + 1) * size));
}

describe('an image column of a CSV', () => {
  test('has the pictures that its cells name, each once', async () => {
    const { document } = await pets();
    const { images, rows } = await readImages(document);
    expect(rows).toBe(24);
    expect(images[0]).toMatchObject({ shape: [3, 4, 3], settings });
    expect(images[0]!.pixels).toHaveLength(12 * 36);
    for (let row = 0; row < rows; row++) expect(pixelsAt(images[0]!, row)).toEqual(Array.from(pixelsOf(row % 12)));
  });

  test('decodes a file again that changed between two columns that name it', async () => {
    await writePicture(folder, 'a.png', 0);
    const photos: CategoricalColumn = {
      kind: 'categorical',
      name: 'photo',
      codes: Int32Array.of(0),
      categories: ['a.png'],
    };
    const decoded = new Map<string, Uint8Array>();
    const before = await readNamedPictures(photos, folder, { settings, decoded });
    await writePicture(folder, 'a.png', 1);
    const after = await readNamedPictures(photos, folder, { settings, decoded });
    expect(Array.from(before.image.pixels)).toEqual(Array.from(pixelsOf(0)));
    expect(Array.from(after.image.pixels)).toEqual(Array.from(pixelsOf(1)));
  });

  test('reads paths with either slash, of folders above and absolute; an empty cell is missing', async () => {
    const absolute = await writePicture(folder, 'a picture.png', 1);
    await writePicture(folder, 'table/deep/2.png', 2);
    await writePicture(folder, 'above/3.png', 3);
    const cells = [absolute, 'deep\\2.png', './deep/2.png', '../above/3.png', '', 'NA'];
    const path = writeText(
      join(folder, 'table'),
      'a.csv',
      ['photo,y', ...cells.map((cell, i) => `${cell},${i}`)].join('\n'),
    );
    const { images } = await readImages(dataset({ kind: 'csv', path }, [image('photo'), column('y', 'target')]));
    const seeds = [1, 2, 2, 3];
    seeds.forEach((seed, row) => expect(pixelsAt(images[0]!, row)).toEqual(Array.from(pixelsOf(seed))));
    expect([4, 5].map((row) => codecOf(images[0]!).isMissing(images[0]!, row))).toEqual([true, true]);
  });

  test('two columns share what both name; each has its own settings', async () => {
    await writePicture(folder, '1.png', 1);
    await writePicture(folder, '2.png', 2);
    const path = writeText(folder, 'a.csv', 'left,right,y\n1.png,2.png,0\n2.png,1.png,1\n');
    const grey = image('right', { picture: { ...settings, height: 6, colour: 'grey' } });
    const { images } = await readImages(dataset({ kind: 'csv', path }, [image('left'), grey, column('y', 'target')]));
    expect(images.map(({ shape }) => shape)).toEqual([
      [3, 4, 3],
      [6, 4, 1],
    ]);
    expect(images.map(({ pictures }) => Array.from(pictures!))).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test('rows whose picture is missing or unreadable are dropped; each file is listed once with its line', async () => {
    await writePicture(folder, '1.png', 1);
    writeText(folder, 'broken.png', 'no picture');
    const cells = ['1.png', 'broken.png', 'gone.png', '', 'broken.png', '1.png', '1.png', '.', '/dev/zero'];
    const path = writeText(folder, 'a.csv', ['photo,y', ...cells.map((cell, i) => `${cell},${i}`)].join('\n'));
    const document = dataset({ kind: 'csv', path }, [image('photo'), column('y', 'target')], {
      train: 1,
      validation: 0,
      test: 0,
    });
    for (let time = 0; time < 2; time++) {
      const { unreadable, columns, warnings } = await profileDataset(document, folder);
      expect(unreadable?.map(({ name }) => name)).toEqual(['broken.png', 'gone.png', '.', '/dev/zero']);
      expect(unreadable?.map(({ reason }) => reason.match(/line \d+/)?.[0])).toEqual([
        'line 3',
        'line 4',
        'line 9',
        'line 10',
      ]);
      expect(warnings.filter((warning) => warning.includes('gone.png'))).toHaveLength(1);
      expect(columns[0]).toMatchObject({ rows: 9, missing: 6 });
    }
    expect((await prepareDataset(document, folder)).rows).toMatchObject({ train: 3, dropped: 6 });
  });

  test('no readable picture at all is an error of preparing, and a finding of the profile', async () => {
    const path = writeText(folder, 'a.csv', 'photo,y\nx.png,0\ny.png,1\n');
    const document = dataset({ kind: 'csv', path }, [image('photo'), column('y', 'target')]);
    expect((await profileDataset(document, folder)).columns[0]!.missing).toBe(2);
    const error = await errorOf(prepareDataset(document, folder));
    expect(error).toMatchObject({ code: 'dataset/no-pictures', details: { column: 'photo', first: 'x.png' } });
  });

  test('has guessed settings where the document has none; the fitted spec records them', async () => {
    const { document } = await pets();
    const { picture: _, ...photo } = document.columns[0]!;
    const { spec } = await prepareDataset({ ...document, columns: [photo, ...document.columns.slice(1)] }, folder);
    const guessed = { ...settings, fit: 'crop' };
    expect(spec.columns[0]).toMatchObject({ type: 'image', shape: [3, 4, 3], picture: guessed });
  });

  test('with a class and the four numbers of a box as targets', async () => {
    for (let i = 0; i < 10; i++) await writePicture(folder, `${i}.png`, i);
    const lines = Array.from(
      { length: 10 },
      (_, i) => `${i}.png,${i % 2 === 0 ? 'a' : 'b'},${i},${i * i},${9 - i},1${i}`,
    );
    const path = writeText(folder, 'a.csv', ['photo,kind,x1,y1,x2,y2', ...lines].join('\n'));
    const box = ['x1', 'y1', 'x2', 'y2'].map((name) => column(name, 'target', { scaling: 'standard' }));
    const { spec, examples, rows } = await prepareDataset(
      dataset({ kind: 'csv', path }, [image('photo'), category('kind'), ...box]),
      folder,
    );
    const { train } = splitArrays(examples);
    expect(spec.targets.map(({ kind, name }) => [kind, name])).toEqual([
      ['classes', 'kind'],
      ...box.map(({ name }) => ['numeric', name]),
    ]);
    expect(train.x).toMatchObject({ dtype: 'uint8', shape: [rows.train, 3, 4, 3] });
    expect(train.y.shape).toEqual([rows.train, 5]);
  });
});

describe('pictures of a table that were read before', () => {
  test('are neither read nor decoded again for another role, split or profile', async () => {
    const { document } = await pets();
    const first = await prepareDataset(document, folder);
    const profile = await profileDataset(document, folder);
    expect(workers).toBeGreaterThan(0);
    workers = 0;
    const reading = vi.spyOn(csvFormat, 'read').mockRejectedValue(new Error('read again'));
    expect(await prepareDataset(document, folder)).toEqual(first);
    await prepareDataset({ ...document, split: { ...document.split, seed: 9 } }, folder);
    const ignored = document.columns.map((each) =>
      each.name === 'photo' ? { ...each, role: 'ignored' as const } : each,
    );
    expect((await profileDataset({ ...document, columns: ignored }, folder)).preview).toEqual(profile.preview);
    await prepareDataset({ ...document, columns: ignored }, folder);
    await prepareDataset(document, folder);
    expect(reading).not.toHaveBeenCalled();
    expect(workers).toBe(0);
  });

  test('are decoded again when one has changed, and for other settings', async () => {
    const { document } = await pets();
    const before = await fingerprintOf(document, folder);
    await readImages(document);
    await profileDataset(document, folder);
    await writePicture(folder, 'pictures/3.png', 77);
    const { images } = await readImages(document);
    expect(pixelsAt(images[0]!, 3)).toEqual(Array.from(pixelsOf(77)));
    expect((await profileDataset(document, folder)).preview[3]![0]).toEqual(Array.from(pixelsOf(77)));
    const after = await fingerprintOf(document, folder);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.files.map(({ sha256 }, i) => sha256 === before.files[i]!.sha256)).toEqual([true, false]);
    const small = { ...settings, width: 2 };
    const { images: other } = await readImages({ ...document, columns: [image('photo', { picture: small })] });
    expect(other[0]!.shape).toEqual([3, 2, 3]);
  });

  test('a picture that appears or goes is noticed', async () => {
    const { document } = await pets();
    await profileDataset(document, folder);
    rmSync(join(folder, 'pictures/3.png'));
    expect((await profileDataset(document, folder)).columns[0]!.missing).toBe(2);
    await writePicture(folder, 'pictures/3.png', 3);
    expect((await profileDataset(document, folder)).columns[0]!.missing).toBe(0);
  });

  test('are one of the recorded files; a table without pictures has only its own', async () => {
    const { document, path } = await pets();
    const { files, fingerprint } = await fingerprintOf(document, folder);
    expect(files.map(({ name }) => name)).toEqual([basename(path), 'pictures of photo']);
    const plain = document.columns.map((each) => (each.name === 'photo' ? category('photo', 'ignored') : each));
    const before = await fingerprintOf({ ...document, columns: plain }, folder);
    expect(before.files).toHaveLength(1);
    writeFileSync(join(folder, 'pictures/1.png'), 'other');
    expect(await fingerprintOf({ ...document, columns: plain }, folder)).toEqual(before);
    expect((await fingerprintOf(document, folder)).fingerprint).not.toBe(fingerprint);
  });
});

describe('a table that names pictures', () => {
  const detected = async (text: string) => {
    const document = await detectDataset(writeText(folder, 'a.csv', text));
    return document.columns.map(({ name, role, type }) => [name, role, type]);
  };
  const rows = (line: (i: number) => string) => Array.from({ length: 30 }, (_, i) => line(i)).join('\n');

  test('is recognized by the endings of its texts: both columns are features, not identifiers', async () => {
    for (let i = 0; i < 30; i++) await writePicture(folder, `in/${i}.png`, i, 10, 6);
    const text = `left,right,size,kind\n${rows((i) => `in/${i}.png,in/${29 - i}.png,${i % 7},${i % 2 === 0 ? 'a' : 'b'}`)}`;
    expect(await detected(text)).toEqual([
      ['left', 'feature', 'image'],
      ['right', 'feature', 'image'],
      ['size', 'feature', 'numeric'],
      ['kind', 'target', 'categorical'],
    ]);
    const { columns, guess } = await detectDataset(join(folder, 'a.csv'));
    expect(columns[0]!.picture).toEqual({ width: 10, height: 6, fit: 'crop', colour: 'rgb' });
    expect(guess?.columns).toEqual(columns);
  });

  test('is recognized by existing files without endings; the last column of pictures is not a target', async () => {
    for (let i = 0; i < 30; i++) await writePicture(folder, `scan ${i}`, i);
    expect(await detected(`size,scan\n${rows((i) => `${i % 7},scan ${i}`)}`)).toEqual([
      ['size', 'target', 'numeric'],
      ['scan', 'feature', 'image'],
    ]);
  });

  test('keeps addresses on the web and other texts as they are; missing pictures get usual settings', async () => {
    const text = `web,note,photo,y\n${rows((i) => `https://host/${i}.png,note ${i},gone/${i}.JPG,${i}.5`)}`;
    expect(await detected(text)).toEqual([
      ['web', 'ignored', 'categorical'],
      ['note', 'ignored', 'categorical'],
      ['photo', 'feature', 'image'],
      ['y', 'target', 'numeric'],
    ]);
  });

  test('opens a folder that contains the table, pictures and a text file', async () => {
    for (let i = 0; i < 30; i++) await writePicture(folder, `in/${i}.png`, i);
    writeText(folder, 'README.txt', 'about');
    await detected(`photo,y\n${rows((i) => `in/${i}.png,${i}.5`)}`);
    rmSync(join(folder, 'cache'), { recursive: true, force: true });
    const { source, columns } = await detectDataset(folder);
    expect([source, columns[0]!.type]).toEqual([{ kind: 'csv', path: join(folder, 'a.csv') }, 'image']);
  });
});

describe('a page of the pictures that a table names', () => {
  const page = (document: DatasetDocument, more: { column?: string; className?: string; offset?: number } = {}) =>
    picturesPage(document, folder, { offset: 0, count: 5, ...more });

  test('has each picture once with its class, of the asked class and column', async () => {
    const { document } = await pets();
    const all = await page(document, { offset: 10 });
    expect(all.total).toBe(12);
    expect(all.pictures.map(({ name, className }) => [name, className])).toEqual([
      ['pictures/10.png', 'a'],
      ['pictures/11.png', 'b'],
    ]);
    expect(all.pictures[0]).toMatchObject({ width: 4, height: 3, split: null, reason: null });
    const ofClass = await page(document, { className: 'b' });
    expect([ofClass.total, ofClass.pictures.map(({ name }) => name)]).toEqual([
      6,
      [1, 3, 5, 7, 9].map((i) => `pictures/${i}.png`),
    ]);
    rmSync(join(folder, 'pictures/1.png'));
    const [gone] = (await page(document, { className: 'b', column: 'photo' })).pictures;
    expect(gone).toMatchObject({ width: 0, thumbnail: null, reason: 'the file does not exist' });
  });

  test('needs a column of pictures', async () => {
    const { document } = await pets();
    expect((await errorOf(page(document, { column: 'size' }))).code).toBe('dataset/wrong-kind');
  });
});

describe('rows for prediction', () => {
  const spec = (more: Partial<Extract<FittedColumn, { type: 'image' }>> = {}) => ({
    columns: [{ type: 'image', name: 'photo', shape: [3, 4, 3], offset: 0, scale: 255, ...more }] as FittedColumn[],
  });
  const noColumns = { columns: [] };

  async function rowsOf(rows: InputRow[], fitted = spec(), document: Pick<DatasetDocument, 'columns'> = noColumns) {
    const batches = rowsWithPixels(rows, { spec: fitted, read: new Set(['photo']), document, folder, batchSize: 2 });
    const found: { cell: unknown; unreadable: readonly string[] }[] = [];
    for await (const batch of batches) {
      batch.rows.forEach((row, i) => found.push({ cell: row['photo'], unreadable: batch.unreadable[i]! }));
    }
    return found;
  }

  test('get the pixels of the files that they name; lists and missing cells stay', async () => {
    await writePicture(folder, '1.png', 1);
    await writePicture(folder, 'in/2.png', 2);
    const list = Array.from(pixelsOf(3));
    const found = await rowsOf([{ photo: '1.png' }, { photo: ' in\\2.png ' }, { photo: list }, { photo: '' }, {}]);
    expect(found.map(({ cell }) => cell)).toEqual([
      Array.from(pixelsOf(1)),
      Array.from(pixelsOf(2)),
      list,
      '',
      undefined,
    ]);
  });

  test('say which picture cannot be read; the others are', async () => {
    await writePicture(folder, '1.png', 1);
    const found = await rowsOf([{ photo: 'none.png' }, { photo: '1.png' }, { photo: 'data:image/png;base64,AAAA' }]);
    expect(found.map(({ unreadable }) => unreadable.length)).toEqual([1, 0, 1]);
    expect(found[0]!.unreadable[0]).toContain('none.png');
    expect(found[2]!.unreadable[0]).not.toContain('AAAA');
    expect(found[1]!.cell).toEqual(Array.from(pixelsOf(1)));
  });

  test('may hold the picture itself', async () => {
    const path = await writePicture(folder, '1.png', 1);
    const [row] = await rowsOf([{ photo: `data:image/png;base64,${readFileSync(path).toString('base64')}` }]);
    expect(row!.cell).toEqual(Array.from(pixelsOf(1)));
  });

  test('are fitted to the shape as the run did: by its spec, else by its data set, else cropped', async () => {
    const raw = { width: 4, height: 2, channels: 3 } as const;
    writeFileSync(join(folder, 'wide.png'), await sharp(new Uint8Array(24).fill(200), { raw }).png().toBuffer());
    const square = { shape: [4, 4, 1] as [number, number, number] };
    const padded = [
      ...new Array<number>(4).fill(0),
      ...new Array<number>(8).fill(200),
      ...new Array<number>(4).fill(0),
    ];
    const pad = { width: 4, height: 4, fit: 'pad', colour: 'grey' } as const;
    const document = { columns: [image('photo', { picture: pad })] };
    expect((await rowsOf([{ photo: 'wide.png' }], spec({ ...square, picture: pad })))[0]!.cell).toEqual(padded);
    expect((await rowsOf([{ photo: 'wide.png' }], spec(square), document))[0]!.cell).toEqual(padded);
    expect((await rowsOf([{ photo: 'wide.png' }], spec(square)))[0]!.cell).toEqual(new Array(16).fill(200));
  });

  test('name no picture for numbers of other channels', async () => {
    expect((await errorOf(rowsOf([{ photo: '1.png' }], spec({ shape: [3, 4, 2] })))).code).toBe(
      'dataset/not-a-picture',
    );
  });
});
