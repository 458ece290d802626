import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { root } from './support/paths.ts';
import { newFolders, readProject } from './support/project.ts';
import { openExample, Studio } from './support/studio.ts';

useBrowser();

/** Pastes a Sequential model of these layers, as Keras describes it. */
function pasteModel(page: Page, layers: readonly object[]): Promise<void> {
  const input = { class_name: 'InputLayer', config: { name: 'in', batch_shape: [null, 2] } };
  const config = { name: 'pasted', layers: [input, ...layers] };
  return pasteText(page, JSON.stringify({ class_name: 'Sequential', keras_version: '3.9.0', config }));
}

function pasteText(page: Page, text: string): Promise<void> {
  return page.evaluate((given) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', given);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

test('a model file is compared with the canvas, and opened instead of it; undo restores the model', async () => {
  const folders = newFolders('spirals');
  const file = join(folders.files, 'housing.lamina.json');
  cpSync(join(root, 'examples', 'housing', 'housing.lamina.json'), file);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  const before = readProject(folders.project).model;

  const chosen = page.waitForEvent('filechooser');
  await page.keyboard.press('Control+k');
  await dialog.getByRole('combobox').fill('Compare with a model file');
  await page.keyboard.press('Enter');
  await (await chosen).setFiles(file);
  await dialog.getByRole('heading', { name: 'From housing.lamina.json to the canvas' }).waitFor();
  await dialog.getByRole('img', { name: 'Both models in one graph' }).waitFor();
  // Selecting a change highlights it in the picture.
  await dialog.getByRole('list', { name: 'Changes' }).getByRole('button').first().click();
  await dialog.locator('g.sought').waitFor();
  await page.keyboard.press('Escape');

  await page.keyboard.press('Shift+N');
  const bad = join(folders.files, 'notes.json');
  writeFileSync(bad, 'epochs: 3');
  const unread = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Open a model file' }).click();
  await (await unread).setFiles(bad);
  await dialog.getByRole('alert').getByText("'notes.json'").waitFor();
  const opened = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Open a model file' }).click();
  await (await opened).setFiles(file);
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  const housing = readProject(join(root, 'examples', 'housing')).model;
  await expect.poll(() => readProject(folders.project).model.nodes).toEqual(housing.nodes);
  expect(readProject(folders.project).model.name).toBe(before.name);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect.poll(() => readProject(folders.project).model).toEqual(before);
  expect(studio.errors).toEqual([]);
});

test('what is changed or refused in a Keras file is listed before it is opened', async () => {
  const { studio, page } = await openExample('spirals');
  const { dialog } = studio;
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  const paste = (layers: readonly object[]) => pasteModel(page, layers);
  const dense = (name: string, config: object) => ({ class_name: 'Dense', config: { name, units: 2, ...config } });
  const report = dialog.getByRole('group', { name: 'Report' }).getByRole('listitem');

  await paste([
    dense('one', { lora_rank: 4 }),
    dense('two', { activation: 'unheard' }),
    dense('three', { dtype: 'float16' }),
  ]);
  await dialog.getByRole('heading', { name: 'Cannot open the pasted text' }).waitFor();
  await expect.poll(() => report.count()).toBe(3);
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await expect.poll(() => canvas.cards.count()).toBe(5);

  await paste([dense('half', { dtype: 'float16' })]);
  await expect.poll(() => report.count()).toBe(1);
  await dialog.getByRole('button', { name: 'Open with changes' }).click();
  await page.getByText('The model is open.').waitFor();
  await expect.poll(() => canvas.cards.count()).toBe(3);
  expect(studio.errors).toEqual([]);
});

test('a long model is opened with folded groups; a click unfolds a group, another one freezes it', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  const before = readProject(folders.project).model;
  const layers = Array.from({ length: 9 }, (_, i) =>
    ['expand', 'project', 'out'].map((part) => ({
      class_name: 'Dense',
      config: { name: `block${i + 1}_${part}`, units: 4 },
    })),
  );
  await pasteModel(page, layers.flat());
  await page.getByText('The model is open.').waitFor();
  await expect.poll(() => canvas.cards.count()).toBe(11);

  await studio.button('Expand block2').click();
  await studio.button('Collapse block2').waitFor();
  await canvas.card('block2_project').waitFor();
  await canvas.card('block5').hover();
  await studio.button('Freeze block5').click();
  await studio.button('Unfreeze block5').waitFor();
  await studio.saved();
  const frozen = readProject(folders.project).model.nodes.filter((node) => node.frozen);
  expect(frozen.map(({ name }) => name)).toEqual(['block5_expand', 'block5_project', 'block5_out']);
  for (let step = 0; step < 3; step++) await page.keyboard.press('Control+z');
  await expect.poll(() => readProject(folders.project).model).toEqual(before);
  expect(studio.errors).toEqual([]);
});

test('pasted Python code of a Keras model is opened; a line that cannot be read is named', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const { dialog } = studio;
  const code = (layer: string) =>
    `import keras\nmodel = keras.Sequential([\n    keras.Input((2,)),\n    ${layer},\n])\n`;
  await pasteText(page, 'A sentence.');
  await page.getByText(/^The clipboard holds no layers/).waitFor();
  await pasteText(page, code('keras.layers.Dense(units)'));
  await dialog.getByRole('heading', { name: 'Cannot open the pasted text' }).waitFor();
  await dialog.getByText(/^Line 4 /).waitFor();
  await page.keyboard.press('Escape');
  await pasteText(page, code('keras.layers.Dense(7, "tanh", name="pasted")'));
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  const nodes = () => readProject(folders.project).model.nodes;
  await expect
    .poll(() => nodes().find(({ name }) => name === 'pasted')?.params)
    .toEqual({ units: 7, activation: 'tanh' });
  expect(studio.errors).toEqual([]);
});
