import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders } from './support/project.ts';
import { openExample, steps, Studio } from './support/studio.ts';
import { byPortion, testInCi } from '../support/portion.ts';

useBrowser();

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number];

// A theme changes only colors: all rules in one theme, color rules in the other.
const light = { colorScheme: 'light', rules: null } as const;
const dark = { colorScheme: 'dark', rules: ['color-contrast', 'link-in-text-block'] } as const;
test.each(byPortion({ quick: [light], ci: [light, dark], soak: [light, dark] }))(
  'axe finds no serious violation on any $colorScheme screen',
  async ({ colorScheme, rules }) => {
    const { studio, page } = await openExample('spirals', colorScheme);
    const expectAccessible = (screen: string) => expectNoSeriousViolation(page, screen, rules);
    await expectAccessible('Model before any run');
    await studio.goTo('Train');
    await expectAccessible('Train before any run');
    await studio.button('Add phases').click();
    await page.getByRole('menuitem', { name: /^Head/ }).click();
    await page.getByRole('button', { name: /^Phase 1, / }).click();
    await studio.field('Frozen layers').selectOption('Chosen layers');
    await expectAccessible('Train with the fields of a phase');
    await studio.button('Remove phase 1').click();
    await page.getByRole('button', { name: /^Phase 1, / }).click();
    await studio.button('Remove phase 1').click();
    await studio.goTo('Runs');
    await expectAccessible('Runs before any run');
    await studio.train();
    await studio.ended(1, 'completed');

    for (const screen of steps) {
      await studio.goToFilled(screen);
      await expectAccessible(screen);
    }

    await studio.goTo('Model');
    await page.getByRole('button', { name: 'Freeze hidden_1' }).click();
    await page.getByRole('group', { name: /^hidden_1, / }).click();
    await page.getByRole('tab', { name: /Log/ }).click();
    await expectAccessible('Model with a frozen layer, selected');
    await page.keyboard.press('Control+g');
    await studio.fill('Repeat', '2');
    await expectAccessible('Model with a block, selected');
    await page.getByRole('group', { name: /^block, / }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Open block' }).waitFor();
    await page.getByRole('group', { name: /^hidden_1, / }).click();
    await studio.button('Make Units a parameter of the block').click();
    await expectAccessible('Layer inside a block, selected');
    await page.locator('.svelte-flow__pane').click({ position: { x: 20, y: 20 } });
    await expectAccessible('Inside of a block');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Minimap' }).click();
    await page.keyboard.press('Control+f');
    await studio.type('relu');
    await page.getByRole('list', { name: 'Layers found' }).waitFor();
    await expectAccessible('Find a layer, with the minimap');
    await page.keyboard.press('Escape');
    await studio.top.getByRole('button', { name: 'Spirals' }).click();
    await page.getByRole('menu', { name: 'Projects' }).waitFor();
    await expectAccessible('Menu of projects');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Commands' }).click();
    await expectAccessible('Commands');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+N');
    await studio.dialog.getByRole('region', { name: 'Templates' }).waitFor();
    await expectAccessible('New model');
    await page.keyboard.press('Escape');
    await studio.goTo('Runs');
    await studio.button('Compare models').click();
    await studio.dialog.getByRole('img', { name: 'Both models in one graph' }).waitFor();
    await expectAccessible('Compare models');
    await page.keyboard.press('Escape');
    await studio.button('Train longer…').click();
    await expectAccessible('Train longer');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+o');
    await studio.dialog.getByRole('heading', { name: 'Open a project' }).waitFor();
    await expectAccessible('Open a project');
    await studio.typePath('/no/such/folder');
    await studio.dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await studio.dialog.getByRole('alert').waitFor();
    await expectAccessible('A folder that is not there');
    await page.keyboard.press('Escape');
    await studio.goTo('Data');
    await studio.button('Choose data').click();
    await expectAccessible('Choose data');
  },
);

testInCi.each(
  byPortion<readonly ('light' | 'dark')[]>({ quick: ['light'], ci: ['light', 'dark'], soak: ['light', 'dark'] }),
)('axe finds no serious violation in the conflict dialog, %s', async (colorScheme) => {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const context = await openContext(colorScheme);
  const windows = [await Studio.open(context, host), await Studio.open(context, host)];
  for (const { page } of windows) await page.getByRole('group', { name: /^hidden_1, / }).click();
  // While core is paused, no window receives the other's edit.
  host.pause();
  for (const [index, studio] of windows.entries()) {
    await studio.fill('Units', String(10 + index));
    await studio.statusBar.getByText('Saving').waitFor();
  }
  host.resume();
  const asked = () => Promise.all(windows.map(({ dialog }) => dialog.count()));
  await expect.poll(async () => (await asked()).includes(1)).toBe(true);
  const { page } = windows[(await asked()).indexOf(1)]!;
  await page.getByRole('heading', { name: 'The model was changed elsewhere' }).waitFor();
  await expectNoSeriousViolation(page, 'Conflict');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Choose a version' }).waitFor();
  await expectNoSeriousViolation(page, 'Conflict put off');
});

testInCi.each(
  byPortion<readonly ('light' | 'dark')[]>({ quick: ['light'], ci: ['light', 'dark'], soak: ['light', 'dark'] }),
)('axe finds no serious violation while a run is paused, %s', async (colorScheme) => {
  const { studio, page } = await openExample('spirals', colorScheme);
  const { top } = studio;
  await studio.goTo('Train');
  await studio.fill('Epochs', '100000');
  await studio.train();
  await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();
  await top.getByRole('button', { name: 'Pause' }).click();
  await studio.fill('Learning rate', '0.001');
  await page.getByRole('list', { name: 'Changes while it trained' }).getByText('0.005 → 0.001').waitFor();
  await expectNoSeriousViolation(page, 'Train while paused');
  await top.getByRole('button', { name: 'Choose when to end' }).click();
  await page.getByRole('menu', { name: 'When to end run 1' }).waitFor();
  await expectNoSeriousViolation(page, 'Menu of ways to stop');
  await page.keyboard.press('Escape');
  await studio.goTo('Runs');
  await page.getByRole('article', { name: 'Run 1' }).getByText('0.005 → 0.001').waitFor();
  await expectNoSeriousViolation(page, 'Runs while paused');
});

test('no animation with reduced motion', async () => {
  const { studio, page } = await openExample('spirals');
  const moving = () =>
    page.evaluate(() => {
      const lasting = [...document.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationDuration } = getComputedStyle(element);
        return /[1-9]/.test(transitionDuration + animationDuration);
      });
      return [...lasting.map(({ className }) => String(className)), ...document.getAnimations().map(({ id }) => id)];
    });
  for (const screen of steps) {
    await studio.goTo(screen);
    expect(await moving(), screen).toEqual([]);
  }
  await studio.train();
  expect(await moving(), 'while it trains').toEqual([]);
  await studio.goTo('Model');
  const viewport = () =>
    page.locator('.svelte-flow__viewport').evaluate((element) => getComputedStyle(element).transform);
  await page.getByRole('button', { name: 'Zoom in' }).click();
  const zoomed = await viewport();
  await page.waitForTimeout(200);
  expect(await viewport()).toBe(zoomed);
});

/** Expects no serious or critical violation on the current screen. */
async function expectNoSeriousViolation(
  page: Page,
  screen: string,
  rules: readonly string[] | null = null,
): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules === null ? axe : axe.withRules([...rules])).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map((violation) => ({ screen, ...wordsOf(violation) }))).toEqual([]);
}

function wordsOf({ id, help, nodes }: Violation) {
  const where = nodes.slice(0, 5).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`);
  return { id, help, where };
}
