import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { readProject } from './support/project.ts';
import { openExample } from './support/studio.ts';

useBrowser();

test('formulas as activation, loss, metric and schedule are edited, drawn and trained', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const canvas = new Canvas(page);

  // An activation starts with the formula of the named one.
  await canvas.card('hidden_1').click();
  await studio.field('Activation').selectOption('formula');
  const activation = page.getByRole('textbox', { name: 'Formula of x' });
  expect(await activation.inputValue()).toBe('relu(x)');
  await activation.fill('x * sigmoi(x)');
  const alert = page.getByRole('alert').filter({ hasText: 'sigmoid?' });
  await alert.waitFor();
  await activation.fill('x * sigmoid(x)');
  await alert.waitFor({ state: 'detached' });
  await page.getByRole('img', { name: /^x \* sigmoid\(x\), and its derivative/ }).waitFor();
  await canvas.card('hidden_1').getByText('x * sigmoid(x)').waitFor();

  // Loss, metric and schedule.
  await studio.goTo('Train');
  await studio.field('Loss').selectOption('formula');
  await studio.field('Formula').fill('-sum(y_true * log(max(y_pred, 1e-7)))');
  await page.getByRole('button', { name: 'Add a metric by formula' }).click();
  const metric = page.getByRole('group', { name: 'Metric my_metric_1' });
  await metric.getByLabel('Formula', { exact: true }).fill('max(y_pred) > 0.9');
  await metric.getByLabel('Metric', { exact: true }).fill('sure');
  await studio.field('Schedule').selectOption('formula');
  await studio.fill('Epochs', '2');
  await studio.train();
  await studio.ended(1, 'completed');
  await studio.saved();
  expect(readProject(folders.project).project.configuration).toMatchObject({
    loss: { name: 'formula', formula: '-sum(y_true * log(max(y_pred, 1e-7)))' },
    metrics: [{ name: 'sure', formula: 'max(y_pred) > 0.9' }],
    schedule: { kind: 'formula' },
  });
  await page.getByRole('region', { name: 'Curve of sure' }).waitFor();
  expect(studio.errors).toEqual([]);
});
