import { expect, test } from 'vitest';
import { resultOf } from '../support/recorded-run.ts';
import { useBrowser } from './support/browser.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('phases are added by a preset, dragged, edited, trained and repeated; the curve has a flag for each', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const saved = async () => {
    await studio.saved();
    const { epochs, phases } = readProject(folders.project).project.configuration;
    return { epochs, phases };
  };
  await studio.goTo('Train');
  await studio.fill('Epochs', '8');
  await studio.button('Add phases').click();
  await page.getByRole('menuitem', { name: /^Head, then all layers/ }).click();
  const timeline = page.getByRole('list', { name: 'Phases', exact: true });
  await timeline
    .getByRole('button', { name: /^Phase 1, epochs 1–4 learning rate 0.005, 2 of 3 layers frozen/ })
    .waitFor();
  await timeline.getByRole('button', { name: /^Phase 2, epochs 5–8 learning rate 0.0005, all layers train/ }).waitFor();

  // The mouse moves the boundary by two epochs, in one undo step; the keys by one.
  const boundary = timeline.getByRole('separator', { name: 'End of phase 1' });
  const [strip, handle] = [(await timeline.boundingBox())!, (await boundary.boundingBox())!];
  const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - strip.width / 8, y);
  await page.mouse.move(x - strip.width / 4, y);
  await page.mouse.up();
  await timeline.getByRole('button', { name: /^Phase 1, epochs 1–2 / }).waitFor();
  expect(await saved()).toMatchObject({ epochs: 8, phases: [{ epochs: 2 }, { epochs: 6 }] });
  await page.keyboard.press('Control+z');
  await timeline.getByRole('button', { name: /^Phase 1, epochs 1–4 / }).waitFor();
  await page.keyboard.press('Control+Shift+z');
  await boundary.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => boundary.getAttribute('aria-valuenow')).toBe('3');
  await timeline.getByRole('separator', { name: 'End of phase 2' }).focus();
  await page.keyboard.press('ArrowLeft');
  expect(await saved()).toMatchObject({ epochs: 7, phases: [{ epochs: 3 }, { epochs: 4 }] });
  // The last phase follows the number of epochs.
  expect(await studio.field('Epochs').inputValue()).toBe('7');
  await studio.fill('Epochs', '6');
  await timeline.getByRole('button', { name: /^Phase 2, epochs 4–6 / }).click();

  const fields = page.getByRole('group', { name: 'Phase 2', exact: true });
  await fields.getByLabel('Learning rate of the phase').fill('0.002');
  await fields.getByLabel('Frozen layers').selectOption('Chosen layers');
  await fields.getByRole('checkbox', { name: 'hidden_2' }).uncheck();
  await timeline
    .getByRole('button', { name: /^Phase 2, epochs 4–6 learning rate 0.002, 1 of 3 layers frozen/ })
    .waitFor();
  await studio.button('Add a phase after it').click();
  await timeline.getByRole('button', { name: /^Phase 3, epochs 7–9 / }).waitFor();
  await studio.button('Move phase 3 earlier').click();
  await studio.button('Remove phase 2').click();
  expect(await saved()).toEqual({
    epochs: 6,
    phases: [
      { epochs: 3, learningRate: 0.005, frozen: { allButLast: 1 } },
      { epochs: 3, learningRate: 0.002, frozen: ['hidden_1'] },
    ],
  });

  await studio.train();
  await studio.ended(1, 'completed');
  const listed = page.getByRole('list', { name: 'Changes while it trained' }).getByRole('listitem');
  const words = (await listed.allInnerTexts()).map((text) => text.split('\n')[0]);
  expect(words).toEqual([
    'Phase 1: hidden_1, hidden_2 frozen',
    'Phase 2: learning rate 0.005 → 0.002, hidden_1 frozen',
  ]);
  const section = page.getByRole('region', { name: 'Curve of loss' });
  const curve = section.getByRole('img', { name: /^loss over epochs/i });
  await curve.focus();
  const flags = [];
  for (let press = 0; press < 60; press++) {
    await curve.press('ArrowLeft');
    flags.push(...((await section.getByRole('status').innerText()).match(/Phase \d/g) ?? []));
  }
  expect([...new Set(flags)]).toEqual(['Phase 2', 'Phase 1']);

  await studio.button('Repeat').click();
  await studio.ended(2, 'completed');
  const [first, second] = [await resultOf(folders.project, 1), await resultOf(folders.project, 2)];
  expect([second.epochs, second.weights]).toEqual([first.epochs, first.weights]);
  await studio.goTo('Runs');
  const detail = page.getByRole('article', { name: 'Run 2' });
  await detail.getByText(/^Phase 2: /).waitFor();
  await detail.getByText('The model of this run is the one on the canvas.').waitFor();
  expect(studio.errors).toEqual([]);
});

test('a run in progress shows its phases; a layer that the model lacks blocks training until it is removed', async () => {
  const { folders, studio, page } = await openExample('spirals');
  await studio.goTo('Train');
  await studio.fill('Epochs', '100000');
  await studio.button('Add phases').click();
  await page.getByRole('menuitem', { name: /^Discriminative rates/ }).click();
  await studio.saved();
  const { model } = readProject(folders.project);
  const factors = model.nodes.map(({ params }) => params['learningRateMultiplier']);
  expect(factors.filter((factor) => factor !== undefined)).toEqual([0.01, 0.1, 1]);
  await studio.train();
  const trained = page.getByRole('list', { name: 'Phases of run 1' });
  const current = trained.locator('[aria-current=step]');
  await current.getByRole('group', { name: /^Phase 1,/ }).waitFor();
  expect(await page.getByRole('list', { name: 'Phases', exact: true }).count()).toBe(0);
  await studio.field('Changes apply to').selectOption('new runs only');
  const timeline = page.getByRole('list', { name: 'Phases', exact: true });
  await timeline.getByRole('button', { name: /^Phase 2,/ }).click();
  await studio.field('Frozen layers').selectOption('Chosen layers');

  await page.getByRole('group', { name: 'Phase 2', exact: true }).getByRole('checkbox', { name: 'hidden_1' }).waitFor();
  await studio.top.getByRole('button', { name: 'Stop', exact: true }).click();
  await studio.ended(1, 'stopped');

  // Phases follow a renamed layer.
  await studio.goTo('Model');
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  await studio.fill('Name', 'first');
  await studio.saved();
  const frozen = () => readProject(folders.project).project.configuration.phases?.[1]?.frozen;
  expect(frozen()).toEqual(['first', 'hidden_2']);
  const train = studio.top.getByRole('button', { name: 'Train', exact: true });
  await train.and(page.locator(':not([aria-disabled])')).waitFor();
  await page.getByRole('group', { name: /^first, / }).click();
  await page.keyboard.press('Delete');
  await train.and(page.locator('[aria-disabled]')).waitFor();
  await page.getByRole('tab', { name: /^Problems/ }).click();
  await studio.button("Remove 'first' from phase 2").first().click();
  await studio.saved();
  expect(frozen()).toEqual(['hidden_2']);
  expect(studio.errors).toEqual([]);
});
