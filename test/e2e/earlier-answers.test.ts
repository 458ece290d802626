import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

test('outdated predictions and weights are marked or hidden', async () => {
  const { host, studio, page } = await openExample('spirals');
  await studio.goTo('Train');
  await studio.fill('Epochs', '1');
  for (const number of [1, 2]) {
    await studio.train();
    await studio.ended(number, 'completed');
  }

  await studio.goToFilled('Evaluate');
  const panel = page.getByRole('region', { name: 'Predict a row' });
  const predicted = panel.getByText('Predicted class');
  const field = panel.getByRole('form', { name: 'Row to predict' }).getByRole('textbox').first();
  const opacity = () =>
    predicted.evaluate((element) => Number(getComputedStyle(element.closest('.earlier') ?? element).opacity));
  await field.fill('many');
  await panel.getByText(/^No prediction: /).waitFor();
  expect(await predicted.count()).toBe(0);
  await field.fill('0.25');
  await predicted.waitFor();
  // A slow prediction.
  host.pause();
  await field.fill('0.5');
  await panel.getByText(/previous entries/).waitFor();
  expect(await opacity()).toBeLessThan(1);
  host.resume();
  await expect.poll(opacity).toBe(1);
  expect(await panel.getByText(/previous entries/).count()).toBe(0);

  // Weights of the previously selected run.
  await studio.goToFilled('Runs');
  host.pause();
  await page.getByRole('row', { name: /run 1\b/ }).click();
  await page.getByRole('progressbar', { name: 'Comparing weights' }).waitFor();
  expect(await page.getByRole('rowheader', { name: /hidden_1\/kernel/ }).count()).toBe(0);
  host.resume();
  await page.getByRole('rowheader', { name: /hidden_1\/kernel/ }).waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi('an evaluation keeps the typed row and the export result', async () => {
  const { host, studio, page } = await openExample('spirals');
  await studio.trainFor(2);

  await studio.goToFilled('Evaluate');
  const panel = page.getByRole('region', { name: 'Predict a row' });
  const field = panel.getByRole('form', { name: 'Row to predict' }).getByRole('textbox').first();
  await field.fill('0.25');
  await panel.getByText(/The row was changed/).waitFor();
  await studio.button('Export as SavedModel').click();
  await studio.dialog.getByRole('button', { name: 'Export here' }).click();
  await page.getByText('Written to').waitFor();

  await studio.button(/^Evaluate on /).click();
  await page.getByText(/weights, epoch \d+:$/).waitFor();
  // If the row was loaded again, that would happen before the next prediction.
  host.pause();
  await field.press('End');
  await field.pressSequentially('5');
  await panel.getByText(/previous entries/).waitFor();
  host.resume();
  await panel.getByText(/previous entries/).waitFor({ state: 'detached' });
  expect(await field.inputValue()).toBe('0.255');
  expect(await page.getByText('Written to').count()).toBe(1);
  expect(studio.errors).toEqual([]);
});
