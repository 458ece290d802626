import { join } from 'node:path';
import type { Locator } from 'playwright';
import { expect, test } from 'vitest';
import { writePlainPicture } from '../support/pictures.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

const LONG_NAME = 'long_name_'.repeat(20);

/** Pixels by which the content is wider than its box. */
const overflow = (locator: Locator) => locator.evaluate((element) => element.scrollWidth - element.clientWidth);

test('a class with a name of 200 characters does not make a screen scroll sideways', async () => {
  const folders = newFolders('pictures');
  const pictures = join(folders.files, 'colours');
  for (const [name, background] of [
    [LONG_NAME, '#d02010'],
    ['blue', '#1020d0'],
  ] as const) {
    for (let i = 0; i < 10; i++) await writePlainPicture(pictures, `${name}/${i}.png`, background, 8, 8);
  }
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  const main = page.getByRole('main');
  await studio.openData(pictures);
  await studio.dialog.getByRole('button', { name: 'Use this folder' }).click();
  await page.getByRole('heading', { name: /20 rows/ }).waitFor();
  await page.getByRole('combobox', { name: 'Class', exact: true }).waitFor();
  expect.soft(await overflow(main)).toBe(0);

  const filter = page.getByRole('region', { name: 'Rows used' });
  await filter.getByRole('combobox').selectOption({ label: 'Some classes' });
  const box = filter.getByRole('checkbox', { name: LONG_NAME });
  await box.waitFor();
  expect.soft(await overflow(box.locator('xpath=../..'))).toBe(0);
  await page.keyboard.press('Control+z');

  await studio.goTo('Train');
  await studio.fill('Epochs', '1');
  await studio.train();
  await studio.ended(1, 'completed');
  await studio.goTo('Evaluate');
  await page.getByRole('table', { name: 'Predicted probabilities' }).waitFor();
  expect.soft(await overflow(main)).toBe(0);
  expect(studio.errors).toEqual([]);
});
