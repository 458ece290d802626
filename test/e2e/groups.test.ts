import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { openExample, Studio } from './support/studio.ts';

useBrowser();

test('layers and a note are grouped, collapsed, moved and copied together, by mouse and keyboard', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const { keyboard, mouse } = page;
  const canvas = new Canvas(page);
  const model = () =>
    JSON.parse(readFileSync(join(folders.project, 'spirals.lamina.json'), 'utf8')) as {
      nodes: { name: string; position: { x: number; y: number }; group?: string; frozen: boolean }[];
      notes?: { text: string; position: { x: number; y: number }; size: { width: number } }[];
      groups?: { name: string; collapsed: boolean }[];
    };
  const undo = () => keyboard.press('Control+z');

  // A note next to the selected layer, in edit mode.
  await canvas.card('hidden_1').click();
  await keyboard.press('Shift+T');
  await studio.type('Two layers are enough.');
  await keyboard.press('Escape');
  const note = page.getByRole('group', { name: 'Note: Two layers are enough.' });
  await note.waitFor();
  await expect.poll(() => note.evaluate((card) => card === document.activeElement)).toBe(true);
  await keyboard.press('Enter');
  await page.locator('textarea:focus').waitFor();
  await keyboard.press('End');
  await studio.type(' Really.');
  await keyboard.press('Escape');
  const written = page.getByRole('group', { name: 'Note: Two layers are enough. Really.' });
  await written.waitFor();
  await page.getByRole('textbox', { name: 'Text' }).fill('Enough.');
  const short = page.getByRole('group', { name: 'Note: Enough.' });
  await short.waitFor();

  // Resize by its corner.
  await short.click();
  const corner = (await short.locator('.resize').boundingBox())!;
  await mouse.move(corner.x + 5, corner.y + 5);
  await mouse.down();
  await mouse.move(corner.x + 65, corner.y + 25, { steps: 4 });
  await mouse.up();
  await expect.poll(() => model().notes?.[0]?.size.width).toBeGreaterThan(240);

  // Group with two layers.
  await canvas.card('hidden_1').click({ modifiers: ['Shift'] });
  await canvas.card('hidden_2').click({ modifiers: ['Shift'] });
  await keyboard.press('Alt+g');
  const title = studio.button('Select group Group 1, 3 inside');
  await title.waitFor();
  await page.getByLabel('Group', { exact: true }).fill('Hidden');
  const head = studio.button('Select group Hidden, 3 inside');
  await head.waitFor();

  // Dragging the title moves all members.
  await page.keyboard.press('Escape');
  await canvas.area.click({ position: { x: 20, y: 200 } });
  const before = model();
  const box = (await head.boundingBox())!;
  await mouse.move(box.x + 20, box.y + 8);
  await mouse.down();
  await mouse.move(box.x - 60, box.y + 8, { steps: 6 });
  await mouse.up();
  await expect
    .poll(() => model().nodes.filter(({ position }) => position.x < before.nodes[0]!.position.x))
    .toHaveLength(2);
  expect(model().notes![0]!.position.x).toBeLessThan(before.notes![0]!.position.x);
  await undo();

  // Collapsed: one card in the chain, with the sums of its layers.
  await studio.button('Collapse Hidden').click();
  const card = canvas.card('Hidden');
  await card.getByText('2 layers').waitFor();
  await card.getByText('1,152').waitFor();
  await canvas.edge('input', 'Hidden').waitFor({ state: 'attached' });
  await canvas.edge('Hidden', 'classes').waitFor({ state: 'attached' });
  expect(await canvas.cards.count()).toBe(4);
  await card.hover();
  await studio.button('Freeze Hidden').click();
  await expect
    .poll(() =>
      model()
        .nodes.filter(({ frozen }) => frozen)
        .map(({ name }) => name),
    )
    .toEqual(['hidden_1', 'hidden_2']);
  await undo();

  // A copy gets a new group; deleting removes all members.
  await card.click();
  await page.getByRole('heading', { name: '2 layers selected' }).waitFor();
  await keyboard.press('Control+d');
  await expect.poll(() => model().groups?.length).toBe(2);
  await keyboard.press('Delete');
  await expect.poll(() => model().groups?.length).toBe(1);

  // Expand with Enter, then ungroup.
  await card.click();
  await keyboard.press('Enter');
  await head.waitFor();
  await keyboard.press('Alt+Shift+G');
  await head.waitFor({ state: 'detached' });
  await expect.poll(() => model().groups).toBeUndefined();
  expect(model().nodes.map(({ name }) => name)).toEqual(['input', 'hidden_1', 'hidden_2', 'classes', 'output']);
  expect(studio.errors).toEqual([]);
});

test('a group is collapsed by its button where a connection passes under it, selected or not', async () => {
  const folders = newFolders('spirals');
  const path = join(folders.project, 'spirals.lamina.json');
  const { model } = readProject(folders.project);
  // The connection from hidden_1 to hidden_2 is vertical at x = 250, as is the center of the button.
  const nodes = model.nodes.map((node) => {
    const { x, y } = node.position;
    return ['hidden_2', 'classes', 'output'].includes(node.name) ? { ...node, position: { x, y: y + 160 } } : node;
  });
  const note = { id: 'n', text: 'Note', position: { x: 134, y: 360 }, size: { width: 120, height: 60 }, group: 'g' };
  const group = { id: 'g', name: 'Notes', collapsed: false };
  writeFileSync(path, JSON.stringify({ ...model, nodes, notes: [note], groups: [group] }));
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  const connection = new Canvas(page).edge('hidden_1', 'hidden_2');
  const collapsed = () => readProject(folders.project).model.groups?.[0]?.collapsed;

  await studio.button('Collapse Notes').click();
  await expect.poll(collapsed).toBe(true);
  await page.keyboard.press('Control+z');
  await expect.poll(collapsed).toBe(false);
  await connection.focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => connection.getAttribute('class')).toContain('selected');
  await studio.button('Collapse Notes').click();
  await expect.poll(collapsed).toBe(true);
  expect(studio.errors).toEqual([]);
});
