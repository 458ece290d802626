import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newPlace } from './support/project.ts';
import { Studio, type StepName } from './support/studio.ts';

useBrowser();

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number];

const SCREENS: readonly StepName[] = ['Data', 'Model', 'Train', 'Runs', 'Evaluate'];

// What a theme changes is colours: all rules once, those of colour twice.
test.each([
  { colorScheme: 'light', rules: null },
  { colorScheme: 'dark', rules: ['color-contrast', 'link-in-text-block'] },
] as const)('axe finds nothing serious on any $colorScheme screen', async ({ colorScheme, rules }) => {
  const place = newPlace('spirals');
  const host = await startHost(place.project, place.config);
  const studio = await Studio.open(await openContext(colorScheme), host);
  const { page } = studio;
  /** No violation of impact serious or critical on what is on screen. */
  const expectAccessible = async (screen: string): Promise<void> => {
    const axe = new AxeBuilder({ page });
    const { violations } = await (rules === null ? axe : axe.withRules([...rules])).analyze();
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(grave.map((violation) => ({ screen, ...wordsOf(violation) }))).toEqual([]);
  };
  await expectAccessible('Model before any run');
  await studio.goTo('Train');
  await expectAccessible('Train before any run');
  await studio.goTo('Runs');
  await expectAccessible('Runs before any run');
  await studio.train();
  await studio.ended(1, 'completed');

  for (const screen of SCREENS) {
    await studio.goTo(screen);
    if (screen === 'Data') await page.getByRole('heading', { name: 'First rows' }).waitFor();
    if (screen === 'Runs') await page.getByRole('rowheader', { name: /hidden_1\/kernel/ }).waitFor();
    if (screen === 'Evaluate') await page.getByText('Predicted class').waitFor();
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
  await studio.goTo('Data');
  await studio.button('Choose data').click();
  await expectAccessible('Choose data');
});

function wordsOf({ id, help, nodes }: Violation) {
  const where = nodes.slice(0, 5).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`);
  return { id, help, where };
}
