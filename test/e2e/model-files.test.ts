import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { root } from './support/paths.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

test('a model file is compared with the canvas, and opened instead of it; undo restores the model', async () => {
  const folders = newFolders('spirals');
  const file = join(folders.files, 'housing.lamina.json');
  cpSync(join(root, 'examples', 'housing', 'housing.lamina.json'), file);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  const before = readProject(folders.project).model;

  const chosen = page.waitForEvent('filechooser');
  await page.keyboard.press('Control+k');
  await dialog.getByRole('combobox').fill('Compare with a model file');
  await page.keyboard.press('Enter');
  await (await chosen).setFiles(file);
  await dialog.getByRole('heading', { name: 'From housing.lamina.json to the canvas' }).waitFor();
  await dialog.getByRole('img', { name: 'Both models in one graph' }).waitFor();
  // Selecting a change highlights it in the picture.
  await dialog.getByRole('list', { name: 'Changes' }).getByRole('button').first().click();
  await dialog.locator('g.sought').waitFor();
  await page.keyboard.press('Escape');

  await page.keyboard.press('Shift+N');
  const bad = join(folders.files, 'notes.json');
  writeFileSync(bad, 'epochs: 3');
  const unread = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Open a model file' }).click();
  await (await unread).setFiles(bad);
  await dialog.getByRole('alert').getByText("'notes.json'").waitFor();
  const opened = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Open a model file' }).click();
  await (await opened).setFiles(file);
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  const housing = readProject(join(root, 'examples', 'housing')).model;
  await expect.poll(() => readProject(folders.project).model.nodes).toEqual(housing.nodes);
  expect(readProject(folders.project).model.name).toBe(before.name);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect.poll(() => readProject(folders.project).model).toEqual(before);
  expect(studio.errors).toEqual([]);
});
