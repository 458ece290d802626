import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('an autoencoder from the gallery is trained and evaluated by column', async () => {
  const { studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  await page.keyboard.press('Shift+N');
  await studio.dialog.getByRole('button', { name: /^Autoencoder/ }).click();
  await canvas.card('code').waitFor();

  // The reproduced Input is a field of the Output and follows its name.
  await canvas.card('input').click();
  await studio.fill('Name', 'point');
  await canvas.card('output').click();
  const reproduces = studio.field('Reproduces');
  expect(await reproduces.inputValue()).toBe('point');
  await reproduces.selectOption('');
  await page
    .getByRole('tab', { name: /Problems/ })
    .getByText(/[1-9]/)
    .waitFor();
  await reproduces.selectOption({ label: 'What point takes' });
  await canvas.card('output').and(page.locator('[aria-label*="as point"]')).waitFor();

  await studio.train();
  await studio.ended(1, 'completed');
  await studio.goTo('Evaluate');
  await studio.button(/^Evaluate on \d+ rows$/).click();
  for (const column of ['x', 'y']) {
    await page.getByText(`output · ${column}`, { exact: true }).first().waitFor();
  }
  expect(studio.errors).toEqual([]);
});
