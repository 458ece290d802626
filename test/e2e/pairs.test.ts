import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePlainPicture } from '../support/pictures.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

/** Plain pictures of three colours in folders of classes, of each seven for training and three for validation. */
async function writePictures(folder: string): Promise<void> {
  for (const [name, background] of [
    ['red', '#d02010'],
    ['green', '#10d020'],
    ['blue', '#1020d0'],
  ] as const) {
    for (let i = 0; i < 10; i++)
      await writePlainPicture(folder, `${i < 7 ? 'train' : 'val'}/${name}/${i}.png`, background, 12, 12);
  }
}

test('pairs are drawn from a folder of pictures, drawn again, trained on and evaluated', async () => {
  const folders = newFolders('pictures');
  const pictures = join(folders.files, 'colours');
  await writePictures(pictures);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  const source = () => readProject(folders.project).dataset.source;
  await studio.openDataFolder(pictures);
  await page.getByRole('heading', { name: /30 rows/ }).waitFor();

  const examples = page.getByRole('region', { name: 'Examples' });
  await examples.getByRole('combobox').selectOption('pairs');
  await page.getByRole('heading', { name: /60 pairs of 30 pictures/ }).waitFor();
  const grid = page.getByRole('list', { name: 'Pairs' });
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(60);
  expect(await grid.getByRole('img').count()).toBe(120);
  const names = () =>
    grid.getByRole('img').evaluateAll((images) => images.map((image) => image.getAttribute('alt')).join());
  const first = await names();
  await examples.getByRole('button', { name: 'Draw again' }).click();
  await expect.poll(names).not.toBe(first);
  await studio.saved();
  expect(source()).toMatchObject({ pairs: { perPicture: 2, seed: 2 } });
  await page.keyboard.press('Control+z');
  await expect.poll(names).toBe(first);
  await page.getByRole('combobox', { name: 'Split' }).selectOption('validation');
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(18);

  await examples.getByLabel('Per picture').fill('8');
  await examples.getByLabel('Per picture').blur();
  await page.getByRole('heading', { name: /240 pairs of 30 pictures/ }).waitFor();
  await studio.fill('Width', '12');
  await studio.saved();
  const { columns } = readProject(folders.project).dataset;
  expect(columns.map(({ name, role, picture }) => [name, role, picture?.width])).toEqual([
    ['first', 'feature', 12],
    ['second', 'feature', 12],
    ['same', 'target', undefined],
    ['class', 'ignored', undefined],
  ]);

  await studio.goTo('Model');
  await studio.newModel('One branch per input');
  await studio.trainFor(1);
  await studio.goTo('Evaluate');
  await page.getByRole('button', { name: /^Evaluate on/ }).click();
  await page.getByRole('region', { name: 'Validation', exact: true }).getByRole('table').waitFor();
  const predict = page.getByRole('region', { name: 'Predict a row' });
  await expect.poll(() => predict.getByRole('img').count()).toBe(2);
  await predict.getByText('Predicted same').waitFor();
  expect(studio.errors).toEqual([]);
});

test('an error in the split of pairs is shown once', async () => {
  const folders = newFolders('pictures');
  const pictures = join(folders.files, 'few');
  for (let i = 0; i < 5; i++) await writePlainPicture(pictures, `${i < 3 ? 'red' : 'blue'}/${i}.png`, '#d02010', 8, 8);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  await studio.openData(pictures);
  await studio.dialog.getByRole('button', { name: 'Use this folder' }).click();
  await page.getByRole('heading', { name: /5 rows/ }).waitFor();
  await page.getByRole('region', { name: 'Examples' }).getByRole('combobox').selectOption('pairs');
  await page.getByRole('heading', { name: /0 pairs of 5 pictures/ }).waitFor();
  await page.getByText('Reading pictures').waitFor({ state: 'detached' });
  await expect.poll(() => page.getByRole('alert').count()).toBe(1);
  expect(studio.errors).toEqual([]);
});
