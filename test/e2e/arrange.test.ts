import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

testInCi('the palette arranges only the selected layers, in one step', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  const places = () => {
    const { nodes } = readProject(folders.project).model;
    return new Map(nodes.map(({ name, position }) => [name, position]));
  };
  const before = places();

  await canvas.card('hidden_1').click();
  await canvas.card('hidden_2').click({ modifiers: ['Control'] });
  await page.getByRole('button', { name: 'Arrange 2 selected layers from top to bottom' }).waitFor();
  await page.keyboard.press('Control+k');
  await studio.type('left to right');
  await page.getByRole('option', { name: /Arrange 2 selected layers from left to right/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+R');
  await page.getByRole('button', { name: 'Undo Arrange 2 layers' }).waitFor();
  await studio.saved();
  const after = places();
  const moved = [...after].filter(([name, { x, y }]) => before.get(name)!.x !== x || before.get(name)!.y !== y);
  expect(moved.map(([name]) => name)).toEqual(['hidden_1', 'hidden_2']);
  expect(after.get('hidden_1')!.y).toBe(after.get('hidden_2')!.y);

  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: 'Redo Arrange 2 layers' }).waitFor();
  await studio.saved();
  expect(places()).toEqual(before);
  expect(studio.errors).toEqual([]);
});

test('a skip connection is routed around the layers between its ends', async () => {
  const { studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await page.keyboard.press('Shift+N');
  await studio.dialog.getByRole('button', { name: /^Wide & deep/ }).click();
  for (const [keys, side] of [
    ['Shift+L', 'x'],
    ['Shift+R', 'y'],
  ] as const) {
    await page.keyboard.press(keys);
    const reach = async (locator: ReturnType<Canvas['card']>) => {
      const box = (await locator.boundingBox())!;
      return side === 'x' ? box.x + box.width : box.y + box.height;
    };
    const shortcut = canvas.edge('input', 'concatenate').locator('path').first();
    await expect.poll(async () => (await reach(shortcut)) > (await reach(canvas.card('dense_1')))).toBe(true);
  }
});

testInCi('manually placed layers stay when the rest is arranged, until all are arranged', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  const placeOf = async (wanted: string) => {
    await studio.saved();
    return readProject(folders.project).model.nodes.find(({ name }) => name === wanted)!.position;
  };
  const before = await placeOf('hidden_2');
  const box = (await canvas.card('hidden_2').boundingBox())!;
  await page.mouse.move(box.x + 60, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 220, box.y + 30, { steps: 6 });
  await page.mouse.up();
  await page.getByRole('button', { name: "Undo Move 'hidden_2'" }).waitFor();
  const dragged = await placeOf('hidden_2');
  expect(dragged.x).toBeGreaterThan(before.x + 100);

  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+L');
  await page.getByText(/^1 layer placed/).waitFor();
  expect(await placeOf('hidden_2')).toEqual(dragged);
  await page.getByRole('button', { name: 'Arrange everything' }).click();
  await expect.poll(async () => (await placeOf('hidden_2')).x).toBe((await placeOf('hidden_1')).x);
  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: 'Redo Arrange everything' }).waitFor();
  expect(await placeOf('hidden_2')).toEqual(dragged);
  expect(studio.errors).toEqual([]);
});

test('dragging a connection is canceled by Escape and by deleting its layer', async () => {
  const { studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);
  const handle = (await canvas.card('hidden_1').locator('.svelte-flow__handle.source').boundingBox())!;
  for (const key of ['Escape', 'Delete']) {
    await canvas.card('hidden_1').click();
    await page.mouse.move(handle.x + 5, handle.y + 5);
    await page.mouse.down();
    await page.mouse.move(handle.x + 150, handle.y + 30, { steps: 6 });
    await page.locator('.svelte-flow__connection').waitFor();
    await page.keyboard.press(key);
    if (key === 'Escape') await page.locator('.svelte-flow__connection').waitFor({ state: 'detached' });
    else await expect.poll(() => canvas.cards.count()).toBe(4);
    await page.mouse.up();
    expect(await page.getByRole('dialog').count()).toBe(0);
  }
  expect(studio.errors).toEqual([]);
});

testInCi('the graph stays centered when the window is resized, until it is moved', async () => {
  const { page } = await openExample('spirals');
  const canvas = new Canvas(page);
  await expect.poll(() => canvas.cards.count()).toBe(5);
  /** Horizontal distance between the centers of the first card and the canvas. */
  const offCentre = async () => {
    const [card, area] = await Promise.all([canvas.card('input').boundingBox(), canvas.area.boundingBox()]);
    return Math.abs(card!.x + card!.width / 2 - (area!.x + area!.width / 2));
  };
  await expect.poll(offCentre).toBeLessThan(2);
  await page.setViewportSize({ width: 1920, height: 1080 });
  await expect.poll(offCentre).toBeLessThan(2);

  const box = (await canvas.area.boundingBox())!;
  await page.mouse.move(box.x + 100, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 220, box.y + 300, { steps: 4 });
  await page.mouse.up();
  await expect.poll(offCentre).toBeGreaterThan(100);
  const { x } = (await canvas.card('input').boundingBox())!;
  await page.setViewportSize({ width: 1500, height: 1080 });
  await page.waitForTimeout(300);
  expect((await canvas.card('input').boundingBox())!.x).toBeCloseTo(x, 0);
});
