import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas, emptyCanvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

test('a layer is connected twice, and to named inputs, by mouse and keyboard, and trained', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = await emptyCanvas(studio);

  const [left, right] = [0.25, 0.75];
  const layers: [string, string, number, number][] = [
    ['Input', 'input', 0.5, 0.12],
    ['Dense', 'dense', left, 0.28],
    ['Dense', 'dense_1', right, 0.28],
    ['Add', 'add', left, 0.46],
    ['Subtract', 'subtract', 0.5, 0.62],
    ['Dense', 'dense_2', 0.5, 0.76],
    ['Output', 'output', 0.5, 0.9],
  ];
  for (const layer of layers) await canvas.add(...layer);
  const connect = async (from: string, to: string, port?: string) => {
    await canvas.connect(from, to, port);
    await canvas.edge(from, to).first().waitFor({ state: 'attached' });
  };
  await connect('input', 'dense');
  await connect('input', 'dense_1');
  await connect('dense_2', 'output');
  await connect('subtract', 'dense_2');

  await connect('dense', 'add');
  await canvas.connect('dense', 'add');
  await expect.poll(() => canvas.edge('dense', 'add').count()).toBe(2);
  const paths = await canvas.edge('dense', 'add').locator('.svelte-flow__edge-path').all();
  const [first, second] = await Promise.all(paths.map((path) => path.getAttribute('d')));
  expect(first).not.toBe(second);
  await canvas.connect('input', 'dense');
  const single = page.getByRole('group', { name: 'Connection from input to dense', exact: true });
  expect(await single.count()).toBe(1);
  await page.keyboard.press('Control+z');
  await expect.poll(() => canvas.edge('dense', 'add').count()).toBe(1);
  await page.keyboard.press('Control+Shift+z');
  await expect.poll(() => canvas.edge('dense', 'add').count()).toBe(2);

  // Both inputs are named; one takes a single connection.
  await canvas.connect('dense_1', 'subtract', 'b');
  await page
    .getByRole('group', { name: 'Connection from dense_1 to subtract, input b' })
    .waitFor({ state: 'attached' });
  await canvas.connect('add', 'subtract', 'b');
  expect(await canvas.edge('add', 'subtract').count()).toBe(0);
  await canvas.connect('add', 'subtract', 'a');
  await page.getByRole('group', { name: 'Connection from add to subtract, input a' }).waitFor({ state: 'attached' });

  // The inspector exchanges them by keyboard.
  await canvas.card('subtract').click();
  const inputs = page.getByRole('group', { name: 'Inputs' });
  const chosen = (label: string) => inputs.getByLabel(label, { exact: true }).locator('option:checked').innerText();
  expect([await chosen('a'), await chosen('b')]).toEqual(['add', 'dense_1']);
  await inputs.getByLabel('a', { exact: true }).selectOption({ label: 'dense_1' });
  await inputs.getByLabel('b', { exact: true }).selectOption({ label: 'add' });
  await page.getByRole('group', { name: 'Connection from add to subtract, input b' }).waitFor({ state: 'attached' });
  await page
    .getByRole('group', { name: 'Connection from dense_1 to subtract, input a' })
    .waitFor({ state: 'attached' });

  await canvas.card('dense_2').click();
  await studio.fill('Units', '3');
  await studio.field('Activation').selectOption('softmax');
  await studio.trainFor(1);
  await studio.saved();
  const { model } = readProject(folders.project);
  const nameOf = new Map(model.nodes.map(({ id, name }) => [id, name]));
  const edges = model.edges.map(({ source, target, targetPort }) =>
    [nameOf.get(source), nameOf.get(target), targetPort].filter(Boolean).join(' '),
  );
  expect(edges.toSorted()).toEqual([
    'add subtract b',
    'dense add',
    'dense add',
    'dense_1 subtract a',
    'dense_2 output',
    'input dense',
    'input dense_1',
    'subtract dense_2',
  ]);
  expect(studio.errors).toEqual([]);
});

testInCi('a connection is moved to another input, and a new layer is connected to the free one', async () => {
  const { studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await studio.button('Close the drawer').click();
  await canvas.add('Subtract', 'subtract', 0.8, 0.8);
  await canvas.connect('input', 'subtract', 'a');
  const byInput = (port: string) =>
    page.getByRole('group', { name: `Connection from input to subtract, input ${port}` });
  await byInput('a').waitFor({ state: 'attached' });
  await byInput('a').focus();
  await page.keyboard.press('Enter');
  const end = await canvas.input('subtract', 'a');
  await canvas.drag({ x: end.x, y: end.y - 9 }, await canvas.input('subtract', 'b'));
  await byInput('b').waitFor({ state: 'attached' });
  expect(await byInput('a').count()).toBe(0);
  await page.keyboard.press('Control+z');
  await byInput('a').waitFor({ state: 'attached' });

  // A connection dropped on the empty canvas opens the list of layers.
  const start = await canvas.input('subtract', 'b');
  await canvas.drag(start, { x: start.x + 60, y: start.y - 140 });
  await studio.type('Dense');
  await page.keyboard.press('Enter');
  await page
    .getByRole('group', { name: /^Connection from dense\S* to subtract, input b$/ })
    .waitFor({ state: 'attached' });
  expect(studio.errors).toEqual([]);
});
