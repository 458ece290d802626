import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { emptyCanvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('wide & deep with two inputs and two outputs is built by mouse and trained', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = await emptyCanvas(studio);

  const [wide, deep] = [0.25, 0.75];
  const layers: [string, string, number, number][] = [
    ['Input', 'input', wide, 0.15],
    ['Input', 'input_1', deep, 0.15],
    ['Dense', 'dense', deep, 0.33],
    ['Concatenate', 'concatenate', wide, 0.5],
    ['Dense', 'dense_1', wide, 0.68],
    ['Dense', 'dense_2', deep, 0.6],
    ['Output', 'output', wide, 0.87],
    ['Output', 'output_1', deep, 0.87],
  ];
  for (const layer of layers) await canvas.add(...layer);
  const connections: [string, string][] = [
    ['input', 'concatenate'],
    ['input_1', 'dense'],
    ['dense', 'concatenate'],
    ['concatenate', 'dense_1'],
    ['dense_1', 'output'],
    ['dense', 'dense_2'],
    ['dense_2', 'output_1'],
  ];
  for (const [from, to] of connections) {
    await canvas.connect(from, to);
    await canvas.edge(from, to).waitFor({ state: 'attached' });
  }

  await canvas.card('input').click();
  await page.getByRole('group', { name: 'Columns' }).getByRole('checkbox', { name: 'y' }).click();
  for (const head of ['dense_1', 'dense_2']) {
    await canvas.card(head).click();
    await studio.fill('Units', '3');
    await studio.field('Activation').selectOption('softmax');
  }
  await canvas.card('dense').click();
  await studio.fill('Units', '30');

  await studio.trainFor(1);
  await studio.saved();
  const { model } = readProject(folders.project);
  const nameOf = new Map(model.nodes.map(({ id, name }) => [id, name]));
  expect(model.edges.map(({ source, target }) => [nameOf.get(source), nameOf.get(target)])).toEqual(connections);
  expect(model.nodes[0]!.params).toEqual({ columns: ['x'] });
  expect(studio.errors).toEqual([]);
});
