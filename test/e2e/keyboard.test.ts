import type { Locator } from 'playwright';
import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

test('an MLP is built, partly frozen and trained by keyboard', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const { keyboard } = page;
  const canvas = new Canvas(page);
  const focused = page.locator(':focus');
  await expect.poll(() => canvas.cards.count()).toBe(5);

  // Empty the canvas.
  await keyboard.press('Control+a');
  await keyboard.press('Delete');
  await expect.poll(() => canvas.cards.count()).toBe(0);

  // Insert layers by name, each after the previous one.
  const insert = async (typed: string, name: string): Promise<void> => {
    await keyboard.press(typed[0]!);
    const menu = page.getByRole('dialog', { name: 'Insert a layer' });
    await menu.waitFor();
    await keyboard.type(typed.slice(1));
    await menu.getByRole('option', { selected: true }).getByText(typed, { exact: true }).waitFor();
    await keyboard.press('Enter');
    await canvas.card(name).and(focused).waitFor();
  };
  /** Presses a key until the element has the focus. */
  const reach = async (wanted: Locator, key: string): Promise<void> => {
    for (let presses = 0; (await wanted.and(focused).count()) === 0; presses++) {
      expect(presses, `${String(wanted)} is not reached by ${key}`).toBeLessThan(40);
      await keyboard.press(key);
    }
  };
  const setField = async (label: string, typed: string): Promise<void> => {
    await keyboard.press('F2');
    await page.locator('.inspector input:focus').waitFor();
    await reach(studio.field(label), 'Tab');
    await keyboard.press('Control+a');
    await keyboard.type(typed);
    await keyboard.press('F2');
    await page.locator('.svelte-flow__node.selected:focus').waitFor();
  };
  await insert('Input', 'input');
  await insert('Dense', 'dense');
  await setField('Units', '24');
  await insert('Dense', 'dense_1');
  await setField('Units', '3');
  await setField('Activation', 'softmax');
  await insert('Output', 'output');

  // Remove a connection and add it again.
  await keyboard.press('Alt+PageUp');
  await canvas.card('dense_1').and(focused).waitFor();
  await keyboard.press('Alt+PageUp');
  await canvas.card('dense').and(focused).waitFor();
  const outline = await canvas.card('dense').evaluate((card) => getComputedStyle(card).outlineStyle);
  expect(outline).toBe('solid');
  await page.getByRole('group', { name: /^dense, Dense 24.*output 24$/ }).waitFor();
  await reach(canvas.edge('dense', 'dense_1'), 'Shift+Tab');
  await keyboard.press('Enter');
  await keyboard.press('Delete');
  await expect.poll(() => canvas.edges.count()).toBe(2);
  await keyboard.press('Control+a');
  await keyboard.press('Shift+c');
  await expect.poll(() => canvas.edges.count()).toBe(3);

  // Freeze.
  await keyboard.press('Escape');
  await keyboard.press('Alt+PageDown');
  await canvas.card('input').and(focused).waitFor();
  await keyboard.press('Alt+PageDown');
  await canvas.card('dense').and(focused).waitFor();
  await keyboard.press('Shift+f');
  await page.getByRole('group', { name: /^dense, .*, frozen$/ }).waitFor();

  // Train from the command palette.
  await studio.saved();
  expect(readProject(folders.project).model.nodes.map(({ kind, frozen }) => [kind, frozen])).toEqual([
    ['Input', false],
    ['Dense', true],
    ['Dense', false],
    ['Output', false],
  ]);
  await studio.top
    .getByRole('button', { name: 'Train', exact: true })
    .and(page.locator(':not([aria-disabled])'))
    .waitFor();
  await keyboard.press('Control+k');
  await studio.dialog.waitFor();
  await studio.type('train');
  await studio.dialog.getByRole('option', { selected: true }).getByText('Train', { exact: true }).first().waitFor();
  await keyboard.press('Enter');
  // The frozen layer has random weights: Cancel has the focus, and the other answers precede it.
  await studio.dialog.getByRole('button', { name: "Unfreeze 'dense'" }).waitFor();
  await keyboard.press('Shift+Tab');
  await keyboard.press('Shift+Tab');
  await studio.dialog.getByRole('button', { name: 'Train anyway' }).and(focused).waitFor();
  await keyboard.press('Enter');
  await studio.ended(1, 'completed');
  await keyboard.press('4');
  await page.getByRole('article', { name: 'Run 1' }).waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi('the palette is one tab stop with arrow key navigation', async () => {
  const { studio, page } = await openExample('spirals');
  const { keyboard } = page;
  const canvas = new Canvas(page);
  const focused = () => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
  const search = page.getByRole('searchbox', { name: 'Search layers' });
  await search.focus();
  await keyboard.press('Tab');
  expect(await focused()).toMatch(/^Blocks/);
  await keyboard.press('Tab');
  await page.getByRole('separator', { name: 'Width of the palette' }).and(page.locator(':focus')).waitFor();
  await keyboard.press('Shift+Tab');
  for (const entry of [/^Input and output/, /^Input$/, /^Output$/, /^Core/, /^Dense$/]) {
    await keyboard.press('ArrowDown');
    expect(await focused()).toMatch(entry);
  }
  await keyboard.press('Enter');
  await canvas.card('dense').waitFor();
  await keyboard.press('ArrowLeft');
  expect(await focused()).toMatch(/^Core/);
  await keyboard.press('ArrowDown');
  expect(await focused()).toMatch(/^Images/);
  await keyboard.press('Home');
  await keyboard.press('ArrowUp');
  await search.and(page.locator(':focus')).waitFor();
  await keyboard.type('lstm');
  await keyboard.press('ArrowDown');
  expect(await focused()).toMatch(/LSTM/);
  expect(studio.errors).toEqual([]);
});

test('stop, save and command palette work with any focus; undo belongs to a focused text field', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const { dialog } = studio;
  const { keyboard } = page;
  await studio.goTo('Train');
  await studio.fill('Epochs', '100000');

  const places: Record<string, () => Promise<void>> = {
    'a number field': () => studio.field('Epochs').focus(),
    'a list of choices': () => page.locator('aside select').first().focus(),
    'the name of a run': async () => {
      await studio.goTo('Runs');
      await page
        .getByRole('button', { name: /^Rename run/ })
        .first()
        .click();
      await page.getByRole('textbox', { name: /name/i }).and(page.locator(':focus')).waitFor();
    },
    'a dialog': async () => {
      await keyboard.press('Escape');
      await studio.goTo('Data');
      await studio.button('Choose data').click();
      await dialog.getByRole('textbox', { name: /^Path/ }).focus();
    },
    'the list of commands': () => keyboard.press('Control+k'),
  };
  for (const [number, [name, focus]] of Object.entries(places).entries()) {
    await studio.train();
    await studio.top.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await focus();
    await keyboard.press('Control+.');
    await studio.ended(number + 1, 'stopped').catch(() => expect.unreachable(`not stopped with the focus in ${name}`));
    if ((await dialog.count()) > 0) await keyboard.press('Escape');
    await expect.poll(() => dialog.count()).toBe(0);
  }

  await studio.goTo('Model');
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  await studio.field('Units').fill('7');
  await keyboard.press('Control+s');
  await studio.saved();
  expect(readProject(folders.project).model.nodes.find((node) => node.name === 'hidden_1')?.params['units']).toBe(7);
  await keyboard.press('Control+k');
  await dialog.getByRole('combobox', { name: 'Search commands' }).waitFor();
  await keyboard.press('Control+k');
  await expect.poll(() => dialog.count()).toBe(0);
  // A select has no undo, so Ctrl+Z undoes in the model; a text field has its own.
  await page.locator('.inspector select').first().focus();
  await keyboard.press('Control+z');
  await page.getByRole('group', { name: /^hidden_1, Dense (?!7\b)/ }).waitFor();
  expect(studio.errors).toEqual([]);
});
