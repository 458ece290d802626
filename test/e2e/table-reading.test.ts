import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

test('how a text table is read is shown and changed on the Data screen', async () => {
  const folders = newFolders('spirals');
  const lines = Array.from(
    { length: 40 },
    (_, row) => `${row % 9},5;${row % 4 === 0 ? 900 : '2.107'};${'ab'[row % 2]}`,
  );
  writeFileSync(join(folders.files, 'flats.csv'), `${lines.join('\n')}\n`);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  await studio.openData(join(folders.files, 'flats.csv'));
  await page.getByRole('heading', { name: /40 rows/ }).waitFor();
  const names = page.getByRole('combobox', { name: 'Names' });
  expect(await names.inputValue()).toBe('0');
  await page.getByText(/^The first line is read as a row/).waitFor();

  await studio.button('The first line has names').click();
  await page.getByRole('heading', { name: /39 rows/ }).waitFor();
  expect(await names.inputValue()).toBe('1');

  await names.selectOption('none');
  await page.getByRole('heading', { name: /40 rows/ }).waitFor();
  await page.getByRole('combobox', { name: 'Decimal sign' }).selectOption('point');
  await page.getByRole('cell', { name: '0,5', exact: true }).first().waitFor();
  await studio.saved();
  expect(readProject(folders.project).dataset.source).toMatchObject({ headerLines: 0, decimal: '.' });

  await studio.button('Guess again').click();
  await page.getByRole('cell', { name: '0.5', exact: true }).first().waitFor();
  await studio.saved();
  expect(readProject(folders.project).dataset.source).toMatchObject({ headerLines: 0, decimal: ',', thousands: '.' });
  expect(studio.errors).toEqual([]);
});
