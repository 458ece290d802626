import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chainBlock, layer, links, use } from '../support/block-documents.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

const named = (kind: string, id: string, name: string, y: number, x = 0) =>
  layer(kind, name, kind === 'Dense' ? { units: 4 } : {}, { id, position: { x, y } });

/** Two Inputs with one name, two layers with one name that one layer reads, and two with one name inside a block. */
const model = {
  format: 'lamina.model',
  version: 6,
  name: 'same names',
  nodes: [
    named('Input', 'in-1', 'input', 0),
    named('Input', 'in-2', 'input', 0, 240),
    named('Dense', 'a', 'twin', 120),
    named('Dense', 'b', 'twin', 120, 240),
    named('Dense', 'c', 'reads_both', 240),
    { ...use('stack', 'stack'), position: { x: 240, y: 240 } },
    named('Output', 'out', 'output', 360),
  ],
  edges: links('in-1>a', 'in-2>b', 'a>c', 'b>c', 'c>out'),
  blocks: [chainBlock('stack', [named('Dense', 'd', 'pair', 120), named('Dense', 'e', 'pair', 240)])],
};
const [stack] = model.blocks;
const nodes = stack!.nodes.map((node) => (node.id === 'out' ? { ...node, position: { x: 0, y: 360 } } : node));
const block = { ...stack!, nodes, edges: [] };

test('layers with equal names are reported, and every panel works with the selected one', async () => {
  const folders = newFolders('spirals');
  writeFileSync(join(folders.project, 'spirals.lamina.json'), JSON.stringify({ ...model, blocks: [block] }));
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  const canvas = new Canvas(page);
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await page.getByRole('tab', { name: /Problems/ }).click();
  const problems = page.getByRole('tabpanel');
  await problems.getByText(/twin/).first().waitFor();
  for (const name of ['output', 'reads_both', 'twin', 'stack', 'output']) {
    await canvas.card(name).first().click();
    await expect.poll(() => inspector.getByLabel('Name', { exact: true }).inputValue()).toBe(name);
  }
  await canvas.card('stack').dblclick();
  await canvas.card('pair').first().click();
  await problems.getByText(/pair/).first().waitFor();
  await expect.poll(() => inspector.getByLabel('Name', { exact: true }).inputValue()).toBe('pair');
  for (const tab of ['Summary', 'Code', 'Problems']) await page.getByRole('tab', { name: tab }).click();
  await problems.getByText(/pair/).first().waitFor();
  expect(studio.errors).toEqual([]);
});
