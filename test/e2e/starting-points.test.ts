import { expect, test } from 'vitest';
import { resume, suspend } from '../support/processes.ts';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

async function openSpirals() {
  const { folders, host, studio } = await openExample('spirals');
  await expect.poll(() => new Canvas(studio.page).cards.count()).toBe(5);
  return { folders, host, studio, page: studio.page, canvas: new Canvas(studio.page) };
}

test('the gallery is fitted to the data; a template sets its loss weights, and undo restores them', async () => {
  const { folders, studio, page, canvas } = await openSpirals();
  await page.keyboard.press('Shift+N');
  await studio.dialog.getByText(/\(3 classes\)/).waitFor();
  const others = await studio.dialog
    .getByRole('listitem')
    .filter({ hasNot: page.getByRole('button') })
    .allInnerTexts();
  expect(others.filter((text) => text.startsWith('CNN'))).toHaveLength(1);
  await page.keyboard.press('Escape');

  await studio.newModel('Auxiliary output');
  await canvas.card('auxiliary').waitFor();
  await studio.saved();
  expect(readProject(folders.project).project.configuration.outputs).toEqual({
    main: { lossWeight: 0.9 },
    auxiliary: { lossWeight: 0.1 },
  });
  await studio.button('Undo').last().click();
  await canvas.card('hidden_1').waitFor();
  await expect.poll(() => readProject(folders.project).project.configuration.outputs).toEqual({});
  expect(studio.errors).toEqual([]);
});

test('templates open from the toolbar, and from pictures on an empty canvas', async () => {
  const { folders, studio, page, canvas } = await openSpirals();
  const toolbar = page.getByRole('toolbar', { name: 'Canvas' });
  await toolbar.getByText('Templates', { exact: true }).click();
  await studio.dialog.getByRole('heading', { name: 'New model' }).waitFor();
  await page.keyboard.press('Escape');
  await canvas.area.focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  const tiles = page.getByRole('list', { name: 'Templates' }).getByRole('button');
  await tiles.first().waitFor();
  // Each has a picture and a name.
  for (const tile of await tiles.all()) {
    expect(await tile.locator('svg rect').count()).toBeGreaterThan(2);
    expect(await tile.innerText()).not.toBe('');
  }
  await tiles.filter({ hasText: 'Wide & deep' }).click();
  await expect.poll(() => canvas.cards.count()).toBeGreaterThan(4);
  await studio.saved();
  expect(readProject(folders.project).model.nodes.filter(({ kind }) => kind === 'Concatenate')).toHaveLength(1);
  await page.keyboard.press('Control+z');
  await tiles.first().waitFor();
  expect(studio.errors).toEqual([]);
});

test('buttons have accessible names, and distinct icons in a toolbar', async () => {
  const { studio, page, canvas } = await openSpirals();
  const drawings = (within: string) =>
    page
      .locator(`${within} button:has(svg)`)
      .evaluateAll((buttons) => buttons.map((button) => button.querySelector('path')?.getAttribute('d') ?? ''));
  for (const within of ['[role="toolbar"]', 'header .end']) {
    const paths = await drawings(within);
    expect(paths.length, within).toBeGreaterThan(2);
    expect(new Set(paths).size, within).toBe(paths.length);
  }
  const group = page.locator('.group .actions button').first();
  await canvas.card('hidden_1').click();
  await page.keyboard.press('Control+k');
  await studio.type('group the selection');
  await studio.dialog.getByRole('option', { selected: true }).waitFor();
  await page.keyboard.press('Enter');
  const iconOf = () => group.locator('path').getAttribute('d');
  await group.getByText('Collapse').waitFor();
  const collapse = await iconOf();
  await group.click();
  await group.getByText('Expand').waitFor();
  expect(await iconOf()).not.toBe(collapse);

  for (const step of ['Data', 'Model', 'Train', 'Runs', 'Evaluate'] as const) {
    await studio.goTo(step);
    const nameless = await page.locator('button').evaluateAll((buttons) =>
      (buttons as HTMLButtonElement[]).flatMap((button) => {
        const labels = [...button.labels].map(({ textContent }) => textContent).join('');
        const name = `${button.getAttribute('aria-label') ?? ''}${button.textContent}${labels}`;
        return name.trim() === '' ? button.outerHTML.slice(0, 120) : [];
      }),
    );
    expect(nameless, step).toEqual([]);
  }
  expect(studio.errors).toEqual([]);
});

testInCi('a transfer head trains from the weights of a run, and frozen weights stay', async () => {
  const { folders, studio, page, canvas } = await openSpirals();
  await page.keyboard.press('Shift+N');
  await studio.dialog.getByRole('button', { name: /^Transfer head/ }).waitFor();
  expect(await studio.dialog.getByText(/\brun 1\b/).count()).toBe(0);
  await page.keyboard.press('Escape');
  await studio.train();
  await studio.ended(1, 'completed');

  await page.keyboard.press('Shift+N');
  await studio.dialog
    .getByText(/\brun 1\b/)
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await studio.newModel('Transfer head');
  await canvas.card('new_head').waitFor();
  await expect.poll(() => readFrozen(folders.project)).toEqual(['hidden_1', 'hidden_2']);

  // Train would start with random weights in frozen layers, so it asks.
  await studio.train();
  await studio.dialog.getByText("'hidden_1' and 'hidden_2'").waitFor();
  await expect
    .poll(() =>
      studio.dialog.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement),
    )
    .toBe(true);
  await page.keyboard.press('Enter');
  await studio.dialog.waitFor({ state: 'detached' });

  await studio.button('Show run 1').click();
  await studio.button('Continue from these weights').click();
  await studio.dialog.getByRole('button', { name: 'Train one run' }).click();
  await studio.ended(2, 'completed');
  await studio.goTo('Runs');
  const largestChange = async (weight: string) => {
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: weight }) });
    return Number(await row.getByRole('cell').last().getAttribute('title'));
  };
  expect(await largestChange('new_head/kernel')).toBeGreaterThan(0);
  expect(await largestChange('hidden_2/kernel')).toBe(0);
  expect(studio.errors).toEqual([]);

  function readFrozen(project: string): string[] {
    return readProject(project)
      .model.nodes.filter(({ frozen }) => frozen)
      .map(({ name }) => name);
  }
});

testInCi('templates cannot be chosen until changed data is read', async () => {
  const { host, studio, page, canvas } = await openSpirals();
  await studio.goTo('Data');
  await page.getByRole('heading', { name: 'First rows' }).waitFor();
  const processes = host.dataProcesses();
  suspend(processes);
  await page.getByRole('combobox', { name: 'Role of y' }).selectOption('ignored');
  await studio.goTo('Model');
  await page.keyboard.press('Shift+N');
  await studio.dialog.getByText(/^Reading the data/).waitFor();
  const template = studio.dialog.getByText('Auxiliary output', { exact: true });
  expect(await template.evaluate((tile) => tile.closest('[inert]') !== null)).toBe(true);
  resume(processes);
  await expect.poll(() => template.evaluate((tile) => tile.closest('[inert]') !== null)).toBe(false);
  await template.click();
  await canvas.card('auxiliary').waitFor();
});
