import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('undo reverts edits of training settings, data and model in order, and opens the screen of each', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const before = readProject(folders.project);
  const epochs = page.getByLabel('Epochs');

  await page.keyboard.press('3');
  await epochs.fill('7');
  await epochs.blur();
  await page.keyboard.press('1');
  const noise = page.getByLabel('Noise');
  const shown = await noise.inputValue();
  await noise.fill('0.5');
  await noise.blur();
  // Another field is another step.
  const points = page.getByLabel('Points');
  await points.fill('1200');
  await points.blur();
  await page.keyboard.press('Control+z');
  await expect.poll(() => points.inputValue()).toBe('1500');
  expect(await noise.inputValue()).toBe('0.5');
  await studio.saved();
  const edited = readProject(folders.project);

  // From the Model screen to Data, then to Train.
  await page.keyboard.press('2');
  await page.keyboard.press('Control+z');
  await expect.poll(() => noise.inputValue()).toBe(shown);
  await page.keyboard.press('Control+z');
  await epochs.waitFor();
  await studio.saved();
  // Saving adds defaults that the example omits.
  expect(readProject(folders.project)).toMatchObject(before);
  await page.keyboard.press('Control+Shift+z');
  await expect.poll(() => epochs.inputValue()).toBe('7');
  await page.keyboard.press('Control+Shift+z');
  await expect.poll(() => noise.inputValue()).toBe('0.5');
  await studio.saved();
  expect(readProject(folders.project)).toEqual(edited);
  expect(studio.errors).toEqual([]);
});
