import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePlainPicture } from '../support/pictures.ts';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

const layer = (className: string, config: object) => ({
  class_name: className,
  config: { trainable: true, ...config },
});

/** Writes a TensorFlow.js model for pictures of 12 × 12 × 3 with pixels 0 … 255, of five classes. */
function writeModel(folder: string): void {
  const layers = [
    layer('InputLayer', { name: 'image', batch_input_shape: [null, 12, 12, 3], dtype: 'float32' }),
    layer('Rescaling', { name: 'rescaling', scale: 1 / 127.5, offset: -1 }),
    layer('Conv2D', { name: 'conv', filters: 4, kernel_size: [3, 3], activation: 'relu' }),
    layer('GlobalAveragePooling2D', { name: 'pool' }),
    layer('Dense', { name: 'classes', units: 5, activation: 'softmax' }),
  ];
  const modelConfig = { class_name: 'Sequential', config: { name: 'small', layers } };
  const weights = [
    { name: 'conv/kernel', shape: [3, 3, 3, 4], dtype: 'float32' },
    { name: 'conv/bias', shape: [4], dtype: 'float32' },
    { name: 'classes/kernel', shape: [4, 5], dtype: 'float32' },
    { name: 'classes/bias', shape: [5], dtype: 'float32' },
  ];
  const count = weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 2);
  const modelTopology = { keras_version: '2.15.0', backend: 'tensorflow', model_config: modelConfig };
  const manifest = [{ paths: ['small.bin'], weights }];
  const model = { format: 'layers-model', modelTopology, weightsManifest: manifest };
  writeFileSync(join(folder, 'small.json'), JSON.stringify(model));
  writeFileSync(join(folder, 'small.bin'), new Uint8Array(values.buffer));
}

test('a model from a file gets a new head for other pictures, with its preparation, and its base stays as it was', async () => {
  const { folders, studio, page } = await openExample('pictures');
  const { keyboard } = page;
  const canvas = new Canvas(page);
  const pictures = join(folders.files, 'colours');
  for (const [name, background] of [
    ['red', '#d02010'],
    ['green', '#10d020'],
    ['blue', '#1020d0'],
  ] as const) {
    for (let i = 0; i < 10; i++)
      await writePlainPicture(pictures, `${i < 7 ? 'train' : 'val'}/${name}/${i}.png`, background, 20, 16);
  }
  writeModel(folders.project);
  await studio.openDataFolder(pictures);
  await page.getByRole('heading', { name: /30 rows/ }).waitFor();

  await studio.openModelFile(/^small\.json/);
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  const before = readProject(folders.project);

  const newHead = page.getByRole('menuitem', { name: /^New head from here/ });
  await canvas.card('image').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Duplicate/ }).waitFor();
  expect(await newHead.count()).toBe(0);
  await keyboard.press('Escape');
  await canvas.card('pool').click({ button: 'right' });
  await newHead.click();
  await canvas.card('new_head').waitFor();
  await studio.saved();
  const after = readProject(folders.project);
  expect(after.model.nodes.map(({ name, frozen }) => (frozen ? `${name} *` : name))).toEqual([
    'image',
    'rescaling',
    'conv *',
    'pool',
    'new_head',
    'output',
  ]);
  expect(after.model.weights).toEqual(before.model.weights);
  expect(after.dataset.columns[0]).toMatchObject({ scaling: 'none', picture: { height: 12, width: 12 } });

  // One undo step for model and data; by keyboard again.
  await keyboard.press('Control+z');
  await canvas.card('classes').waitFor();
  await studio.saved();
  expect(readProject(folders.project)).toEqual(before);
  await canvas.card('pool').click();
  await keyboard.press('Shift+H');
  await canvas.card('new_head').waitFor();
  await expect.poll(() => readProject(folders.project).dataset).toEqual(after.dataset);

  await studio.trainFor(2);
  await studio.goTo('Runs');
  const largestChange = async (weight: string) => {
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: weight }) });
    return Number(await row.getByRole('cell').last().getAttribute('title'));
  };
  expect(await largestChange('new_head/kernel')).toBeGreaterThan(0);
  expect(await largestChange('conv/kernel')).toBe(0);
  expect(studio.errors).toEqual([]);
});
