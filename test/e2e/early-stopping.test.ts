import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('early stopping is switched on, ends a run, and is shown on the curves and in the list; it undoes in one step', async () => {
  const { folders, studio, page } = await openExample('spirals');
  await studio.goTo('Train');
  await studio.field('Early stopping').click();
  // The metrics are known once the data has been read.
  const monitors = studio.field('Monitored metric').locator('option');
  await expect
    .poll(async () => (await monitors.allTextContents()).map((text) => text.trim()))
    .toEqual(['validation loss', 'validation accuracy', 'loss', 'accuracy']);
  await studio.saved();
  expect(readProject(folders.project).project.configuration.earlyStopping).toMatchObject({
    monitor: 'val_loss',
    patience: 10,
  });
  await page.keyboard.press('Control+z');
  await studio.field('Monitored metric').waitFor({ state: 'detached' });
  await expect.poll(() => readProject(folders.project).project.configuration.earlyStopping).toBeUndefined();

  // The direction of a formula is unknown: Train is disabled until one is chosen.
  await page.getByRole('button', { name: 'Add a metric by formula' }).click();
  await studio.field('Best epoch by').selectOption('val_my_metric_1');
  await page.getByRole('alert').filter({ hasText: "'val_my_metric_1'" }).waitFor();
  const train = studio.top.getByRole('button', { name: 'Train', exact: true });
  await train.and(page.locator('[aria-disabled]')).waitFor();
  await studio.field('Mode of best epoch').selectOption('min');
  await train.and(page.locator(':not([aria-disabled])')).waitFor();
  await studio.field('Best epoch by').selectOption('');

  // No epoch improves by so much, so that the first one stays the best.
  await studio.field('Early stopping').click();
  await studio.fill('Patience', '3');
  await page.getByText('More', { exact: true }).click();
  await studio.fill('Minimum change', '100');
  await studio.fill('Epochs', '40');
  await studio.train();
  await studio.ended(1, 'completed early');
  const run = page.getByRole('region', { name: 'Run 1' });
  await run.getByText('completed early').waitFor();
  await run.getByText('4 of 40').waitFor();
  await studio.goTo('Runs');
  await page.getByRole('article', { name: 'Run 1' }).getByText('best: epoch 1, last: epoch 4').waitFor();
  expect(studio.errors).toEqual([]);
});
