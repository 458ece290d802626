import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('context menus of cards, connections and the canvas run commands, by mouse and keyboard', async () => {
  const { studio, page } = await openExample('spirals');
  const { keyboard, mouse } = page;
  const canvas = new Canvas(page);
  const menu = page.getByRole('menu');
  const item = (name: string) => menu.getByRole('menuitem', { name: new RegExp(`^${name}`) });
  const focused = () => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');

  // A card: its menu selects it, and Escape restores the focus.
  await canvas.card('hidden_1').click({ button: 'right' });
  await item('Duplicate').waitFor();
  await keyboard.press('End');
  expect(await focused()).toBe((await menu.getByRole('menuitem').last().textContent())?.trim());
  await keyboard.press('d');
  expect(await focused()).toMatch(/^Duplicate/);
  await keyboard.press('Escape');
  expect(await menu.count()).toBe(0);

  // By keyboard. Layers can be frozen when the counts are known, and they are when the data have been read.
  await studio.statusBar.getByText('1,251 parameters').waitFor();
  await canvas.card('hidden_1').focus();
  await keyboard.press('Shift+F10');
  await keyboard.press('f');
  await keyboard.press('Enter');
  await page.locator('.svelte-flow__node[aria-label^="hidden_1, "][aria-label$=", frozen"]').waitFor();
  await canvas.card('hidden_1').focus();
  await keyboard.press('Shift+F10');
  await keyboard.press('r');
  await keyboard.press('Enter');
  await studio.type('first');
  await canvas.card('first').waitFor();

  // A connection: its shape, and inserting a layer.
  await canvas.clickEdge('first', 'hidden_2');
  const inspector = page.getByRole('region', { name: 'Connection' });
  for (const words of ['first', 'hidden_2', '32']) await inspector.getByText(words, { exact: true }).waitFor();
  await inspector.getByRole('button', { name: 'Insert a layer here' }).click();
  await studio.type('dropout');
  await keyboard.press('Enter');
  await canvas.edge('first', 'dropout').waitFor({ state: 'attached' });
  await canvas.edge('dropout', 'hidden_2').waitFor({ state: 'attached' });

  // The canvas: a click outside closes the menu.
  const box = (await canvas.area.boundingBox())!;
  await mouse.click(box.x + 60, box.y + 300, { button: 'right' });
  await item('Paste').waitFor();
  await mouse.click(box.x + 60, box.y + 120);
  expect(await menu.count()).toBe(0);

  // Commands that need the canvas open the Model screen.
  await studio.goTo('Data');
  await keyboard.press('Control+k');
  await studio.type('select all layers');
  await studio.dialog.getByRole('option', { selected: true }).waitFor();
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: '6 layers selected' }).waitFor();
  expect(studio.errors).toEqual([]);
});
