import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('new runs start from the weights of a run that has been deleted; undo returns to the seed', async () => {
  const { folders, studio, page } = await openExample('spirals');
  await studio.trainFor(2);

  await studio.goTo('Runs');
  await studio.button('Continue from these weights').click();
  await studio.dialog.getByRole('button', { name: 'Keep in the model' }).click();
  await expect
    .poll(() => readProject(folders.project).model.weights)
    .toEqual({ artifact: expect.stringMatching(/^[0-9a-f]{64}$/), label: expect.stringContaining('run 1') });
  await studio.button('Delete run 1').click();
  await studio.dialog.getByRole('button', { name: 'Delete run 1' }).click();
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();

  // A frozen layer has trained weights: training does not ask about random ones.
  await studio.goTo('Model');
  await page.getByText(/New runs start from run 1/).waitFor();
  await studio.statusBar.getByRole('button', { name: /^Starts from run 1/ }).waitFor();
  await new Canvas(page).card('hidden_1').hover();
  await studio.button('Freeze hidden_1').click();
  await studio.button('Unfreeze hidden_1').waitFor();
  await studio.trainFor(1, 2);
  await studio.goTo('Runs');
  const facts = page.getByRole('article', { name: 'Run 2' });
  await facts.getByText(/^run 1, (best|last) weights, epoch [12]$/).waitFor();
  await facts.getByText('The model of this run is the one on the canvas.').waitFor();

  await studio.goTo('Train');
  await studio.button('Start from the seed').click();
  await studio.saved();
  expect(readProject(folders.project).model.weights).toBeUndefined();
  await studio.goTo('Runs');
  await studio.button('Compare models').click();
  const change = studio.dialog.getByRole('list', { name: 'Changes' }).getByRole('listitem');
  expect(await change.allInnerTexts()).toEqual([expect.stringMatching(/Initial weights\s+run 1, .* → random weights/)]);
  await page.keyboard.press('Escape');
  await studio.goTo('Train');
  await page.keyboard.press('Control+z');
  await expect.poll(() => readProject(folders.project).model.weights?.label).toContain('run 1');
  expect(studio.errors).toEqual([]);
});
