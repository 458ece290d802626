import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { fixMachine, withProcessor } from './support/fixed-machine.ts';
import { startHost } from './support/host.ts';
import { otherFonts, pictureDifference } from './support/pictures.ts';
import { newFolders } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

const LONG_NAME = `${'Processor of a long name, '.repeat(8)}sixty-four cores`;

// Machine and locale must not matter: each theme uses another one.
test.for([
  { colorScheme: 'light', locale: 'en-US', processor: 'C1' },
  { colorScheme: 'dark', locale: 'ar-EG', processor: LONG_NAME },
] as const)(
  'every screen equals its kept picture, $colorScheme',
  async ({ colorScheme, locale, processor }, { skip }) => {
    const folders = newFolders('spirals');
    const host = await startHost(folders.project, folders.config, false, withProcessor(processor));
    const context = await openContext(colorScheme, undefined, locale);
    await fixMachine(context);
    const studio = await Studio.open(context, host);
    const { page } = studio;
    const reason = await otherFonts(page);
    if (reason !== null) return skip(reason);

    await expect.poll(() => new Canvas(page).cards.count()).toBe(5);
    await studio.top
      .getByRole('button', { name: 'Train', exact: true })
      .and(page.locator(':not([aria-disabled])'))
      .waitFor();
    expect(await pictureDifference(page, `model-${colorScheme}`)).toBeNull();
    await studio.goTo('Data');
    await page.getByRole('heading', { name: 'First rows' }).waitFor();
    expect(await pictureDifference(page, `data-${colorScheme}`)).toBeNull();

    // Few epochs: rounding differences between processors become visible after hundreds of steps.
    await studio.trainFor(5);
    await page.getByRole('region', { name: 'Run 1' }).getByText('5 of 5').waitFor();
    expect(await pictureDifference(page, `train-${colorScheme}`)).toBeNull();
    await studio.goToFilled('Runs');
    expect(await pictureDifference(page, `runs-${colorScheme}`)).toBeNull();
    await studio.goToFilled('Evaluate');
    expect(await pictureDifference(page, `evaluate-${colorScheme}`)).toBeNull();
  },
);
