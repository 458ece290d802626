import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('a sweep over cuts and freezes is one group: compared in a table, stopped, continued, and a variant is taken over', async () => {
  const { folders, studio, page } = await openExample('spirals');
  await studio.goTo('Train');
  await studio.fill('Epochs', '1');
  await studio.goTo('Model');
  await studio.saved();
  const before = readProject(folders.project);
  const canvas = new Canvas(page);
  await canvas.card('hidden_2').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^How many layers to reuse/ }).click();

  const { dialog } = studio;
  await dialog.getByRole('list', { name: 'Last layers to keep' }).getByText('hidden_2').waitFor();
  await dialog.getByLabel('The last n layers').fill('7');
  await dialog.getByText(/The last 7 layers cannot train: expected at most 2/).waitFor();
  expect(await dialog.getByRole('button', { name: 'Train 0 runs' }).isDisabled()).toBe(true);
  await dialog.getByLabel('The last n layers').fill('none');
  await dialog.getByText(/received 'none'/).waitFor();
  await dialog.getByLabel('The last n layers').fill('2');
  await dialog.getByLabel('Seeds').fill('1');
  await dialog.getByText(/2 variants × 1 seed = 2 runs of 1 epoch\. How long is known once/).waitFor();
  await dialog.getByText(/'hidden_1' and 'hidden_2' are frozen/).waitFor();
  await dialog.getByLabel('Name').fill('My sweep');
  const { violations } = await new AxeBuilder({ page }).include('dialog').analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  await dialog.getByRole('button', { name: 'Train 2 runs' }).click();

  // One row; stopping the group stops what waits and what trains.
  const row = page.getByRole('row', { name: /My sweep/ });
  await row.waitFor();
  const runs = page.getByRole('table', { name: 'Runs' }).getByRole('row');
  expect(await runs.count()).toBe(2);
  await page.getByRole('button', { name: /^Stop all/ }).click();
  const go = page.getByRole('button', { name: /^Continue \d runs?$/ });
  await go.waitFor();
  expect(readProject(folders.project)).toEqual(before);

  // A reloaded window shows the same group.
  await page.reload();
  await studio.ready();
  await studio.goTo('Runs');
  await row.click();
  await go.click();
  await row.getByText('2 of 2').waitFor({ timeout: 100_000 });
  await page.getByRole('button', { name: 'Unfold My sweep' }).click();
  expect(await runs.count()).toBeGreaterThanOrEqual(5);
  const variants = page.getByRole('table', { name: 'Variants' });
  const cells = await variants
    .getByRole('row', { name: /all layers trained/ })
    .getByRole('cell')
    .allTextContents();
  expect(cells.slice(0, 5)).toEqual([expect.stringContaining('%'), '–', cells[0], cells[0], '1']);

  const axe = await new AxeBuilder({ page }).analyze();
  expect(axe.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  await page.getByRole('button', { name: 'Use this model: up to hidden_2, head alone' }).click();
  await canvas.card('new_head').waitFor();
  await studio.saved();
  const { model, project } = readProject(folders.project);
  expect(model.nodes.filter(({ frozen }) => frozen).map(({ name }) => name)).toEqual(['hidden_1', 'hidden_2']);
  expect(project.configuration).toEqual(before.project.configuration);
  await page.keyboard.press('Control+z');
  await expect.poll(() => readProject(folders.project)).toEqual(before);
  expect(studio.errors).toEqual([]);
});
