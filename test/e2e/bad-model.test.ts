import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('problems are shown on the layer, block training, and are removed by their fix or undo', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  const undo = studio.button(/^Undo /);
  await page.getByRole('tab', { name: /Problems/ }).click();
  const problems = page.getByRole('tabpanel');
  const train = studio.top.getByRole('button', { name: 'Train', exact: true });

  // The output does not fit the three classes.
  await canvas.card('classes').click();
  await studio.field('Units').fill('2');
  await problems.getByText(/'classes'.*\b2\b.*\b3\b/).waitFor();
  await canvas.card('classes').getByRole('img', { name: 'has a problem' }).waitFor();
  expect(await train.getAttribute('aria-disabled')).toBe('true');
  await problems.getByRole('button', { name: /^Set units/ }).click();
  await problems.getByText('No problems').waitFor();
  expect(await studio.field('Units').inputValue()).toBe('3');

  // A removed connection: a layer without input.
  await canvas.clickEdge('hidden_1', 'hidden_2');
  await canvas.edge('hidden_1', 'hidden_2').and(page.locator('.selected')).waitFor({ state: 'attached' });
  await page.keyboard.press('Delete');
  await problems
    .getByText(/hidden_2/)
    .first()
    .waitFor();
  await canvas.card('hidden_2').getByRole('img', { name: 'has a problem' }).waitFor();
  expect(await train.getAttribute('aria-disabled')).toBe('true');
  await undo.click();
  await problems.getByText('No problems').waitFor();

  // A cycle.
  await canvas.connect('hidden_2', 'hidden_1');
  await problems.getByText(/hidden_1 → hidden_2 → hidden_1/).waitFor();
  expect(await train.getAttribute('aria-disabled')).toBe('true');
  await undo.click();
  await problems.getByText('No problems').waitFor();

  await studio.saved();
  expect(readProject(folders.project).model.edges).toHaveLength(4);
  expect(studio.errors).toEqual([]);
});

test('a NaN loss ends the run with epoch and remedy; later runs work', async () => {
  const { studio, page } = await openExample('spirals');
  await studio.goTo('Train');
  await studio.field('Optimizer').selectOption('sgd');
  await studio.fill('Learning rate', '1e38');
  await studio.train();
  await studio.ended(1, 'failed');
  const alert = page.locator('main').getByRole('alert');
  expect(await alert.first().innerText()).toMatch(/\bepoch 1\b/);

  await studio.fill('Learning rate', '0.05');
  await studio.fill('Epochs', '2');
  await studio.train();
  await studio.ended(2, 'completed');
  await studio.goTo('Runs');
  await page
    .getByRole('row', { name: /^Compare run 1\b/ })
    .getByText('failed')
    .waitFor();
  expect(studio.errors).toEqual([]);
});
