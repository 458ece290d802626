import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { fixMachine } from './support/fixed-machine.ts';
import { startHost } from './support/host.ts';
import { root } from './support/paths.ts';
import { renews, smaller } from './support/pictures.ts';
import { newFolders } from './support/project.ts';
import { Studio, steps } from './support/studio.ts';

useBrowser();

const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];

test.runIf(renews)(
  'pictures of every screen for the documents, light and dark, in two sizes',
  async () => {
    const folders = newFolders('spirals');
    const host = await startHost(folders.project, folders.config);
    const context = await openContext();
    await fixMachine(context);
    const studio = await Studio.open(context, host);
    const { page } = studio;
    // Three runs to compare, one with a frozen layer.
    await studio.goTo('Train');
    await studio.train();
    await studio.ended(1, 'completed');
    await studio.fill('Learning rate', '0.002');
    await studio.train();
    await studio.ended(2, 'completed');
    await studio.fill('Learning rate', '0.005');
    await studio.goTo('Model');
    const card = page.getByRole('group', { name: /^hidden_2, / });
    await card.hover();
    await page.getByRole('button', { name: 'Freeze hidden_2' }).click();
    await studio.train();
    await studio.dialog.getByRole('button', { name: 'Train anyway' }).click();
    await studio.ended(3, 'completed');
    await studio.goTo('Runs');
    for (const box of await page.getByRole('checkbox', { name: /run \d/ }).all()) await box.check();
    for (const size of sizes) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const step of steps) {
          await studio.goToFilled(step);
          await page.mouse.move(0, size.height - 4);
          if (step === 'Model') await page.keyboard.press('0');
          await page.evaluate(() => (document.activeElement as HTMLElement).blur());
          await page.waitForTimeout(1_500);
          const name = `${step.toLowerCase()}-${colorScheme}-${size.width}.webp`;
          writeFileSync(join(root, 'docs', 'pictures', name), await smaller(page, await page.screenshot()));
        }
      }
    }
    expect(studio.errors).toEqual([]);
  },
  180_000,
);
