import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('a run is opened on the canvas with its data settings and configuration; undo restores what was there', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await studio.trainFor(2);
  await studio.saved();
  const trained = readProject(folders.project);

  await studio.goTo('Model');
  await canvas.card('hidden_1').click();
  await studio.fill('Units', '5');
  await studio.goTo('Data');
  await studio.fill('Points', '300');
  await studio.goTo('Train');
  await studio.fill('Epochs', '9');
  await studio.saved();
  const edited = readProject(folders.project);
  expect(edited).not.toEqual(trained);

  await studio.goTo('Runs');
  await page.getByRole('article', { name: 'Run 1' }).getByRole('button', { name: 'Open this run' }).click();
  await canvas.card('hidden_1').waitFor();
  await expect.poll(() => readProject(folders.project)).toEqual(trained);
  await page.keyboard.press('Control+z');
  await expect.poll(() => readProject(folders.project)).toEqual(edited);

  // By keyboard, from the palette.
  await page.keyboard.press('Control+k');
  await studio.type('open run 1');
  await page.keyboard.press('Enter');
  await expect.poll(() => readProject(folders.project)).toEqual(trained);
  await studio.train();
  await studio.ended(2, 'completed');
  expect(studio.errors).toEqual([]);
});
