import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { writePicture } from '../support/pictures.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

/** Drops a file on an element, through the window, as a browser does. */
async function dropOn(page: Page, label: string, path: string): Promise<void> {
  const data = await page.evaluateHandle(
    ({ base64 }) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }));
      return transfer;
    },
    { base64: readFileSync(path).toString('base64') },
  );
  const target = page.getByRole('figure', { name: label });
  await target.dispatchEvent('dragover', { dataTransfer: data });
  expect(await page.getByRole('heading', { name: 'Drop to open' }).count()).toBe(0);
  await target.dispatchEvent('drop', { dataTransfer: data });
}

testInCi('a table that names pictures is seen, trained on, evaluated, and predicts from other pictures', async () => {
  const folders = newFolders('pictures');
  const lines: string[] = [];
  for (let i = 0; i < 40; i++) {
    await writePicture(folders.files, `photos/${i}.png`, i, 20, 16);
    lines.push(`photos/${i}.png,photos/${(i + 7) % 40}.png,${i % 9},${i % 2 === 0 ? 'cat' : 'dog'},note ${i}`);
  }
  lines.push('photos/none.png,photos/1.png,3,cat,note');
  writeFileSync(join(folders.files, 'pets.csv'), ['photo,other,size,kind,note', ...lines].join('\n'));
  const outside = await writePicture(folders.files, 'outside.png', 99, 60, 50);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;

  // The folder contains one table and the pictures.
  await studio.openData(join(folders.files, 'pets.csv'));
  await page.getByRole('heading', { name: /41 rows/ }).waitFor();
  const typeOf = (name: string) => page.getByRole('combobox', { name: `Type of ${name}` });
  await expect.poll(() => typeOf('photo').inputValue()).toBe('image');
  expect(await typeOf('note').inputValue()).toBe('categorical');
  const grid = page.getByRole('list', { name: 'Pictures' });
  await expect.poll(() => grid.getByRole('img').count()).toBe(40);
  await page.getByRole('combobox', { name: 'Class' }).selectOption('dog');
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(20);
  // Without a target there is no class to filter by.
  const roleOfKind = page.getByRole('combobox', { name: 'Role of kind' });
  await roleOfKind.selectOption('ignored');
  await page.getByRole('combobox', { name: 'Class' }).waitFor({ state: 'detached' });
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(41);
  await roleOfKind.selectOption('target');
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(20);
  await page.getByRole('combobox', { name: 'Column' }).selectOption('other');
  await page.getByRole('combobox', { name: 'Class' }).selectOption('');
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(40);
  await page.getByText('1 file cannot be read', { exact: true }).waitFor();
  const first = page.getByRole('region', { name: 'First rows' });
  await first.getByRole('img', { name: 'photo of row 1', exact: true }).waitFor();
  expect(await first.getByRole('img').count()).toBe(2 * 20);

  // A person may take texts for pictures, and pictures for texts.
  await typeOf('other').selectOption('categorical');
  await expect.poll(() => readProject(folders.project).dataset.columns[1]).not.toHaveProperty('picture');
  await typeOf('other').selectOption('image');
  await page.getByRole('region', { name: 'Images of other' }).getByLabel('Width').fill('10');
  await page.getByRole('region', { name: 'Images of other' }).getByLabel('Width').blur();
  await studio.saved();
  const { columns } = readProject(folders.project).dataset;
  expect(columns[0]!.picture).toEqual({ width: 20, height: 16, fit: 'crop', colour: 'rgb' });
  expect(columns[1]).toMatchObject({ type: 'image', scaling: 'unit', picture: { width: 10, height: 16 } });

  await studio.goTo('Model');
  await studio.newModel('One branch per input');
  await studio.trainFor(2);
  await studio.goTo('Evaluate');
  await page.getByRole('button', { name: /^Evaluate on/ }).click();
  await page.getByRole('region', { name: 'Test', exact: true }).getByRole('table').waitFor();

  const predict = page.getByRole('region', { name: 'Predict a row' });
  await predict.getByText('Predicted kind').waitFor();
  await predict.getByText('True', { exact: true }).first().waitFor();
  expect(await predict.getByRole('img', { name: 'Image of row 1', exact: true }).count()).toBe(2);
  const path = predict.getByRole('textbox', { name: 'Path of a picture for photo' });
  await path.fill(outside);
  await path.press('Enter');
  await predict.getByRole('img', { name: outside }).waitFor();
  await predict.getByText('The row was changed').waitFor();
  await path.fill('/nowhere.png');
  await path.press('Enter');
  await predict.getByText(/nowhere\.png cannot be read/).waitFor();
  await predict.getByRole('button', { name: 'photo as in the data' }).click();
  await dropOn(page, 'Picture of other', outside);
  await predict.getByRole('img', { name: 'dropped.png' }).waitFor();
  await predict.getByText('Predicted kind').waitFor();
  await predict.getByRole('button', { name: 'other as in the data' }).click();
  await predict.getByText('True', { exact: true }).first().waitFor();
  expect(studio.errors).toEqual([]);
});
