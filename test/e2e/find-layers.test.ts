import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { openExample, Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

const LAYERS = 2_000;

/** A chain of 2,000 layers with three of 77 units: on the canvas, in a collapsed group and in a block. */
function haystack(model: ModelDocument): ModelDocument {
  const [input, dense, , , output] = model.nodes;
  const at = (index: number) => ({ x: 240 * Math.floor(index / 100), y: 112 * (index % 100) });
  const layer = (index: number, more: Partial<ModelNode> = {}): ModelNode => ({
    ...dense!,
    id: `h${index}`,
    name: `layer_${index}`,
    params: { units: 8, activation: 'relu' },
    position: at(index),
    ...more,
  });
  const needle = { params: { units: 77, activation: 'tanh' } };
  const own: Record<number, Partial<ModelNode>> = {
    700: { ...needle, name: 'needle_here' },
    1200: { group: 'g1' },
    1201: { ...needle, name: 'needle_in_group', group: 'g1' },
    1500: { kind: 'Block', name: 'inner', params: { block: 'b1', repeat: 1 } },
  };
  const hidden = Array.from({ length: LAYERS - 2 }, (_, index) => layer(index + 1, own[index + 1]));
  const nodes = [{ ...input!, position: at(0) }, ...hidden, { ...output!, position: at(LAYERS - 1) }];
  const edges = nodes.slice(1).map((node, index) => ({ id: `e${index}`, source: nodes[index]!.id, target: node.id }));
  const end = (kind: string, y: number): ModelNode => ({
    ...layer(0),
    id: kind,
    kind,
    name: kind,
    params: {},
    position: { x: 0, y },
  });
  const inside = [
    end('BlockInput', 0),
    layer(1, { ...needle, name: 'needle_in_block', position: { x: 0, y: 112 } }),
    end('BlockOutput', 224),
  ];
  const wires = inside.slice(1).map((node, index) => ({ id: `w${index}`, source: inside[index]!.id, target: node.id }));
  const blocks = [{ id: 'b1', name: 'part', parameters: [], nodes: inside, edges: wires }];
  return { ...model, nodes, edges, blocks, groups: [{ id: 'g1', name: 'folded', collapsed: true }] };
}

testInCi(
  'a layer among 2,000 is found by name, kind or value, on the canvas, in a collapsed group and in a block',
  async () => {
    const folders = newFolders('spirals');
    writeFileSync(
      join(folders.project, 'spirals.lamina.json'),
      JSON.stringify(haystack(readProject(folders.project).model)),
    );
    const host = await startHost(folders.project, folders.config);
    const studio = await Studio.open(await openContext(), host);
    const { page } = studio;
    const canvas = new Canvas(page);
    const bar = page.getByRole('search', { name: 'Layers of the model' });
    const field = bar.getByRole('textbox');
    const count = bar.getByRole('status');
    /** Expects the layer selected and centered. */
    const isShown = async (name: string) => {
      await page.locator('.svelte-flow__node.selected').and(canvas.card(name)).waitFor();
      const middles = async () => {
        const [card, area] = [await canvas.card(name).boundingBox(), await canvas.area.boundingBox()];
        const off = (start: 'x' | 'y', size: 'width' | 'height') =>
          Math.abs(card![start] + card![size] / 2 - area![start] - area![size] / 2);
        return Math.max(off('x', 'width'), off('y', 'height'));
      };
      await expect.poll(middles, { message: `${name} is in the middle` }).toBeLessThan(10);
    };

    await canvas.area.focus();
    await page.keyboard.press('Control+f');
    await field.fill('dense relu');
    expect(await count.innerText()).toBe('1,995 found');
    // The list is short, so that typing costs the same with many layers.
    expect(await bar.getByRole('listitem').count()).toBeLessThan(10);
    await field.fill('77 tanh');
    await expect.poll(() => count.innerText()).toBe('3 found');
    await field.press('Enter');
    await isShown('needle_here');
    expect(await count.innerText()).toBe('1 of 3');
    await field.press('Enter');
    await isShown('needle_in_group');
    expect(await count.innerText()).toBe('2 of 3');
    await field.press('Enter');
    await page.getByRole('navigation', { name: 'Open block' }).waitFor();
    await isShown('needle_in_block');
    expect(await count.innerText()).toBe('3 of 3');
    await field.press('Shift+Enter');
    await page.getByRole('navigation', { name: 'Open block' }).waitFor({ state: 'detached' });
    await isShown('needle_in_group');
    await field.press('Enter');
    await isShown('needle_in_block');
    await field.press('Enter');
    await isShown('needle_here');

    await field.press('Escape');
    await bar.waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-id'))).toBe('h700');

    // Escape restores the focus of a field of the inspector.
    await studio.field('Units').focus();
    await page.keyboard.press('Control+f');
    await field.fill('no such layer');
    await bar.getByText('None found').waitFor();
    await field.press('Enter');
    await field.press('Escape');
    await bar.waitFor({ state: 'detached' });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id))
      .toBe(await studio.field('Units').evaluate((input) => input.getAttribute('aria-label') ?? input.id));

    // By click in the list, and from the command palette on another screen.
    await studio.goTo('Train');
    await page.keyboard.press('Control+k');
    await studio.type('find a layer');
    await studio.dialog.getByRole('option', { selected: true }).waitFor();
    await page.keyboard.press('Enter');
    await field.fill('layer_1998');
    await bar.getByRole('button', { name: /^layer_1998/ }).click();
    await isShown('layer_1998');
    expect(studio.errors).toEqual([]);
  },
);

test('on other screens Ctrl+F is the browser’s', async () => {
  const { studio, page } = await openExample('spirals');
  const prevented = () =>
    page.evaluate(
      () =>
        new Promise<boolean>((resolve) => {
          const event = new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
          resolve(event.defaultPrevented);
        }),
    );
  expect(await prevented()).toBe(true);
  await page.keyboard.press('Escape');
  await studio.goTo('Data');
  expect(await prevented()).toBe(false);
});
