import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright';
import { expect, test } from 'vitest';
import { byPortion, testInCi } from '../support/portion.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { outOfView } from './support/in-view.ts';
import { newFolders, readProject } from './support/project.ts';
import { unreachable } from './support/reachable.ts';
import { openExample, Studio } from './support/studio.ts';

useBrowser();

const between = [
  { width: 1024, height: 640 },
  { width: 1280, height: 720 },
];
/** Windows of 1280 × 800 and 1920 × 1080 at a zoom of 150 %, and both without zoom. */
const sizes = [
  { width: 853, height: 533 },
  ...byPortion({ quick: [], ci: between, soak: between }),
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

test.each(sizes)(
  'at $width × $height the main buttons of every screen and dialog are visible, and the rest is reachable',
  async (size) => {
    const { studio, page } = await openExample('spirals', 'light', size);
    const { dialog } = studio;
    const found: string[] = [];
    const inView = async (where: string, ...locators: Locator[]) => {
      for (const locator of locators) found.push(...(await outOfView(locator)).map((words) => `${where}: ${words}`));
    };
    const screen = async (where: string, ...locators: Locator[]) => {
      await inView(where, ...locators, studio.top.getByRole('button'), studio.statusBar);
      found.push(...(await unreachable(page)).map((words) => `${where}: ${words}`));
    };
    /** Title, close button and buttons are visible at the start and the end of the scrolled content. */
    const inDialog = async (where: string) => {
      const stay = [dialog.getByRole('heading').first(), dialog.getByRole('button', { name: 'Close', exact: true })];
      await stay[0]!.waitFor();
      // A dialog that only shows information has no buttons.
      const footer = dialog.locator('footer button');
      if ((await footer.count()) > 0) stay.push(footer);
      await inView(where, ...stay);
      found.push(...(await unreachable(page)).map((words) => `${where}: ${words}`));
      await dialog.evaluate((outer) => {
        for (const part of [outer, ...outer.querySelectorAll('*')]) part.scrollTop = part.scrollHeight;
      });
      await inView(`${where}, scrolled`, ...stay);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    };

    await studio.train();
    await studio.ended(1, 'completed');
    await studio.goTo('Model');
    const curve = (name: string) => page.getByRole('region', { name: `Curve of ${name}` });
    await screen(
      'Model',
      page.getByRole('toolbar', { name: 'Canvas' }).getByRole('button'),
      page.getByRole('complementary', { name: 'Inspector' }).getByRole('textbox', { name: 'Model' }),
      page.getByRole('tablist', { name: 'Drawer' }),
      page.locator('.svelte-flow__node'),
      curve('loss').getByRole('heading'),
      curve('loss').getByRole('img'),
    );
    await page.getByRole('group', { name: /^hidden_1, / }).click();
    await inView('A layer selected', studio.field('Units'));
    // A model other than that of the run, so that the two can be compared.
    await studio.fill('Units', '7');
    await page.keyboard.press('Shift+N');
    await inDialog('New model');
    await page.keyboard.press('Control+o');
    await dialog.getByRole('option').first().waitFor();
    await inDialog('Open a project');
    await page.keyboard.press('Control+k');
    await inView('Commands', dialog.getByRole('combobox'), dialog.getByRole('option').first());
    await page.keyboard.press('Escape');

    await studio.goTo('Data');
    await screen('Data', studio.button(/^Choose (other )?data$/));
    await studio.button(/^Choose (other )?data$/).click();
    await dialog.getByRole('option').first().waitFor();
    await inDialog('Choose data');

    await studio.goTo('Train');
    const continuing = studio.button(/^(Train longer…|Continue from these weights|Repeat)$/);
    await screen('Train', studio.field('Epochs'), continuing, curve('loss').getByRole('img'));
    await studio.button('Train longer…').click();
    await inDialog('Train longer');

    await studio.goToFilled('Runs');
    const results = studio.button(/^(Train longer…|Evaluate|Export|Delete run 1)$/).and(page.locator('article button'));
    await screen('Runs', results, curve('loss').getByRole('heading'));
    await studio.button('Delete run 1').click();
    await inDialog('Delete run');
    await studio.button('Compare models').click();
    await dialog.getByRole('img', { name: 'Both models in one graph' }).waitFor();
    await inDialog('Compare models');

    await studio.goToFilled('Evaluate');
    await screen('Evaluate', studio.button(/^Evaluate on /));
    await studio.button(/^Export as SavedModel/).click();
    await dialog.getByRole('option').first().waitFor();
    await inDialog('Export as SavedModel');
    expect(found).toEqual([]);
    expect(studio.errors).toEqual([]);
  },
);

testInCi('at 853 × 533 the dialogs for conflicts and newer documents keep their buttons visible', async () => {
  const [size] = sizes;
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const context = await openContext('light', size);
  const windows = [await Studio.open(context, host), await Studio.open(context, host)];
  for (const { page } of windows) await page.getByRole('group', { name: /^hidden_1, / }).click();
  host.pause();
  for (const [index, studio] of windows.entries()) {
    await studio.fill('Units', String(10 + index));
    await studio.statusBar.getByText('Saving').waitFor();
  }
  host.resume();
  const asked = () => Promise.all(windows.map(({ dialog }) => dialog.count()));
  await expect.poll(async () => (await asked()).includes(1)).toBe(true);
  const { dialog } = windows[(await asked()).indexOf(1)]!;
  expect(await outOfView(dialog.getByRole('button'))).toEqual([]);

  const newer = newFolders('spirals');
  const model = readProject(newer.project).model;
  writeFileSync(join(newer.project, 'spirals.lamina.json'), JSON.stringify({ ...model, version: 99 }));
  const studio = await Studio.openByLink(context, await startHost(newer.project, newer.config));
  await studio.button(/^Save a copy/).click();
  await studio.dialog.getByRole('option').first().waitFor();
  expect(await outOfView(studio.dialog.locator('footer button'))).toEqual([]);
  expect(await unreachable(studio.page)).toEqual([]);
});
