import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { importModel } from '../../../src-main/interchange/import-model.ts';
import { copyExample } from '../../support/example-project.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jsonLines, lamina } from './lamina.ts';

interface Documents {
  readonly nodes: readonly { readonly name: string; readonly kind: string; readonly frozen: boolean }[];
}

let [project, rows] = ['', ''];
const file = (): string => join(project, 'spirals.lamina.json');
beforeAll(async () => {
  const folder = temporaryFolder();
  [project, rows] = [copyExample('spirals'), join(folder, 'rows.csv')];
  const path = join(folder, 'dense.keras');
  const fixture = join(import.meta.dirname, '../../fixtures/model-files/dense.keras3.keras.gz');
  writeFileSync(path, gunzipSync(readFileSync(fixture)));
  const lines = Array.from({ length: 60 }, (_, row) =>
    [...[1, 2, 3, 4, 5].map((column) => Math.sin(row * column)), ['red', 'green', 'blue'][row % 3]].join(','),
  );
  writeFileSync(rows, ['a,b,c,d,e,colour', ...lines].join('\n'));
  const params = { path, artifacts: join(project, 'artifacts'), onto: null };
  const { document } = await importModel(params, { signal: new AbortController().signal, onProgress: () => {} });
  writeFileSync(file(), JSON.stringify(document));
});

const model = (): Documents => JSON.parse(readFileSync(file(), 'utf8')) as Documents;

test.each([
  ['without a layer', ['--source', 'rows.csv'], 2],
  ['at a layer that the model does not have', ['--at', 'lost', '--source', 'rows.csv'], 2],
  ['at an Output', ['--at', 'output', '--source', 'rows.csv'], 1],
])('%s: refused, and the model stays', async (_, args, status) => {
  const before = model();
  const given = args.map((arg) => (arg === 'rows.csv' ? rows : arg));
  expect((await lamina('new-head', project, ...given)).status).toBe(status);
  expect(model()).toEqual(before);
});

test('keeps and freezes the model up to the layer, fits the head to the data, and trains', async () => {
  const added = await lamina('new-head', project, '--at', 'ln', '--source', rows, '--json');
  expect(added.status).toBe(0);
  expect(jsonLines(added.stdout)).toEqual([{ at: 'ln', frozen: 6, added: ['new_head', 'output'], notes: [] }]);
  const { nodes } = model();
  expect(nodes.map(({ name }) => name)).not.toContain('last');
  expect(nodes.filter(({ frozen }) => !frozen).map(({ name }) => name)).toEqual(['table', 'new_head', 'output']);
  const trained = await lamina('train', project, '--epochs', '1', '--json');
  expect(trained.status).toBe(0);
  const frozen = await lamina('runs', project, '--freezing', '1');
  expect(frozen.status).toBe(0);
});

test('sweep trains each freeze with the same seeds and compares them', async () => {
  expect((await lamina('sweep', project, '--train-last', '99')).status).toBe(2);
  const swept = await lamina(
    ...['sweep', project, '--train-last', '0', '--train-last', '2', '--seeds', '1', '--seed', '7', '--epochs', '1'],
    '--json',
  );
  expect(swept.status).toBe(0);
  const last = jsonLines(swept.stdout).at(-1);
  expect(last).toMatchObject({
    metric: 'val_accuracy',
    results: [
      { variant: 'head alone', count: 1, deviation: null },
      { variant: 'last 2 trained', count: 1, deviation: null },
    ],
  });
  const runs = jsonLines((await lamina('runs', project, '--json')).stdout).slice(0, 2);
  expect(runs.map(({ name }) => name)).toEqual(['last 2 trained, seed 7', 'head alone, seed 7']);
});
