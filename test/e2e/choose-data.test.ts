import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { writePlainPicture } from '../support/pictures.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { writeBirds } from './support/tables.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

test('the file dialog opens at the last used file, whatever its extension, without selection', async () => {
  const folders = newFolders('spirals');
  const folder = join(folders.files, 'field.work');
  mkdirSync(folder);
  writeBirds(join(folder, 'birds'), 90);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { dialog, page } = studio;
  await studio.openData(join(folder, 'birds'));
  await page.getByRole('heading', { name: /90 rows/ }).waitFor();
  await studio.button('Choose data').click();
  await dialog.getByRole('option', { name: /^birds/ }).waitFor();
  expect(await dialog.getByRole('textbox', { name: /^Path/ }).inputValue()).toBe(folder);
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  // For generated data it opens at the last file, even if its folder is gone.
  await studio.button('Generate data').click();
  await page.getByRole('heading', { name: /1,500 rows/ }).waitFor();
  await studio.button('Choose data').click();
  await dialog.getByRole('option', { name: /^birds/, selected: true }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  renameSync(folder, join(folders.files, 'moved'));
  await studio.button('Choose data').click();
  await dialog.getByRole('option', { name: 'moved' }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await studio.saved();
  expect(readProject(folders.project).dataset.source.kind).toBe('generated');
  expect(studio.errors).toEqual([]);
});

test('the Use button uses the typed path instead of the previously selected file', async () => {
  const folders = newFolders('spirals');
  writeBirds(join(folders.files, 'birds.csv'), 90);
  writeBirds(join(folders.files, 'more-birds.csv'), 120);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { dialog, page } = studio;
  await studio.goTo('Data');
  await studio.button('Choose data').click();
  const typed = dialog.getByRole('textbox', { name: /^Path/ });
  await studio.typePath(folders.files);
  await typed.press('Enter');
  await dialog.getByRole('option', { name: /^birds/ }).click();
  await studio.typePath(join(folders.files, 'more-birds.csv'));
  await dialog.getByRole('button', { name: /^Use this / }).click();
  await page.getByRole('heading', { name: /120 rows/ }).waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi('other data keeps what was chosen; choosing and generating data are one undo step each', async () => {
  const folders = newFolders('spirals');
  writeBirds(join(folders.files, 'birds.csv'), 90);
  writeBirds(join(folders.files, 'more-birds.csv'), 120);
  const lines = Array.from({ length: 60 }, (_, i) => `${(i * 7) % 50},${(i * 3) % 40},${i % 9}`);
  writeFileSync(join(folders.files, 'lengths.csv'), `flipper,bill,wing\n${lines.join('\n')}\n`);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  const rows = (count: string) => page.getByRole('heading', { name: new RegExp(`^Columns ${count} rows`) }).waitFor();
  const scaling = page.getByRole('combobox', { name: 'Scaling of bill' });
  const heading = (name: string) => page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
  await studio.openData(join(folders.files, 'birds.csv'));
  await rows('90');
  await scaling.selectOption('min-max');

  await studio.openData(join(folders.files, 'more-birds.csv'));
  await rows('120');
  await heading('more-birds');
  expect(await scaling.inputValue()).toBe('min-max');
  await page.keyboard.press('Control+z');
  await heading('birds');
  await rows('90');
  expect(await scaling.inputValue()).toBe('min-max');
  await page.keyboard.press('Control+Shift+z');
  await rows('120');

  await studio.button('Generate data').click();
  await rows('1,500');
  await page.keyboard.press('Control+z');
  await rows('120');
  expect(await scaling.inputValue()).toBe('min-max');
  await studio.saved();
  expect(readProject(folders.project).dataset).toMatchObject({ name: 'more-birds', source: { kind: 'csv' } });

  // The target is missing: the window says which one is guessed.
  const said = page.getByText(/species.* The target is now wing\./).waitFor();
  await studio.openData(join(folders.files, 'lengths.csv'));
  await said;
  await rows('60');
  expect(await scaling.inputValue()).toBe('min-max');
  expect(await page.getByRole('combobox', { name: 'Role of wing' }).inputValue()).toBe('target');
  expect(studio.errors).toEqual([]);
});

testInCi('another folder of pictures keeps the size and the fit of the images', async () => {
  const folders = newFolders('spirals');
  for (const [folder, width] of [
    ['small', 8],
    ['large', 40],
  ] as const) {
    for (const [name, background] of Object.entries({ red: '#d02010', blue: '#1020d0' })) {
      for (let i = 0; i < 10; i++)
        await writePlainPicture(folders.files, `${folder}/${name}/${i}.png`, background, width, width);
    }
  }
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  const choose = async (folder: string): Promise<void> => {
    await studio.openDataFolder(join(folders.files, folder));
    await page.getByRole('heading', { name: folder, exact: true, level: 1 }).waitFor();
  };
  const size = () => Promise.all(['Width', 'Height'].map((label) => studio.field(label).inputValue()));
  await choose('small');
  await studio.fill('Width', '12');
  await choose('large');
  expect(await size()).toEqual(['12', '8']);
  await page.keyboard.press('Control+z');
  await page.getByRole('heading', { name: 'small', exact: true, level: 1 }).waitFor();
  expect(await size()).toEqual(['12', '8']);
  expect(studio.errors).toEqual([]);
});

test.each([
  ['mnist', 't10k-labels-idx1-ubyte'],
  ['housing', 'housing.csv'],
] as const)(
  'the example %s without data lists the files it needs, with a button to choose them',
  async (example, file) => {
    const folders = newFolders(example);
    const host = await startHost(folders.project, folders.config);
    const studio = await Studio.open(await openContext(), host);
    const main = studio.page.getByRole('main');
    await main.getByText(file).waitFor();
    // The parameter count depends on the data.
    expect(await studio.statusBar.innerText()).not.toMatch(/\d parameter/);
    await main.getByRole('button', { name: 'Choose data' }).click();
    await studio.dialog.getByRole('listbox').waitFor();
    expect(studio.errors).toEqual([]);
  },
);

test('a missing file is reported with its path and columns, with a button to choose another', async () => {
  const folders = newFolders('housing');
  const gone = join(folders.files, 'housing.csv');
  const file = join(folders.project, 'housing.dataset.json');
  const document = JSON.parse(readFileSync(file, 'utf8')) as DatasetDocument;
  writeFileSync(file, JSON.stringify({ ...document, source: { kind: 'csv', path: gone } }));
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  await studio.goTo('Data');
  const alert = studio.page.getByRole('alert').filter({ hasText: gone });
  await alert.getByText('ocean_proximity').waitFor();
  await alert.getByRole('button', { name: 'Choose other data' }).click();
  // The nearest existing folder.
  await expect.poll(() => studio.dialog.getByRole('textbox', { name: /^Path/ }).inputValue()).toBe(folders.files);
  expect(studio.errors).toEqual([]);
});

test('a new project shows the next step, and no problems until the model is connected', async () => {
  const folders = newFolders(null);
  const host = await startHost(folders.project, folders.config, true);
  const studio = await Studio.open(await openContext(), host);
  const { page, statusBar } = studio;
  await studio.goTo('Model');
  await statusBar.getByRole('button', { name: /^Next: add layers/ }).waitFor();
  expect(await page.getByText(/\d problem/).count()).toBe(0);
  expect(await page.getByRole('img', { name: 'has a problem' }).count()).toBe(0);
  const canvas = new Canvas(page);
  await canvas.dragIn('Dense', 0.5, 0.5);
  await statusBar.getByRole('button', { name: /^Next: connect/ }).waitFor();
  await canvas.connect('input', 'dense');
  await statusBar.getByRole('button', { name: /1 problem/ }).waitFor();
  expect(studio.errors).toEqual([]);
});
