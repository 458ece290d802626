import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePlainPicture } from '../support/pictures.ts';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

/** Plain pictures of three colours in folders of classes, of each seven for training and three for validation. */
async function writePictures(folder: string): Promise<void> {
  for (const [name, background] of [
    ['red', '#d02010'],
    ['green', '#10d020'],
    ['blue', '#1020d0'],
  ] as const) {
    for (let i = 0; i < 10; i++)
      await writePlainPicture(folder, `${i < 7 ? 'train' : 'val'}/${name}/${i}.png`, background, 12, 12);
  }
}

test('pairs are drawn from a folder of pictures, drawn again, trained on and evaluated', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const pictures = join(folders.files, 'colours');
  await writePictures(pictures);
  const source = () => readProject(folders.project).dataset.source;
  await studio.openDataFolder(pictures);
  await page.getByRole('heading', { name: /30 rows/ }).waitFor();

  const examples = page.getByRole('region', { name: 'Examples' });
  await examples.getByRole('combobox').selectOption('pairs');
  await page.getByRole('heading', { name: /60 pairs of 30 pictures/ }).waitFor();
  const grid = page.getByRole('list', { name: 'Pairs' });
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(60);
  expect(await grid.getByRole('img').count()).toBe(120);
  const names = () =>
    grid.getByRole('img').evaluateAll((images) => images.map((image) => image.getAttribute('alt')).join());
  const first = await names();
  await examples.getByRole('button', { name: 'Draw again' }).click();
  await expect.poll(names).not.toBe(first);
  await studio.saved();
  expect(source()).toMatchObject({ pairs: { perPicture: 2, seed: 2 } });
  await page.keyboard.press('Control+z');
  await expect.poll(names).toBe(first);
  await page.getByRole('combobox', { name: 'Split' }).selectOption('validation');
  await expect.poll(() => grid.getByRole('listitem').count()).toBe(18);

  await examples.getByLabel('Per picture').fill('8');
  await examples.getByLabel('Per picture').blur();
  await page.getByRole('heading', { name: /240 pairs of 30 pictures/ }).waitFor();
  await studio.fill('Width', '12');
  await studio.saved();
  const { columns } = readProject(folders.project).dataset;
  expect(columns.map(({ name, role, picture }) => [name, role, picture?.width])).toEqual([
    ['first', 'feature', 12],
    ['second', 'feature', 12],
    ['same', 'target', undefined],
    ['class', 'ignored', undefined],
  ]);

  await studio.goTo('Model');
  await studio.newModel('One branch per input');
  await studio.trainFor(1);
  await studio.goTo('Evaluate');
  await page.getByRole('button', { name: /^Evaluate on/ }).click();
  await page.getByRole('region', { name: 'Validation', exact: true }).getByRole('table').waitFor();
  const predict = page.getByRole('region', { name: 'Predict a row' });
  await expect.poll(() => predict.getByRole('img').count()).toBe(2);
  await predict.getByText('Predicted same').waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi('a branch is used for both pictures with the same weights, trained, separated and joined again', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const pictures = join(folders.files, 'colours');
  await writePictures(pictures);
  const { keyboard } = page;
  const canvas = new Canvas(page);
  const parameters = async () => /([\d,]+) parameters/.exec(await studio.statusBar.innerText())?.[1];
  const choose = async (...names: string[]) => {
    for (const [index, name] of names.entries()) {
      await canvas.card(name).click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
    }
  };
  await studio.openDataFolder(pictures);
  await page.getByRole('region', { name: 'Examples' }).getByRole('combobox').selectOption('pairs');
  await page.getByRole('heading', { name: /60 pairs of 30 pictures/ }).waitFor();
  await studio.fill('Width', '12');
  await studio.fill('Height', '12');
  await studio.goTo('Model');
  await studio.newModel('One branch per input');

  // The first branch, with BatchNormalization, becomes a block.
  await choose('conv2d');
  await keyboard.press('B');
  await page.getByRole('dialog', { name: 'Insert a layer' }).waitFor();
  await keyboard.type('atchNormalization');
  await keyboard.press('Enter');
  await canvas.card('batch_normalization').waitFor();
  await choose('conv2d', 'batch_normalization', 'max_pooling2d', 'conv2d_1', 'max_pooling2d_1', 'flatten', 'dense');
  await keyboard.press('Control+g');
  await canvas.card('block').waitFor();
  const branch = 3 * 3 * 3 * 16 + 16 + 4 * 16 + 3 * 3 * 16 * 32 + 32 + 3 * 3 * 32 * 64 + 64;
  const rest = 128 * 64 + 64 + 64 * 1 + 1;

  // The second one is replaced by a further call of the block.
  await choose('conv2d_2', 'max_pooling2d_2', 'conv2d_3', 'max_pooling2d_3', 'flatten_1', 'dense_1');
  await keyboard.press('Delete');
  await canvas.card('block').click();
  await keyboard.press('Shift+D');
  await canvas.card('block_1').waitFor();
  await canvas.connect('second', 'block_1');
  await canvas.connect('block_1', 'concatenate');
  await page.getByRole('group', { name: /^block_1, .*, with the weights of block$/ }).waitFor();
  await expect.poll(parameters).toBe((branch + rest).toLocaleString('en-US'));

  // The inspector of each names the other.
  const layer = (name: string) => page.getByRole('region', { name: `Layer ${name}` });
  await canvas.card('block_1').click();
  await layer('block_1').getByRole('button', { name: 'block', exact: true }).click();
  await layer('block').getByRole('button', { name: 'block_1', exact: true }).waitFor();
  await studio.saved();
  const nodes = () => readProject(folders.project).model.nodes;
  const owner = nodes().find(({ name }) => name === 'block')!;
  expect(nodes().find(({ name }) => name === 'block_1')).toMatchObject({
    weightsOf: owner.id,
    params: { block: owner.params['block'] },
  });

  await studio.trainFor(1);

  // Separate weights, undone.
  await studio.goTo('Model');
  await canvas.card('block_1').click();
  await layer('block_1').getByRole('button', { name: 'Use separate weights' }).click();
  await expect.poll(parameters).toBe((2 * branch + rest).toLocaleString('en-US'));
  await studio.button(/^Undo /).click();
  await expect.poll(parameters).toBe((branch + rest).toLocaleString('en-US'));

  // The owner is deleted: the other card has its weights and its name.
  await canvas.card('block').click();
  await keyboard.press('Delete');
  await canvas.card('block_1').waitFor({ state: 'detached' });
  await canvas.card('block').click();
  await layer('block').getByLabel('Frozen').waitFor();
  await expect.poll(parameters).toBe(branch.toLocaleString('en-US'));
  expect(studio.errors).toEqual([]);
});

testInCi('an error in the split of pairs is shown once', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const pictures = join(folders.files, 'few');
  for (let i = 0; i < 5; i++) await writePlainPicture(pictures, `${i < 3 ? 'red' : 'blue'}/${i}.png`, '#d02010', 8, 8);
  await studio.openDataFolder(pictures);
  await page.getByRole('heading', { name: /5 rows/ }).waitFor();
  await page.getByRole('region', { name: 'Examples' }).getByRole('combobox').selectOption('pairs');
  await page.getByRole('heading', { name: /0 pairs of 5 pictures/ }).waitFor();
  await page.getByText('Reading pictures').waitFor({ state: 'detached' });
  await expect.poll(() => page.getByRole('alert').count()).toBe(1);
  expect(studio.errors).toEqual([]);
});
