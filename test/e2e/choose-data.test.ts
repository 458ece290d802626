import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { writeBirds } from './support/tables.ts';

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
  await typed.fill(folders.files);
  await typed.press('Enter');
  await dialog.getByRole('option', { name: /^birds/ }).click();
  await typed.fill(join(folders.files, 'more-birds.csv'));
  await dialog.getByRole('button', { name: /^Use this / }).click();
  await page.getByRole('heading', { name: /120 rows/ }).waitFor();
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
