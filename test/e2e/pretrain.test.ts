import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('layers are pretrained without labels from the menu of a card, and new runs start from their weights', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await studio.saved();
  const before = readProject(folders.project).model;
  await canvas.card('hidden_2').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Pretrain without labels/ }).click();
  await studio.dialog.getByLabel('Noise on the input').selectOption('Normal noise');
  await studio.dialog.getByLabel('Standard deviation').fill('0.1');
  await studio.dialog.getByLabel('Layers').selectOption('One after the other');
  await studio.dialog.getByLabel('Epochs of each run').fill('1');
  await studio.dialog.getByText(/in 2 runs/).waitFor();
  await studio.dialog.getByRole('button', { name: 'Pretrain 2 layers' }).click();
  await page.getByText(/^New runs of this model start from run 2/).waitFor();
  await studio.saved();
  const { weights, ...rest } = readProject(folders.project).model;
  expect(weights?.label).toMatch(/^run 2, /);
  expect(rest).toEqual(before);
  await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
  await expect.poll(() => readProject(folders.project).model).toEqual(before);
  // As if the window had been closed before the run ended.
  await page.reload();
  await studio.ready();
  const offer = page.getByRole('region', { name: 'Pretrained weights' });
  await offer.getByText(/^Run 2 /).waitFor();
  await offer.getByRole('button', { name: 'Use these weights' }).click();
  await offer.waitFor({ state: 'detached' });
  await studio.saved();
  expect(readProject(folders.project).model.weights?.label).toMatch(/^run 2, /);
  expect(studio.errors).toEqual([]);
});
