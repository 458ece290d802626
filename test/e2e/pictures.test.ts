import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { otherFonts, pictureDifference } from './support/pictures.ts';
import { newPlace } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

test.for(['light', 'dark'] as const)('every screen looks as it is kept, %s', async (colorScheme, { skip }) => {
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

  // Few epochs: processors round differently, and after hundreds of steps it shows.
  await studio.goTo('Train');
  await studio.fill('Epochs', '5');
  await studio.train();
  await studio.ended(1, 'completed');
  await page.getByRole('region', { name: 'Run 1' }).getByText('5 of 5').waitFor();
  expect(await pictureDifference(page, `train-${colorScheme}`, varies)).toBeNull();
  await studio.goToFilled('Runs');
  // Times of day, seconds, the processor.
  const ofTheMachine = [page.getByRole('table', { name: 'Runs' }), page.locator('dl', { hasText: 'Engine' })];
  expect(await pictureDifference(page, `runs-${colorScheme}`, [...varies, ...ofTheMachine])).toBeNull();
  await studio.goToFilled('Evaluate');
  expect(await pictureDifference(page, `evaluate-${colorScheme}`, varies)).toBeNull();
});
