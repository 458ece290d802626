import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newPlace, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { writeBirds } from './support/tables.ts';

useBrowser();

test('choosing data opens at the file used last, whatever its name, and takes nothing by itself', async () => {
  const place = newPlace('spirals');
  const folder = join(place.files, 'field.work');
  mkdirSync(folder);
  writeBirds(join(folder, 'birds'), 90);
  const host = await startHost(place.project, place.config);
  const studio = await Studio.open(await openContext(), host);
  const { dialog, page } = studio;
  await studio.openData(join(folder, 'birds'));
  await page.getByRole('heading', { name: /90 rows/ }).waitFor();
  await studio.button('Choose data').click();
  await dialog.getByRole('option', { name: /^birds/ }).waitFor();
  expect(await dialog.getByRole('textbox', { name: /^Path/ }).inputValue()).toBe(folder);
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  // Of generated data the place is that of the last file, also where its folder is gone.
  await studio.button('Generate data').click();
  await page.getByRole('heading', { name: /1,500 rows/ }).waitFor();
  await studio.button('Choose data').click();
  await dialog.getByRole('option', { name: /^birds/, selected: true }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  renameSync(folder, join(place.files, 'moved'));
  await studio.button('Choose data').click();
  await dialog.getByRole('option', { name: 'moved' }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await studio.saved();
  expect(readProject(place.project).dataset.source.kind).toBe('generated');
  expect(studio.errors).toEqual([]);
});
