import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject, type Folders } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

const MODEL = 'spirals.lamina.json';
const modelText = ({ project }: Folders) => readFileSync(join(project, MODEL), 'utf8');

/** Opens the spirals example with another text in its model file. */
async function openWith(
  change: (model: Record<string, unknown>) => unknown,
): Promise<{ folders: Folders; studio: Studio }> {
  const folders = newFolders('spirals');
  const changed = change(JSON.parse(modelText(folders)) as Record<string, unknown>);
  writeFileSync(join(folders.project, MODEL), typeof changed === 'string' ? changed : JSON.stringify(changed));
  const host = await startHost(folders.project, folders.config);
  return { folders, studio: await Studio.open(await openContext(), host) };
}

test('a model of a newer version is read-only and can be saved as an editable copy', async () => {
  const { folders, studio } = await openWith((model) => ({ ...model, version: 99, hologram: { depth: 3 } }));
  const { page } = studio;
  const before = modelText(folders);
  const notice = page.getByRole('region', { name: 'Project cannot be changed' });
  expect(await notice.innerText()).toMatch(/spirals\.lamina\.json.*\b99\b/s);
  const card = page.getByRole('group', { name: /^hidden_1, / });
  await card.click();
  expect(await studio.field('Units').isDisabled()).toBe(true);
  await page.keyboard.press('Delete');
  await page
    .getByText(/^Nothing can be changed here/)
    .first()
    .waitFor();
  await card.waitFor();
  const other = page.getByRole('group', { name: /^input, / });
  const apart = async () => (await card.boundingBox())!.x - (await other.boundingBox())!.x;
  const distance = await apart();
  const box = (await card.boundingBox())!;
  await page.mouse.move(box.x + 60, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 160, box.y + 80, { steps: 4 });
  await page.mouse.up();
  expect(await apart()).toBeCloseTo(distance, 0);
  await studio.goTo('Train');
  expect(await studio.field('Epochs').isDisabled()).toBe(true);
  expect(await studio.top.getByRole('button', { name: 'Train', exact: true }).getAttribute('aria-disabled')).toBe(
    'true',
  );
  await page.waitForTimeout(600);
  expect(modelText(folders)).toBe(before);

  await notice.getByRole('button', { name: 'Save a copy' }).click();
  await studio.dialog.getByLabel('Name of the new folder').fill('mine');
  await studio.dialog.getByRole('button', { name: 'Save and open' }).click();
  await notice.waitFor({ state: 'detached' });
  await studio.ready();
  await studio.goTo('Model');
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  await studio.fill('Units', '7');
  await studio.saved();
  const copy = readProject(join(folders.project, '..', 'mine'));
  expect(copy.model.nodes.find(({ name }) => name === 'hidden_1')?.params['units']).toBe(7);
  expect(modelText(folders)).toBe(before);
  expect(studio.errors).toEqual([]);
});

testInCi('a model that becomes newer, or older again, while it is open is reported', async () => {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const { page } = await Studio.open(await openContext(), host);
  const text = modelText(folders);
  writeFileSync(join(folders.project, MODEL), JSON.stringify({ ...JSON.parse(text), version: 99 }));
  const notice = page.getByRole('region', { name: 'Project cannot be changed' });
  await notice.waitFor();
  writeFileSync(join(folders.project, MODEL), text);
  await notice.waitFor({ state: 'detached' });
});

test('the valid parts of a damaged model are shown, and the file is kept when the model is edited', async () => {
  const { folders, studio } = await openWith((model) => {
    const nodes = model['nodes'] as Record<string, unknown>[];
    return { ...model, nodes: [...nodes.slice(0, -1), { id: 'lost' }, nodes.at(-1)] };
  });
  const { page } = studio;
  const before = modelText(folders);
  const told = page.getByRole('region', { name: 'What could not be read' });
  expect(await told.innerText()).toMatch(/spirals\.lamina\.json.*node \d+/s);
  expect(modelText(folders)).toBe(before);
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  await studio.fill('Units', '7');
  await page.getByText(`'${MODEL}.damaged-1'`).waitFor();
  await told.waitFor({ state: 'detached' });
  expect(readFileSync(join(folders.project, `${MODEL}.damaged-1`), 'utf8')).toBe(before);
  expect(modelText(folders)).toContain('"units": 7');
  expect(studio.errors).toEqual([]);
});

testInCi('no content of a model file makes a blank window', async () => {
  const odd: ((model: Record<string, unknown>) => unknown)[] = [
    () => '',
    () => '{"format": "lamina.mod',
    () => 'null',
    () => ({ format: 'lamina.model', version: 6 }),
    (model) => ({ ...model, nodes: 5, edges: 'none', blocks: {} }),
    (model) => ({ ...model, nodes: (model['nodes'] as object[]).map((node) => ({ ...node, kind: 'Teleport' })) }),
    (model) => ({
      ...model,
      nodes: (model['nodes'] as object[]).map((node) => ({ ...node, name: 'same', id: 'same' })),
    }),
    (model) => ({ ...model, edges: [{ id: 'e', source: 'nowhere', target: 'nobody' }] }),
    (model) => ({
      ...model,
      nodes: (model['nodes'] as object[]).map((node) => ({ ...node, params: { units: 'many', activation: 7 } })),
    }),
  ];
  for (const change of odd) {
    const { folders, studio } = await openWith(change);
    const before = modelText(folders);
    const wrong = studio.page
      .getByRole('region', { name: 'What could not be read' })
      .or(studio.statusBar.getByText(/problem/));
    await wrong.first().waitFor();
    expect(studio.errors).toEqual([]);
    expect(modelText(folders)).toBe(before);
    await studio.page.close();
  }
});

test('continuous edits are saved, and saved edits survive a crash', async () => {
  const folders = newFolders('spirals');
  let host = await startHost(folders.project, folders.config);
  let studio = await Studio.open(await openContext(), host);
  await studio.page.getByRole('group', { name: /^hidden_1, / }).click();
  const units = studio.field('Units');
  const onDisk = () =>
    Number(readProject(folders.project).model.nodes.find(({ name }) => name === 'hidden_1')?.params['units']);
  let typed = 100;
  const saved = new Set<number>();
  while (saved.size < 3) {
    await units.fill(String((typed += 1)));
    if (onDisk() > 100) saved.add(onDisk());
    await studio.page.waitForTimeout(60);
  }
  await host.kill();
  await studio.page.context().close();
  host = await startHost(folders.project, folders.config);
  studio = await Studio.open(await openContext(), host);
  await studio.page.getByRole('group', { name: /^hidden_1, / }).click();
  const kept = Number(await studio.field('Units').inputValue());
  expect(kept).toBeGreaterThanOrEqual(Math.max(...saved));
  expect(kept).toBeLessThanOrEqual(typed);
  // The next save takes over a lock that the crash has left.
  await studio.field('Units').fill('90');
  await expect.poll(onDisk).toBe(90);
  await studio.saved();
  await expect.poll(() => existsSync(join(folders.project, '.lamina-saving'))).toBe(false);
});
