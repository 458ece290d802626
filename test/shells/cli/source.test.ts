import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import { copyExample } from '../../support/example-project.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jsonLines, lamina } from './lamina.ts';

/** The spirals example, whose data set is edited. */
function spirals(edit: (dataset: DatasetDocument) => DatasetDocument): string {
  const folder = copyExample('spirals');
  const file = join(folder, 'spirals.dataset.json');
  writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8')) as DatasetDocument)));
  return folder;
}

/** 300 points of three classes. */
function points(folder: string, header: string, more: (row: number) => string = () => ''): string {
  const path = join(folder, 'march.csv');
  const lines = Array.from(
    { length: 300 },
    (_, i) => `${((i * 37) % 100) / 50 - 1},${((i * 61) % 100) / 50 - 1},${'abc'[i % 3]}${more(i)}`,
  );
  writeFileSync(path, `${header}\n${lines.join('\n')}\n`);
  return path;
}

const epochs = (output: string) =>
  jsonLines(output)
    .filter(({ event }) => event === 'epoch')
    .map(({ loss, val_loss: validation }) => [loss, validation]);

test('train --source keeps choices, guesses new columns, and the run stays reproducible', async () => {
  const project = spirals((dataset) => ({
    ...dataset,
    columns: dataset.columns.map((column) => (column.name === 'x' ? { ...column, scaling: 'min-max' } : column)),
    filter: [
      { kind: 'condition', column: 'x', is: '<', value: 0.9 },
      { kind: 'condition', column: 'z', is: 'present' },
    ],
    split: { ...dataset.split, train: 0.5, validation: 0.25, test: 0.25 },
  }));
  const other = temporaryFolder();
  const path = points(other, 'x,y,class,same', () => ',1');
  const made = ['train', project, '--source', path, '--seed', '3', '--engine', 'onnx', '--json'];
  const first = await lamina(...made, '--epochs', '2');
  expect(first.status).toBe(0);
  expect(jsonLines(first.stdout)[0]).toEqual({
    event: 'source',
    name: 'march',
    source: { kind: 'csv', path },
    kept: ['class'],
    guessed: ['x', 'y', 'same'],
    dropped: [],
    droppedSteps: 1,
    otherTargets: null,
    otherSplit: false,
  });
  expect(first.stderr).toContain('march');
  const file = join(project, 'spirals.dataset.json');
  const [run] = jsonLines((await lamina('runs', project, '--json')).stdout);
  expect(run).toMatchObject({ datasetName: 'march' });
  expect((JSON.parse(readFileSync(file, 'utf8')) as DatasetDocument).name).toBe('Spirals');

  const again = await lamina('train', project, '--repeat', '1', '--json');
  expect(epochs(again.stdout)).toEqual(epochs(first.stdout));
  const whole = await lamina(...made, '--epochs', '3');
  const resumed = await lamina('train', project, '--resume', '1', '--epochs', '3', '--json');
  expect(epochs(whole.stdout).slice(0, 2)).toEqual(epochs(first.stdout));
  expect(epochs(resumed.stdout)).toEqual(epochs(whole.stdout).slice(2));
  const { test: measured } = jsonLines(first.stdout).at(-1)! as { test: Record<string, unknown> };
  const evaluated = jsonLines((await lamina('evaluate', project, '--run', '1', '--json')).stdout)[0]!;
  expect(evaluated).toMatchObject({ loss: measured['loss'], accuracy: measured['accuracy'] });
});

test('train --source takes another kind of source', async () => {
  const project = spirals((dataset) => ({ ...dataset, source: { kind: 'idx', path: 'missing' } }));
  const folder = join(temporaryFolder(), 'points');
  mkdirSync(folder);
  points(folder, 'x,y,target');
  const { status, stdout, stderr } = await lamina(
    ...['train', project, '--source', folder, '--epochs', '1', '--engine', 'onnx', '--json'],
  );
  expect([status, stderr.includes('Warning')]).toEqual([0, false]);
  expect(jsonLines(stdout)[0]).toMatchObject({ kept: ['x', 'y'], guessed: ['target'], dropped: ['class'] });
});

test('train --source of what is not data fails before there is a run', async () => {
  const project = spirals((dataset) => dataset);
  const { status, stdout } = await lamina('train', project, '--source', join(temporaryFolder(), 'none'), '--json');
  expect(status).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([
    { event: 'finished', runId: null, error: { code: 'dataset/missing-file' } },
  ]);
});
