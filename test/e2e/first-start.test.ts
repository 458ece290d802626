import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('the first start shows the example, and Train gives a good model', async () => {
  const { studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);

  await page.getByRole('button', { name: 'Spirals' }).waitFor();
  await expect.poll(() => canvas.cards.count()).toBe(5);
  for (const name of ['input', 'hidden_1', 'hidden_2', 'classes', 'output']) {
    expect(await canvas.card(name).isVisible()).toBe(true);
  }
  const primary = page.locator('button.primary');
  expect(await primary.allInnerTexts()).toEqual(['Train']);

  await studio.train();
  await studio.ended(1, 'completed');

  await studio.goTo('Train');
  const accuracy = page
    .getByRole('region', { name: 'Run 1' })
    .locator('dl > div', { hasText: 'validation accuracy' })
    .getByRole('definition');
  expect(Number(await accuracy.getAttribute('title'))).toBeGreaterThan(0.97);
  expect(studio.errors).toEqual([]);
});
