import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resume, suspend } from '../support/processes.ts';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders } from './support/project.ts';
import { openExample, Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

testInCi('evaluation and export are cancelled by button, by Escape and by leaving the screen', async () => {
  const { folders, host, studio, page } = await openExample('spirals');
  await studio.trainFor(2);
  await studio.goToFilled('Evaluate');
  await page.getByRole('region', { name: 'Predict a row' }).getByText('Predicted class').waitFor();
  const result = page.getByRole('region', { name: 'Test', exact: true });
  const evaluate = result.getByRole('button', { name: /^Evaluate on / });
  const evaluated = result.getByText(/^With the best weights, epoch \d+:$/);
  const evaluating = page.getByRole('group', { name: 'Evaluating' });

  suspend(host.trainers());
  await evaluate.click();
  await evaluating.getByRole('progressbar').waitFor();
  await evaluating.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The evaluation was cancelled.').waitFor();
  expect(await evaluating.count()).toBe(0);
  await evaluate.click();
  await evaluated.waitFor();
  expect(await page.getByText('The evaluation was cancelled.').count()).toBe(0);

  suspend(host.trainers());
  const exporting = page.getByRole('group', { name: 'Exporting' });
  await studio.button('Export as SavedModel').click();
  await studio.typePath(folders.files);
  await studio.dialog.getByRole('textbox', { name: 'Name of the new folder' }).fill('exported');
  await studio.dialog.getByRole('button', { name: 'Export here' }).click();
  await exporting.getByRole('progressbar').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('The export was cancelled.').waitFor();
  expect(existsSync(join(folders.files, 'exported'))).toBe(false);
  // The result of the evaluation is still there.
  expect(await evaluated.count()).toBe(1);

  await page.getByRole('button', { name: 'Next row' }).click();
  await page.getByText(/previous entries/).waitFor({ state: 'detached' });
  const workers = host.trainers();
  suspend(workers);
  await evaluate.click();
  await evaluating.waitFor();
  await studio.goTo('Runs');
  // The abandoned evaluation does not delay this.
  await page.getByRole('rowheader', { name: /hidden_1\/kernel/ }).waitFor();
  expect(host.trainers().map(({ pid }) => pid)).not.toContain(workers[0]!.pid);
  await studio.goTo('Evaluate');
  await evaluate.and(page.locator(':not([aria-disabled])')).waitFor();
  expect(studio.errors).toEqual([]);
});

test('finding out what a chosen file is can be stopped', async () => {
  const folders = newFolders('spirals');
  const path = join(folders.files, 'few.csv');
  writeFileSync(path, `a,b\n${Array.from({ length: 30 }, (_, i) => `${i},${i * i}`).join('\n')}\n`);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  await studio.goToFilled('Data');
  const processes = host.dataProcesses();
  suspend(processes);
  await studio.openData(path);
  const looking = studio.dialog.getByRole('group', { name: 'Looking at the data' });
  await looking.getByRole('button', { name: 'Stop' }).click();
  await looking.waitFor({ state: 'detached' });
  // The next request may go to a process that did not work on the first.
  resume(processes);
  await studio.dialog.getByRole('button', { name: 'Use this path' }).click();
  await studio.page.getByRole('heading', { name: /30 rows/ }).waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi('after reading was cancelled the data is read again, or other data is chosen', async () => {
  const folders = newFolders('spirals');
  const path = join(folders.files, 'few.csv');
  writeFileSync(path, `a,b\n${Array.from({ length: 30 }, (_, i) => `${i % 9},${i * i}`).join('\n')}\n`);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  await studio.openData(path);
  await page.getByRole('heading', { name: /30 rows/ }).waitFor();
  const split = page.getByRole('region', { name: 'Split' });
  await split.getByText('21', { exact: true }).waitFor();
  const processes = host.dataProcesses();
  suspend(processes);
  await page.getByRole('combobox', { name: 'Type of a' }).selectOption('categorical');
  const reading = page.getByRole('group', { name: 'Reading the data' });
  await reading.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Read again' }).waitFor();
  expect(await reading.count()).toBe(0);
  resume(processes);
  await studio.button('Choose data').click();
  await studio.dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByRole('button', { name: 'Read again' }).waitFor({ state: 'detached' });
  expect(studio.errors).toEqual([]);
});
