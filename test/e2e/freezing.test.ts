import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('a layer and a selection get inference mode, by the switch and the menu; the card says so', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const canvas = new Canvas(page);
  const inInference = () =>
    readProject(folders.project)
      .model.nodes.filter(({ training }) => training === false)
      .map(({ kind }) => kind);
  await studio.goTo('Model');
  const drops = readProject(folders.project).model.nodes.filter(({ kind }) => kind === 'Dropout');
  expect(drops.length).toBeGreaterThan(0);
  const { name } = drops[0]!;
  await canvas.card(name).click();
  await page.getByRole('switch', { name: /^Inference mode/ }).click();
  await expect.poll(inInference).toEqual(['Dropout']);
  await expect.poll(() => canvas.card(name).getAttribute('aria-label')).toContain(', inference');
  await canvas.card(name).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'End inference mode' }).click();
  await expect.poll(inInference).toEqual([]);
  await page.keyboard.press('Control+z');
  await expect.poll(inInference).toEqual(['Dropout']);
  expect(studio.errors).toEqual([]);
});

test('all but the last layers, a range and a group are frozen in one undo step, by mouse and keyboard', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  const { keyboard } = page;
  const frozen = () =>
    readProject(folders.project)
      .model.nodes.filter((node) => node.frozen)
      .map(({ name }) => name);
  const undo = async () => {
    await keyboard.press('Control+z');
    await expect.poll(frozen).toEqual([]);
  };
  await studio.goTo('Model');
  await canvas.card('hidden_1').click();

  // By keys: the number of layers, a preview, Enter. The counts are known when the data have been read.
  await studio.statusBar.getByText('1,251 parameters').waitFor();
  await keyboard.press('Control+Shift+F');
  const rows = studio.dialog.getByRole('listitem');
  await expect
    .poll(() => rows.allInnerTexts())
    .toEqual([
      expect.stringMatching(/^hidden_1\s.*becomes frozen/s),
      expect.stringMatching(/^hidden_2\s.*becomes frozen/s),
      expect.stringMatching(/^classes\s.*trains/s),
    ]);
  await studio.dialog.getByRole('status').getByText('2 layers frozen, 1 layer trains: 99 of 1,251').waitFor();
  await studio.dialog.getByLabel('Last layers that train').press('ArrowUp');
  await rows.filter({ hasText: 'hidden_2' }).getByText('trains').waitFor();
  await keyboard.press('Enter');
  await studio.dialog.waitFor({ state: 'detached' });
  await expect.poll(frozen).toEqual(['hidden_1']);
  await undo();

  // A range, from the context menu.
  await canvas.card('hidden_1').click();
  await canvas.card('classes').click({ modifiers: ['Shift'] });
  await canvas.card('classes').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Freeze all layers from the first to the last selected/ }).click();
  await expect.poll(frozen).toEqual(['hidden_1', 'hidden_2', 'classes']);
  await canvas.card('hidden_2').click();
  await canvas.card('hidden_2').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Unfreeze everything from here on/ }).click();
  await expect.poll(frozen).toEqual(['hidden_1']);
  await keyboard.press('Control+z');
  await expect.poll(frozen).toEqual(['hidden_1', 'hidden_2', 'classes']);
  await undo();

  // A group by its snowflake.
  await canvas.card('hidden_1').click();
  await canvas.card('hidden_2').click({ modifiers: ['Shift'] });
  await keyboard.press('Alt+g');
  const freeze = studio.button('Freeze Group 1');
  await freeze.click();
  await expect.poll(frozen).toEqual(['hidden_1', 'hidden_2']);
  await studio.button('Unfreeze hidden_1').click();
  await expect.poll(() => freeze.getAttribute('aria-pressed')).toBe('mixed');
  await freeze.press('Enter');
  await expect.poll(frozen).toEqual(['hidden_1', 'hidden_2']);
  await studio.button('Unfreeze Group 1').click();
  await expect.poll(frozen).toEqual([]);
  expect(studio.errors).toEqual([]);
});
