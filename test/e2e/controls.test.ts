import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { writePlainPicture } from '../support/pictures.ts';
import { resultOf } from '../support/recorded-run.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { openExample, Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

const changes = (page: Page) => page.getByRole('list', { name: 'Changes while it trained' });

/** Moves the crosshair of the loss from its end to the last flag. @returns What is shown there. */
async function wordsAtLastFlag(page: Page): Promise<string> {
  const section = page.getByRole('region', { name: 'Curve of loss' });
  const canvas = section.getByRole('img', { name: /^loss over epochs/i });
  await canvas.focus();
  // An arrow key moves by a fiftieth of the curve, or to the next flag.
  for (let press = 0; press < 50; press++) {
    await canvas.press('ArrowLeft');
    const words = await section.getByRole('status').innerText();
    if (words.includes('→')) return words;
  }
  return '';
}

testInCi(
  'a run on pictures is paused, gets a lower rate and a frozen layer, resumes and ends early; repeated it gives the same weights',
  async () => {
    const folders = newFolders('pictures');
    const pictures = join(folders.files, 'colours');
    for (const [split, count] of [
      ['train', 40],
      ['val', 8],
    ] as const) {
      for (const [name, background] of [
        ['red', '#d02010'],
        ['blue', '#1020d0'],
      ] as const) {
        for (let i = 0; i < count; i++)
          await writePlainPicture(pictures, `${split}/${name}/${i}.png`, background, 8, 8);
      }
    }
    const host = await startHost(folders.project, folders.config);
    const studio = await Studio.open(await openContext(), host);
    const { page, top, statusBar } = studio;
    await studio.openDataFolder(pictures);
    await page.getByRole('heading', { name: /96 rows/ }).waitFor();
    await studio.goTo('Train');
    await studio.field('Early stopping').click();
    await page.getByText('More', { exact: true }).click();
    // No epoch improves by so much: patience alone decides when the run ends.
    await studio.fill('Minimum change', '1000');
    await studio.fill('Patience', '100000');
    await studio.fill('Epochs', '100000');
    await studio.train();
    await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();
    const run = page.getByRole('region', { name: 'Run 1', exact: true });

    await top.getByRole('button', { name: 'Pause' }).click();
    await run.getByText('paused', { exact: true }).waitFor();
    await statusBar.getByText('paused').waitFor();
    await expect.poll(() => page.title()).toMatch(/^paused, run 1 – /);
    expect(await run.getByText(/^\d[\d,]* of [\d,]+/).count()).toBe(1);

    // One edit is one step of the document and one command; undo sends the opposite.
    await studio.fill('Learning rate', '0.0001');
    await changes(page).getByText('Learning rate 0.001 → 0.0001').waitFor();
    await page.keyboard.press('Control+z');
    await changes(page).getByText('Learning rate 0.0001 → 0.001').waitFor();
    expect(await studio.field('Learning rate').inputValue()).toBe('0.001');
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => changes(page).getByText('Learning rate 0.001 → 0.0001').count()).toBe(2);
    await studio.saved();
    expect(readProject(folders.project).project.configuration.optimizer.learningRate).toBe(0.0001);
    const patience = studio.field('Patience');
    await patience.fill('1');
    expect(
      await changes(page)
        .getByText(/^Patience/)
        .count(),
    ).toBe(0);
    await patience.press('Enter');
    await changes(page)
      .getByText(/^Patience/)
      .waitFor();

    // The snowflake too, while the canvas has the model that trains.
    await studio.goTo('Model');
    await page.getByRole('group', { name: /^conv_1, / }).click();
    const frozen = page.getByRole('switch', { name: /^Frozen/ });
    await frozen.click();
    await page.keyboard.press('Control+z');
    await expect.poll(() => frozen.isChecked()).toBe(false);
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => frozen.isChecked()).toBe(true);
    expect(await statusBar.getByText('Edits count from the next run on').count()).toBe(0);
    await studio.goTo('Train');
    await expect.poll(() => changes(page).getByText('Froze conv_1').count()).toBe(2);
    await changes(page).getByText('Unfroze conv_1').waitFor();

    await page.keyboard.press('Control+,');
    await studio.ended(1, 'completed early');
    expect(await wordsAtLastFlag(page)).toContain('Patience 100,000 → 1');
    const listed = await changes(page).getByRole('listitem').allInnerTexts();
    expect(listed.map((text) => text.split('\n')[0])).toEqual([
      'Paused',
      'Learning rate 0.001 → 0.0001',
      'Learning rate 0.0001 → 0.001',
      'Learning rate 0.001 → 0.0001',
      'Patience 100,000 → 1',
      'Froze conv_1',
      'Unfroze conv_1',
      'Froze conv_1',
      expect.stringMatching(/^Resumed after /),
    ]);

    await studio.button('Repeat').click();
    await studio.ended(2, 'completed early');
    const [first, second] = [await resultOf(folders.project, 1), await resultOf(folders.project, 2)];
    expect([second.epochs, second.weights]).toEqual([first.epochs, first.weights]);
    expect(first.epochs.length).toBeGreaterThan(0);
    await studio.goTo('Runs');
    const detail = page.getByRole('article', { name: 'Run 2' });
    await detail.getByText('Patience 100,000 → 1').waitFor();
    await detail.getByText('The model of this run is the one on the canvas.').waitFor();
    expect(studio.errors).toEqual([]);
  },
);

testInCi(
  'layers and layers inside a block are frozen while epochs pass; the repeated run has the same weights',
  async () => {
    const { folders, studio, page } = await openExample('spirals');
    const canvas = new Canvas(page);
    await canvas.card('hidden_2').click();
    await page.keyboard.press('Control+g');
    await canvas.card('block').waitFor();
    await studio.field('Repeat').fill('2');
    await studio.goTo('Train');
    await studio.field('Early stopping').click();
    await page.getByText('More', { exact: true }).click();
    await studio.fill('Minimum change', '1000');
    await studio.fill('Patience', '1000000');
    await studio.fill('Epochs', '1000000');
    await studio.train();
    await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();
    const epochs = page.getByRole('region', { name: 'Run 1', exact: true }).getByText(/^\d[\d,]* of [\d,]+/);
    const epochsPass = async () => {
      const before = await epochs.innerText();
      await expect.poll(() => epochs.innerText()).not.toBe(before);
    };

    await studio.goTo('Model');
    await studio.button('Freeze hidden_1').click();
    await canvas.card('block').click();
    const inside = page.getByRole('table', { name: 'Layers inside' });
    await inside.getByRole('button', { name: 'Freeze hidden_2 in block' }).click();
    await page.keyboard.press('Control+z');
    await inside.getByRole('button', { name: 'Freeze hidden_2 in block' }).click();
    await inside.getByRole('button', { name: 'Unfreeze hidden_2 in block' }).click();
    const copies = studio.field('Frozen copies');
    await copies.fill('2');
    await copies.fill('1');
    await copies.press('Enter');
    expect(await studio.statusBar.getByText('Edits count from the next run on').count()).toBe(0);
    await studio.goTo('Train');
    await changes(page).getByText('Frozen copies of block 0 → 1').waitFor();
    await epochsPass();
    expect(await wordsAtLastFlag(page)).toContain('Frozen copies of block 0 → 1');

    // In the block, for all its uses.
    await studio.goTo('Model');
    await canvas.card('block').dblclick();
    await page.getByRole('navigation', { name: 'Open block' }).waitFor();
    await studio.button('Freeze hidden_2').click();
    await studio.button('Unfreeze hidden_2').click();
    await studio.goTo('Train');
    await changes(page).getByText("Unfroze hidden_2 in block 'block'").waitFor();
    await epochsPass();
    const patience = studio.field('Patience');
    await patience.fill('1');
    await patience.press('Enter');
    await studio.ended(1, 'completed early');
    const listed = await changes(page).getByRole('listitem').allInnerTexts();
    expect(listed.map((text) => text.split('\n')[0])).toEqual([
      'Froze hidden_1',
      'Froze block/hidden_2',
      'Unfroze block/hidden_2',
      'Froze block/hidden_2',
      'Unfroze block/hidden_2',
      'Frozen copies of block 0 → 1',
      "Froze hidden_2 in block 'block'",
      "Unfroze hidden_2 in block 'block'",
      'Patience 1,000,000 → 1',
    ]);
    await studio.button('Repeat').click();
    await studio.ended(2, 'completed early');
    const [first, second] = [await resultOf(folders.project, 1), await resultOf(folders.project, 2)];
    expect([second.epochs, second.weights]).toEqual([first.epochs, first.weights]);
    expect(studio.errors).toEqual([]);
  },
);

test('a run stops after its epoch from the menu, and what it was changed by is on the Runs screen', async () => {
  const { studio, page } = await openExample('spirals');
  const { top } = studio;
  await studio.goTo('Train');
  await studio.fill('Epochs', '100000');
  await studio.train();
  await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();
  // Other fields show that a change applies from the next run.
  const descriptionOf = (label: string) =>
    studio.field(label).evaluate((field) =>
      (field.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join(' '),
    );
  expect(await descriptionOf('Batch size')).toMatch(/next run/);
  expect(await descriptionOf('Epochs')).toMatch(/next step/);
  await top.getByRole('button', { name: 'Choose when to end' }).click();
  await page.getByRole('menuitem', { name: /^Stop after this epoch/ }).click();
  await studio.ended(1, 'stopped');
  expect(await descriptionOf('Batch size')).not.toMatch(/next run/);
  await studio.goTo('Runs');
  const detail = page.getByRole('article', { name: 'Run 1' });
  await detail.getByRole('list', { name: 'Changes while it trained' }).getByText('Stop after this epoch').waitFor();
  // It ended with a whole epoch.
  const place = await detail.getByText(/^last: epoch|epoch \d+/).count();
  expect(place).toBeGreaterThan(0);
  expect(studio.errors).toEqual([]);
});

testInCi('a paused run says that a freeze waits for the accumulated gradients; the log has each command', async () => {
  const { studio, page } = await openExample('spirals');
  const { top, statusBar } = studio;
  await studio.goTo('Train');
  await studio.fill('Epochs', '100000');
  await page.getByText('Clipping, decay, accumulation, averages').click();
  // No update happens during the test.
  await studio.fill('Accumulate', '1000000');
  await studio.train();
  await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();
  await top.getByRole('button', { name: 'Pause' }).click();
  await statusBar.getByText('paused').waitFor();
  await studio.goTo('Model');
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  await page.getByRole('switch', { name: /^Frozen/ }).click();
  await statusBar.getByText(/paused\. .*gradient accumulation/).waitFor();
  await studio.goTo('Train');
  await studio.fill('Learning rate', '0.5');
  await top.getByRole('button', { name: 'Resume' }).click();
  await statusBar.getByText('steps/s').waitFor();
  await studio.goTo('Model');
  await page.getByRole('tab', { name: 'Log' }).click();
  const line = (words: RegExp) => page.getByRole('listitem').filter({ hasText: words });
  await line(/Run 1, epoch \d+, step [\d,]+: Learning rate 0\.005 → 0\.5/).waitFor();
  await line(/Run 1, .*: Resumed after/).waitFor();
  expect(await line(/Run 1.* [Pp]aused$/).count()).toBe(1);
  await top.getByRole('button', { name: 'Stop', exact: true }).click();
  await studio.ended(1, 'stopped');
  expect(studio.errors).toEqual([]);
});
