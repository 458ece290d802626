import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { otherFonts, pictureDifference } from './support/pictures.ts';
import { newPlace } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

test.for(['light', 'dark'] as const)('Model and Data look as they are kept, %s', async (colorScheme, { skip }) => {
  const place = newPlace('spirals');
  const host = await startHost(place.project, place.config);
  const studio = await Studio.open(await openContext(colorScheme), host);
  const { page } = studio;
  const reason = await otherFonts(page);
  if (reason !== null) return skip(reason);

  const varies = [page.getByRole('note', { name: /^Engine/ })];
  await expect.poll(() => new Canvas(page).cards.count()).toBe(5);
  await studio.top
    .getByRole('button', { name: 'Train', exact: true })
    .and(page.locator(':not([aria-disabled])'))
    .waitFor();
  expect(await pictureDifference(page, `model-${colorScheme}`, varies)).toBeNull();
  await studio.goTo('Data');
  await page.getByRole('heading', { name: 'First rows' }).waitFor();
  expect(await pictureDifference(page, `data-${colorScheme}`, varies)).toBeNull();
});
