import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { CurveReader } from './support/chart.ts';
import { startHost, type Host } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { writeBirds } from './support/tables.ts';

useBrowser();

test('from a CSV file to an exported model, with a frozen layer, a killed trainer and a restart', async () => {
  const folders = newFolders(null);
  const csv = join(folders.files, 'birds.csv');
  writeBirds(csv);
  let host = await startHost(folders.project, folders.config, true);
  let studio = await Studio.open(await openContext(), host);

  await importData(studio, csv);
  await buildNetwork(studio);
  await expectAutosaved(folders.project, csv);

  await studio.trainFor(30);

  await freezeAndTrainOn(studio);
  const before = await trainUntilKilled(studio, host);
  expect(studio.errors).toEqual([]);

  await host.kill();
  host = await startHost(folders.project, folders.config);
  studio = await Studio.open(await openContext(), host);
  await expectInterrupted(studio, before);
  await resume(studio, before.epochs);

  await evaluate(studio);
  await predict(studio);
  await exportModel(studio, join(folders.files, 'exported'));
  expect(studio.errors).toEqual([]);
  expect(await host.stop()).toBe(0);
});

/** Chooses the file in the dialog and sets the last column as target; expects columns, rows and the split. */
async function importData(studio: Studio, csv: string): Promise<void> {
  const { page } = studio;
  await studio.openData(csv);
  await page.getByRole('heading', { level: 1, name: /birds/i }).waitFor();
  await page.getByLabel('Role of species').selectOption('target');
  await page.getByRole('row', { name: /^colour feature categorical/ }).waitFor();
  await page.getByRole('heading', { name: /900 rows/ }).waitFor();
  await page.getByRole('row', { name: /^Train .*\d/ }).waitFor();
}

/**
 * Adds two layers between Input and Output of a new project and connects them by mouse, then undoes and redoes an
 * edit.
 */
async function buildNetwork(studio: Studio): Promise<void> {
  const { page } = studio;
  const canvas = new Canvas(page);
  await studio.goTo('Model');
  await canvas.dragIn('Dense', 0.35, 0.5);
  await canvas.dragIn('Dense', 0.65, 0.5);
  await expect.poll(() => canvas.cards.count()).toBe(4);
  await canvas.connect('input', 'dense');
  await canvas.connect('dense', 'dense_1');
  await canvas.connect('dense_1', 'output');
  await expect.poll(() => canvas.edges.count()).toBe(3);

  await canvas.card('dense').click();
  await studio.field('Units').fill('16');
  await studio.field('Activation').selectOption('relu');
  await canvas.card('dense_1').click();
  await studio.field('Units').fill('3');
  await studio.field('Activation').selectOption('softmax');

  await studio.button(/^Undo /).click();
  await canvas.card('dense_1').and(page.locator(':not([aria-label*="softmax"])')).waitFor();
  await studio.button(/^Redo /).click();
  await page.getByRole('group', { name: /^dense_1, Dense 3, softmax, output 3/ }).waitFor();
  expect(await studio.statusBar.getByRole('button', { name: /problem/ }).count()).toBe(0);
}

/** Every edit is saved without a save command. */
async function expectAutosaved(folder: string, csv: string): Promise<void> {
  await expect
    .poll(() => {
      const { model, dataset } = readProject(folder);
      return {
        kinds: model.nodes.map((node) => node.kind),
        edges: model.edges.length,
        last: model.nodes.find((node) => node.name === 'dense_1')?.params,
        source: dataset.source.kind === 'csv' ? dataset.source.path : null,
        target: dataset.columns.find((column) => column.role === 'target')?.name,
      };
    })
    .toEqual({
      kinds: ['Input', 'Output', 'Dense', 'Dense'],
      edges: 3,
      last: { units: 3, activation: 'softmax' },
      source: csv,
      target: 'species',
    });
}

/** Frozen weights stay bit for bit, the others change; the run's record says so. */
async function freezeAndTrainOn(studio: Studio): Promise<void> {
  const { page } = studio;
  await studio.goTo('Model');
  await new Canvas(page).card('dense').hover();
  await studio.button('Freeze dense').click();
  await studio.button('Unfreeze dense').waitFor();
  await studio.goTo('Train');
  await studio.fill('Epochs', '10');
  await studio.button('Continue from these weights').click();
  await studio.dialog.getByRole('button', { name: 'Train one run' }).click();
  await studio.ended(2, 'completed');

  await studio.goTo('Runs');
  const detail = page.getByRole('article', { name: 'Run 2' });
  await detail
    .locator('dd')
    .getByText(/^run 1\b/)
    .waitFor();
  await detail.locator('dt').getByText('Frozen part', { exact: true }).waitFor();
  const table = detail.getByRole('table', { name: 'Change of the weights' });
  const rows = table.getByRole('row').filter({ has: page.getByRole('rowheader') });
  await rows.first().waitFor();
  const changes = await rows.evaluateAll((found) =>
    found.map((row) => ({
      weight: row.querySelector('th')?.getAttribute('title'),
      frozen: row.textContent?.includes('frozen'),
      change: Number(row.querySelector('td.number')?.getAttribute('title')),
    })),
  );
  expect(changes.map(({ weight, frozen }) => [weight, frozen])).toEqual([
    ['dense/kernel', true],
    ['dense/bias', true],
    ['dense_1/kernel', false],
    ['dense_1/bias', false],
  ]);
  for (const { frozen, change } of changes) {
    if (frozen) expect(change).toBe(0);
    else expect(change).toBeGreaterThan(1e-4);
  }

  const layers = detail.getByRole('table', { name: 'Frozen and trained layers' });
  await layers.getByRole('row', { name: /\bdense 2 all steps unchanged [0-9a-f]{8}$/ }).waitFor();
  await layers.getByRole('row', { name: /\bdense_1 2 changed [0-9a-f]{8}$/ }).waitFor();
  await layers.getByRole('button', { name: 'Weights of dense', exact: true }).press('Enter');
  await layers.getByRole('row', { name: /^kernel \d+ × 16 unchanged [0-9a-f]{8}$/ }).waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), studio.button('Save CSV').click()]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  expect(lines.map((line) => line.split(',')[6])).toEqual(['result', 'unchanged', 'unchanged', 'changed', 'changed']);
}

interface Interrupted {
  readonly epochs: number;
  readonly curveEnd: number;
}

/** Starts a long run, waits until its curve grows, kills its trainer. */
async function trainUntilKilled(studio: Studio, host: Host): Promise<Interrupted> {
  const { page } = studio;
  await studio.goTo('Train');
  await studio.fill('Epochs', '50000');
  // The process that read weights for a table may still run.
  const earlier = host.trainers().map(({ pid }) => pid);
  await studio.train();
  // The first layer is still frozen, and this run starts from the seed.
  await studio.dialog.getByRole('button', { name: 'Train anyway' }).click();
  const run = page.getByRole('region', { name: 'Run 3' });
  await run.getByText('training', { exact: true }).waitFor();

  const curve = new CurveReader(page, 'loss');
  await expect.poll(async () => (await curve.end())?.step ?? 0).toBeGreaterThan(0);
  let last = (await curve.end())!.step;
  for (let look = 0; look < 3; look += 1) {
    await expect.poll(async () => (await curve.end())!.step).toBeGreaterThan(last);
    last = (await curve.end())!.step;
  }
  await run.getByText(/^[\d,]{3,} of 50,000$/).waitFor({ timeout: 200_000 });

  const trainers = host.trainers().filter(({ pid }) => !earlier.includes(pid));
  expect(trainers).toHaveLength(1);
  process.kill(trainers[0]!.pid, 'SIGKILL');
  await studio.ended(3, 'interrupted');
  await page
    .getByText(/\(epoch \d+, step \d+\)/)
    .first()
    .waitFor();
  return { epochs: await epochsDone(page), curveEnd: await curve.lastStep() };
}

/** The epoch shown on the Train screen. */
async function epochsDone(page: Studio['page']): Promise<number> {
  const text = await page.getByRole('region', { name: 'Run 3' }).innerText();
  return Number(/([\d,]+) of 50,000/.exec(text)?.[1]?.replaceAll(',', ''));
}

/** After a restart: all runs are listed, the interrupted one with its curve and Resume. */
async function expectInterrupted(studio: Studio, before: Interrupted): Promise<void> {
  const { page } = studio;
  await studio.goTo('Runs');
  const row = (number: number) => page.getByRole('row', { name: new RegExp(`^Compare run ${number}\\b`) });
  await row(1).getByText('completed').waitFor();
  await row(2).getByText('completed').waitFor();
  await row(3).getByText('interrupted').waitFor();
  await row(3).click();
  await page.getByRole('article', { name: 'Run 3' }).getByRole('button', { name: 'Resume' }).waitFor();
  expect((await new CurveReader(page, 'loss').end())?.step).toBe(before.curveEnd);

  await studio.goTo('Train');
  expect(await epochsDone(page)).toBe(before.epochs);
}

/** Resumes after the last checkpoint, then stops. */
async function resume(studio: Studio, from: number): Promise<void> {
  const { page } = studio;
  await studio.button('Resume').click();
  const run = page.getByRole('region', { name: 'Run 4' });
  await run.getByText('training', { exact: true }).waitFor();
  await expect
    .poll(async () => Number(/([\d,]+) of 50,000/.exec(await run.innerText())?.[1]?.replaceAll(',', '')))
    .toBeGreaterThan(from + 1);
  await studio.top.getByRole('button', { name: 'Stop' }).click();
  await studio.ended(4, 'stopped');
}

async function evaluate(studio: Studio): Promise<void> {
  const { page } = studio;
  await studio.goTo('Evaluate');
  await studio.button(/^Evaluate on \d+ rows$/).click();
  const test = page.getByRole('region', { name: 'Test', exact: true });
  await test.getByRole('table').waitFor();
  const accuracy = await test.locator('dl > div', { hasText: /accuracy/i }).innerText();
  expect(Number(/([\d.]+)\s*%/.exec(accuracy)?.[1])).toBeGreaterThan(80);
}

/** A row of the test split, then the same row with another bill. */
async function predict(studio: Studio): Promise<void> {
  const panel = studio.page.getByRole('region', { name: 'Predict a row' });
  await panel.getByText('Predicted species').waitFor();
  expect(await panel.getByRole('table', { name: 'Predicted probabilities' }).getByRole('row').count()).toBe(3);
  await panel.getByLabel('bill').fill('60');
  await panel.getByText(/row was changed/).waitFor();
  await panel.getByText('Predicted species').waitFor();
}

async function exportModel(studio: Studio, folder: string): Promise<void> {
  const { page, dialog } = studio;
  await studio.button('Export as SavedModel').click();
  const path = dialog.getByRole('textbox', { name: /^Path/ });
  await studio.typePath(join(folder, '..'));
  await path.press('Enter');
  await dialog.getByRole('button', { name: 'files', exact: true }).waitFor();
  await dialog.getByLabel('Name of the new folder').fill('exported');
  await dialog.getByRole('button', { name: 'Export here' }).click();
  await page.getByText('Written to').waitFor();
  const files = readdirSync(folder, { recursive: true }).map(String);
  expect(files).toContain('saved_model.pb');
  // Without TensorFlow the export cannot be checked.
  await page.getByText(/predicts the same|not checked/).waitFor();
}
