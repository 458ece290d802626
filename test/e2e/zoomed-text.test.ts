import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { unreachable } from './support/reachable.ts';
import { openExample, steps } from './support/studio.ts';

useBrowser();

test.each([
  // The size of a window of 1280 × 800 at that zoom.
  { what: 'a zoom of 200 %', size: { width: 640, height: 400 }, fontSize: 16 },
  { what: 'a font size of 20 px', size: { width: 1280, height: 800 }, fontSize: 20 },
])('with $what all controls are reachable and no text is clipped', async ({ what, size, fontSize }) => {
  const { studio, page } = await openExample('spirals', 'light', size);
  await page.evaluate((px) => document.documentElement.style.setProperty('font-size', `${px}px`), fontSize);
  const found: string[] = [];
  const look = async (screen: string) => {
    found.push(...(await unreachable(page)).map((words) => `${screen}: ${words}`));
  };
  await look('Model before any run');
  if (size.width < 900) {
    // The palette is collapsed, so that the graph has space.
    expect((await page.getByRole('application').boundingBox())!.y).toBeLessThan(size.height / 3);
    await studio.button('Layers').click();
    await look('Layers');
  }
  await studio.train();
  await studio.ended(1, 'completed');
  for (const screen of steps) {
    await studio.goToFilled(screen);
    await look(screen);
  }
  await studio.goTo('Runs');
  await studio.button('Train longer…').click();
  await look('Train longer');
  await page.keyboard.press('Escape');
  await studio.goTo('Model');
  await page.keyboard.press('Control+a');
  await look('All selected');
  for (const tab of ['Problems', 'Summary', 'Code', 'History', 'Log']) {
    await page.getByRole('tab', { name: tab }).click();
    await look(tab);
  }
  await page.keyboard.press('Control+k');
  await look('Commands');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+N');
  await look('New model');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+o');
  await look('Open project');
  await page.keyboard.press('Escape');
  await studio.goTo('Data');
  await studio
    .button(/^Choose (other )?data$/)
    .first()
    .click();
  await look('Choose data');
  expect(found, what).toEqual([]);
});
