import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePlainPicture } from '../support/pictures.ts';
import { useBrowser } from './support/browser.ts';
import { outOfView } from './support/in-view.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

/** Red and blue pictures of several sizes in folders of splits and classes. */
async function writePictures(folder: string): Promise<void> {
  for (const [split, count] of [
    ['train', 12],
    ['val', 4],
  ] as const) {
    for (const [name, background] of [
      ['red', '#d02010'],
      ['blue', '#1020d0'],
    ] as const) {
      for (let i = 0; i < count; i++)
        await writePlainPicture(folder, `${split}/${name}/${i}.png`, background, 20 + i, 30);
    }
  }
  writeFileSync(join(folder, 'train', 'red', 'broken.png'), Buffer.from('\x89PNG\r\n\x1a\nnothing else', 'latin1'));
}

test('a folder of pictures is shown as a grid, trained on and evaluated', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const pictures = join(folders.files, 'colours');
  await writePictures(pictures);
  await studio.openDataFolder(pictures);
  await page.getByRole('heading', { name: /32 rows/ }).waitFor();
  const grid = page.getByRole('list', { name: 'Pictures' });
  await expect.poll(() => grid.getByRole('img').count()).toBe(32);
  await page.getByText('1 file cannot be read', { exact: true }).click();
  await page.getByText('train/red/broken.png').first().waitFor();
  await page.getByRole('combobox', { name: 'Split' }).selectOption('validation');
  await expect.poll(() => grid.getByRole('img').count()).toBe(8);
  await page.getByRole('combobox', { name: 'Class', exact: true }).selectOption('blue');
  await expect.poll(() => grid.getByRole('img').count()).toBe(4);

  await studio.fill('Width', '32');
  await studio.fill('Height', '32');
  await studio.saved();
  expect(readProject(folders.project).dataset.columns[0]!.picture).toMatchObject({ width: 32, height: 32 });

  await studio.goTo('Train');
  await studio.train();
  await studio.ended(1, 'completed');
  await studio.goTo('Evaluate');
  await page.getByRole('button', { name: 'Evaluate on 8 rows' }).click();
  await page.getByRole('region', { name: 'Validation', exact: true }).getByRole('table').waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi('pages of pictures are turned without scrolling back to the top', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const pictures = join(folders.files, 'many');
  for (const name of ['blue', 'red']) {
    for (let i = 0; i < 50; i++) await writePlainPicture(pictures, `${name}/${i}.png`, '#1020d0', 8, 8);
  }
  await studio.openDataFolder(pictures);
  const shown = page.getByRole('list', { name: 'Pictures' }).getByRole('img');
  await expect.poll(() => shown.count()).toBe(60);
  const next = page.getByRole('button', { name: 'Next', exact: true });
  await shown.last().scrollIntoViewIfNeeded();
  expect(await outOfView(next)).toEqual([]);
  await next.click();
  await expect.poll(() => shown.count()).toBe(40);
  await page.getByText('61–100 of 100').waitFor();
  await expect.poll(() => outOfView(shown.first())).toEqual([]);
  expect(studio.errors).toEqual([]);
});

test('rows are left out by class, and the step can be undone', async () => {
  const { folders, studio, page } = await openExample('spirals');
  await studio.goToFilled('Data');
  await page.getByRole('combobox', { name: 'Add a step' }).selectOption('values');
  await page
    .getByRole('group', { name: /^Step 1/ })
    .getByRole('checkbox')
    .first()
    .check();
  await page.getByText('1,000 rows of 1,500 are used.').waitFor();
  // The list of steps to add shows what it does again.
  expect(await page.getByRole('combobox', { name: 'Add a step' }).inputValue()).toBe('');
  await studio.saved();
  expect(readProject(folders.project).dataset.filter).toHaveLength(1);
  await page.getByRole('button', { name: 'Remove step 1' }).click();
  await studio.saved();
  expect(readProject(folders.project).dataset).not.toHaveProperty('filter');
  expect(studio.errors).toEqual([]);
});

testInCi('reading a large table can be cancelled and started again', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const path = join(folders.files, 'large.csv');
  // Quoted values need the careful reader, which takes seconds for a million rows.
  const line = (i: number) => `"${i % 97}",${i},${i * 0.5},"${i % 3 === 0 ? 'a' : 'b'}"`;
  const rows = Array.from({ length: 1_500_000 }, (_, i) => line(i));
  writeFileSync(path, `one,two,three,kind\n${rows.join('\n')}\n`);
  await studio.openData(path);
  await page.getByRole('group', { name: 'Reading the data' }).getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Reading the data was cancelled.').waitFor();
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByRole('heading', { name: /1,500,000 rows/ }).waitFor();
  expect(studio.errors).toEqual([]);
});

test('the cache of data shows its size and can be cleared', async () => {
  const { folders, studio } = await openExample('spirals');
  const path = join(folders.files, 'few.csv');
  writeFileSync(path, `a,b\n${Array.from({ length: 30 }, (_, i) => `${i},${i * i}`).join('\n')}\n`);
  await studio.openData(path);
  await studio.page.getByRole('heading', { name: /30 rows/ }).waitFor();
  await studio.button('Data cache…').click();
  const { dialog } = studio;
  await dialog.getByText(/of at most/).waitFor();
  await dialog.getByRole('button', { name: 'Clear' }).click();
  await dialog.getByText(/^0 B of at most/).waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  expect(studio.errors).toEqual([]);
});
