import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { writeArtifact } from '../../src-main/runs/artifacts.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { MODEL_VERSION } from '../../src-shared/document/schema/model-document.ts';
import { exampleRun } from '../runs/example-run.ts';
import { copyExample } from '../support/example-project.ts';
import { imagesOfNumbers } from '../support/graph-files.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

const FIXTURES = join(import.meta.dirname, '../fixtures/model-files');

/** Writes a model file of the fixtures into a folder. @returns Its path. */
function place(name: string, folder: string): string {
  const path = join(folder, basename(name));
  writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, `${name}.gz`))));
  return path;
}

test('a Keras model is opened with its weights by the file dialog; undo brings the earlier one back', async () => {
  const folders = newFolders('spirals');
  const file = place('several.keras3.keras', folders.project);
  writeFileSync(
    join(folders.project, 'cut.h5'),
    readFileSync(place('dense.keras2.h5', folders.files)).subarray(0, 20_000),
  );
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  const before = readProject(folders.project).model;

  await studio.openModelFile(/^cut\.h5/);
  await dialog.getByRole('alert').getByText('damaged').waitFor();
  await dialog.getByRole('option', { name: /^several/ }).click();
  await dialog.getByRole('button', { name: 'Open this file' }).click();
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  await expect.poll(() => readProject(folders.project).model.weights?.label).toBe(basename(file));
  const { weights, nodes } = readProject(folders.project).model;
  expect(nodes.map(({ name }) => name)).toContain('hidden');
  expect(readdirSync(join(folders.project, 'artifacts'))).toContain(`${weights!.artifact}.safetensors`);
  await page.keyboard.press('Control+k');
  await dialog.getByRole('combobox').fill('Report on the opened model file');
  await page.keyboard.press('Enter');
  await dialog.getByText('Every layer computes what the file says.').waitFor();
  await dialog.getByText('6 layers: all as in the file').click();
  const layers = dialog.getByRole('table', { name: 'What became of each layer' });
  await layers.getByRole('row', { name: /^hidden Dense Dense As in the file/ }).waitFor();
  expect(await layers.getByRole('row').count()).toBe(7);
  await dialog.getByRole('searchbox', { name: 'Find in the list of layers' }).fill('concatenate');
  await expect.poll(() => layers.getByRole('row').count()).toBe(2);
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect.poll(() => readProject(folders.project).model).toEqual({ ...before, version: MODEL_VERSION });
  expect(studio.errors).toEqual([]);
});

test("the switch takes the optimizer's state; the placeholder of a Lambda leads to its formula", async () => {
  const folders = newFolders('spirals');
  place('../optimizer-states/adam.keras3.keras', folders.project);
  place('../lambda/model.keras', folders.project);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  await studio.openModelFile(/^adam/, "Continue from a Keras optimizer's state");
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  const named = () => readProject(folders.project).model.weights;
  await expect.poll(() => named()?.label).toMatch(/^adam.*with the state of Adam/);
  expect(named()?.optimizer).toBeDefined();

  await studio.openModelFile(/^model\.keras/);
  const report = dialog.getByRole('group', { name: 'Report' }).getByRole('listitem');
  await expect.poll(() => report.filter({ hasText: 'Cannot be taken' }).count()).toBe(2);
  await dialog.getByText(/2 cannot be taken/).waitFor();
  await dialog.getByRole('button', { name: 'Open with changes' }).click();
  await page.getByRole('tab', { name: /^Problems/ }).click();
  await page.getByRole('button', { name: 'Write the formula' }).first().click();
  await page.keyboard.insertText('a * 3');
  await studio.saved();
  const scaled = () => readProject(folders.project).model.nodes.find(({ name }) => name === 'scaled');
  await expect.poll(() => scaled()?.params['formula']).toBe('a * 3');
  expect(studio.errors).toEqual([]);
});

testInCi('weights only: the table shows where each tensor goes before they replace those of the model', async () => {
  const folders = newFolders('spirals');
  const fixtures = join(import.meta.dirname, '../fixtures/weight-files');
  for (const name of ['table.config.json', 'table.torch.safetensors']) {
    writeFileSync(join(folders.project, name), gunzipSync(readFileSync(join(fixtures, `${name}.gz`))));
  }
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  await studio.openModelFile(/^table\.config/);
  await page.getByText('The model is open.').waitFor();
  await studio.saved();
  await studio.openModelFile(/^table\.torch/);
  const table = dialog.getByRole('table', { name: 'Where each tensor goes' });
  const row = table.getByRole('row', { name: 'first.weight 4 × 5 first kernel Name, axes reordered' });
  await row.waitFor();
  expect(await table.getByRole('row').count()).toBe(7);
  expect(readProject(folders.project).model.weights).toBeUndefined();
  await dialog.getByRole('button', { name: 'Use these weights' }).click();
  await expect.poll(() => readProject(folders.project).model.weights?.label).toBe('table.torch.safetensors');
  expect(studio.errors).toEqual([]);
});

test('a graph model opens as frozen Operations nodes; the inspector lists what they compute, and unfreezes them', async () => {
  const folders = newFolders('spirals');
  imagesOfNumbers(folders.project);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  await studio.openModelFile(/^model\.json/);
  await page.getByText('The model is open.').waitFor();
  await page.locator('.svelte-flow__node').filter({ hasText: 'conv' }).click();
  const inspector = page.getByRole('region', { name: 'Layer conv' });
  await inspector.getByRole('table', { name: 'Operations' }).getByRole('row').nth(2).waitFor();
  const rows = await inspector.getByRole('table', { name: 'Operations' }).getByRole('row').allInnerTexts();
  expect(rows.slice(1).map((row) => row.split('\t'))).toEqual([
    ['conv2d', 'Conv2D'],
    ['add', 'BiasAdd'],
  ]);
  const weights = await inspector.getByRole('table', { name: 'Weights' }).getByRole('row').allInnerTexts();
  expect(weights.slice(1).map((row) => row.split('\t'))).toEqual([
    ['kernel', '1 × 1 × 2 × 6', 'trains'],
    ['bias', '6', 'trains'],
  ]);
  const frozen = () =>
    readProject(folders.project)
      .model.nodes.filter((node) => node.frozen)
      .map(({ name }) => name);
  await expect.poll(frozen).toEqual(['conv', 'bn', 'classes']);
  await inspector.getByRole('switch').first().click();
  await expect.poll(frozen).toEqual(['bn', 'classes']);
  expect(studio.errors).toEqual([]);
});

test('a dropped Keras file of unknown path is proposed where name and size are equal', async () => {
  const folders = newFolders('spirals');
  const file = place('dense.keras2.h5', folders.project);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  const data = await page.evaluateHandle(
    ({ name, base64 }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
      return transfer;
    },
    { name: basename(file), base64: readFileSync(file).toString('base64') },
  );
  await page.dispatchEvent('body', 'dragover', { dataTransfer: data });
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  await dialog.getByRole('option', { name: /^dense/, selected: true }).waitFor();
  await dialog.getByRole('button', { name: 'Open this file' }).click();
  await page.getByText('The model is open.').waitFor();
  await expect.poll(() => readProject(folders.project).model.weights?.label).toBe('dense.keras2.h5');
  expect(studio.errors).toEqual([]);
});

testInCi(
  'a run of another project is opened from its folder: chosen in a list with its weights; the same project is not offered',
  async () => {
    const folders = newFolders('housing');
    const source = copyExample('spirals');
    const store = RunStore.open(source);
    const { id } = store.createRun({ ...exampleRun(), name: 'first run' });
    const kernel = { dtype: 'float32', shape: [2, 16], data: new Float32Array(32).fill(0.5) } as const;
    const file = await writeArtifact(store.artifacts, new Map([['hidden/kernel', kernel]]));
    const metrics = { loss: 0.5, val_loss: 0.6, val_accuracy: 0.75 };
    store.recordEpochs(id, [{ record: { epoch: 1, metrics, durationMs: 5, stepsPerSecond: 5 }, best: true }], 1);
    for (const kind of ['best', 'last'] as const) {
      store.recordCheckpoints(id, [{ kind, epoch: 1, step: 10, batch: 0, metrics, ...file }]);
    }
    store.setState(id, 'stopped');
    store.close();
    const host = await startHost(folders.project, folders.config);
    const studio = await Studio.open(await openContext(), host);
    const { page, dialog } = studio;

    await studio.command('Open a model with its weights');
    await dialog.getByRole('listbox').waitFor();
    expect(await dialog.getByRole('button', { name: 'Open this folder' }).count()).toBe(0);
    await studio.typePath(source);
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Open this folder' }).click();
    const runs = dialog.getByRole('table');
    await expect.poll(() => runs.getByRole('radio').count()).toBe(2);
    await runs.getByRole('row').filter({ hasText: '75' }).getByRole('radio').focus();
    await page.keyboard.press('Space');
    await dialog.getByLabel('Weights', { exact: true }).selectOption('last');
    await dialog.getByRole('button', { name: 'Open this run' }).click();
    await page.getByText('The model is open.').waitFor();
    await studio.saved();
    await expect.poll(() => readProject(folders.project).model.weights?.artifact).toBe(file.sha256);
    const { weights, nodes } = readProject(folders.project).model;
    expect(weights?.label).toContain('run 1, last weights, epoch 1');
    expect(nodes.map(({ name }) => name)).toContain('hidden');
    expect(readdirSync(join(folders.project, 'artifacts'))).toContain(`${file.sha256}.safetensors`);
    expect(studio.errors).toEqual([]);
  },
);
