import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('layers become a block, which is repeated, edited, partly frozen, trained and dissolved', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  const { keyboard } = page;
  const undo = studio.button(/^Undo /);
  const parameters = async () => /([\d,]+) parameters/.exec(await studio.statusBar.innerText())?.[1];

  // Create from the selection by keyboard.
  await canvas.card('hidden_2').click();
  await keyboard.press('Control+g');
  const block = canvas.card('block');
  await block.waitFor();
  expect(await canvas.cards.count()).toBe(5);
  await canvas.edge('hidden_1', 'block').waitFor({ state: 'attached' });
  await canvas.edge('block', 'classes').waitFor({ state: 'attached' });

  // Repeat.
  await studio.field('Repeat').fill('3');
  await page.getByRole('group', { name: /^block, block × 3, output 32$/ }).waitFor();
  await expect.poll(parameters).toBe((96 + 3 * 1056 + 99).toLocaleString('en-US'));

  // Open and edit: the units become a parameter of the block.
  await block.focus();
  await keyboard.press('Enter');
  const trail = page.getByRole('navigation', { name: 'Open block' });
  await trail.getByRole('button', { name: /^block/ }).waitFor();
  await expect.poll(() => canvas.cards.count()).toBe(3);
  await canvas.card('hidden_2').click();
  await studio.button('Make Units a parameter of the block').click();
  await canvas.card('hidden_2').focus();
  await keyboard.press('Escape');
  await keyboard.press('Escape');
  await trail.waitFor({ state: 'detached' });
  await canvas.card('block').and(page.locator('.selected')).waitFor();

  // Set the parameter on the Block node.
  await studio.field('Units').fill('20');
  await page.getByRole('group', { name: /^block, block × 3, 20, output 20$/ }).waitFor();
  await undo.click();
  await page.getByRole('group', { name: /^block, block × 3, 32, output 32$/ }).waitFor();

  // A problem inside is shown on the Block node, and opens the block.
  await canvas.card('block').dblclick();
  await trail.waitFor();
  await canvas.clickEdge('input', 'hidden_2');
  await keyboard.press('Delete');
  await trail.getByRole('button').first().click();
  await canvas.card('block').getByRole('img', { name: 'has a problem' }).waitFor();
  await page.getByRole('tab', { name: /Problems/ }).click();
  await page.getByRole('button', { name: /^Dense 'block\/hidden_2' expected an input/ }).click();
  await trail.waitFor();
  await canvas.card('hidden_2').and(page.locator('.selected')).waitFor();
  await undo.click();
  await keyboard.press('Alt+ArrowUp');
  await trail.waitFor({ state: 'detached' });

  // It also opens when zoomed out to strips.
  await canvas.area.hover();
  for (let turn = 0; turn < 4; turn++) await page.mouse.wheel(0, 400);
  await canvas.card('block').locator('.card').waitFor({ state: 'detached' });
  await canvas.card('block').dblclick();
  await trail.waitFor();
  await keyboard.press('Alt+ArrowUp');
  await trail.waitFor({ state: 'detached' });
  await keyboard.press('0');

  // Freeze the first two copies.
  await canvas.card('block').click();
  await studio.fill('Frozen copies', '2');
  await page.getByRole('group', { name: /^block, .*partly frozen$/ }).waitFor();

  await studio.goTo('Train');
  await studio.fill('Epochs', '3');
  await studio.train();
  await studio.dialog.getByRole('button', { name: 'Train anyway' }).click();
  await studio.ended(1, 'completed');
  await studio.goTo('Runs');
  const rows = page
    .getByRole('article', { name: 'Run 1' })
    .getByRole('table', { name: 'Change of the weights' })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader') });
  await rows.first().waitFor();
  const changes = await rows.evaluateAll((found) =>
    found.map((row) => [row.querySelector('th')?.getAttribute('title'), row.textContent?.includes('frozen')]),
  );
  expect(changes.filter(([name]) => /kernel/.test(String(name)))).toEqual([
    ['hidden_1/kernel', false],
    ['block/hidden_2/kernel', true],
    ['block/2/hidden_2/kernel', true],
    ['block/3/hidden_2/kernel', false],
    ['classes/kernel', false],
  ]);

  // Dissolve into as many layers as there were copies.
  await studio.goTo('Model');
  await canvas.card('block').click();
  await keyboard.press('Control+Shift+g');
  await expect.poll(() => canvas.cards.count()).toBe(7);
  await undo.click();
  await expect.poll(() => canvas.cards.count()).toBe(5);

  await studio.saved();
  const { model } = readProject(folders.project);
  expect(model.blocks).toMatchObject([{ name: 'block', parameters: [{ name: 'units', default: 32 }] }]);
  expect(model.nodes.find(({ kind }) => kind === 'Block')).toMatchObject({
    params: { repeat: 3 },
    frozenPaths: [[[1, 2]]],
  });
  expect(studio.errors).toEqual([]);
});

test('a ready-made block is added from the palette and duplicated', async () => {
  const { folders, studio, page } = await openExample('spirals', 'dark');
  const canvas = new Canvas(page);
  await page.getByRole('searchbox', { name: 'Search layers' }).fill('dense_stack');
  await canvas.card('hidden_1').click();
  await page.getByRole('button', { name: 'dense_stack', exact: true }).dblclick();
  await canvas.edge('hidden_1', 'dense_stack').waitFor({ state: 'attached' });
  await page.getByRole('group', { name: /^dense_stack, dense_stack 100, 0.2, output 100$/ }).waitFor();

  await canvas.card('dense_stack').focus();
  await page.keyboard.press('Control+d');
  await canvas.card('dense_stack_1').waitFor();
  await page.keyboard.press('Control+z');
  await studio.saved();
  expect(readProject(folders.project).model.blocks.map(({ name }) => name)).toEqual(['dense_stack']);
  expect(studio.errors).toEqual([]);
});
