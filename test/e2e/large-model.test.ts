import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

/** A chain so long that its cards and connections are not all drawn. */
function stack(model: ModelDocument, layers: number): ModelDocument {
  const [input, , , , output] = model.nodes;
  const hidden = Array.from({ length: layers }, (_, index) => ({
    ...model.nodes[1]!,
    id: `h${index}`,
    name: `layer_${index}`,
    position: { x: 0, y: 100 + 100 * index },
  }));
  const nodes = [input!, ...hidden, { ...output!, position: { x: 0, y: 100 * (layers + 1) } }];
  const edges = nodes.slice(1).map((node, index) => ({ id: `e${index}`, source: nodes[index]!.id, target: node.id }));
  return { ...model, nodes, edges };
}

/** Runs in the page: notes on the body when an element loses its last wheel listener. */
function noteBareElements(): void {
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const counts = new Map<EventTarget, number>();
  const count = (target: EventTarget, by: 1 | -1) => {
    const now = (counts.get(target) ?? 0) + by;
    counts.set(target, now);
    if (now === 0) document.body.dataset['withoutWheelListener'] = (target as Element).className;
  };
  EventTarget.prototype.addEventListener = function (this: EventTarget, type: string, ...rest: never[]) {
    if (type === 'wheel') count(this, 1);
    Reflect.apply(addEventListener, this, [type, ...rest]);
  };
  EventTarget.prototype.removeEventListener = function (this: EventTarget, type: string, ...rest: never[]) {
    if (type === 'wheel') count(this, -1);
    Reflect.apply(removeEventListener, this, [type, ...rest]);
  };
}

test('a large model is a silhouette when zoomed out, and has cards and connections when zoomed in, by wheel and button', async () => {
  const folders = newFolders('spirals');
  const model = stack(readProject(folders.project).model, 300);
  writeFileSync(join(folders.project, 'spirals.lamina.json'), JSON.stringify(model));
  const host = await startHost(folders.project, folders.config);
  const context = await openContext();
  await context.addInitScript(noteBareElements);
  const studio = await Studio.open(context, host);
  const { page } = studio;
  const canvas = new Canvas(page);
  const silhouette = page.locator('.silhouette');
  await silhouette.waitFor({ state: 'visible' });
  await expect.poll(() => canvas.edges.count()).toBe(0);

  await canvas.area.hover();
  for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, -120);
  await silhouette.waitFor({ state: 'hidden' });
  await expect.poll(() => canvas.edges.count()).toBeGreaterThan(1);
  await expect.poll(() => page.locator('.svelte-flow__node .name').count()).toBeGreaterThan(1);

  // The canvas library takes its wheel listener off at each move. If no other is left, the browser paints all again.
  const bare = () => page.evaluate(() => document.body.dataset['withoutWheelListener'] ?? null);
  await page.evaluate(() => delete document.body.dataset['withoutWheelListener']);
  await page.keyboard.press('0');
  await silhouette.waitFor({ state: 'visible' });
  for (let turn = 0; turn < 20; turn++) await page.getByRole('button', { name: 'Zoom in' }).click();
  await silhouette.waitFor({ state: 'hidden' });
  await expect.poll(() => canvas.edges.count()).toBeGreaterThan(1);
  expect(await bare()).toBeNull();

  // Long lists render the visible rows, and others on scrolling.
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  const rows = inspector.getByRole('row');
  expect(await rows.count()).toBeLessThan(100);
  expect(await inspector.getByRole('table').getAttribute('aria-rowcount')).toBe('306');
  await inspector.locator('.room').last().scrollIntoViewIfNeeded();
  await inspector.getByText('Trainable', { exact: true }).scrollIntoViewIfNeeded();
  await inspector.getByRole('button', { name: 'output', exact: true }).waitFor();
  expect(studio.errors).toEqual([]);
});
