import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { copyExample } from '../../support/example-project.ts';
import { lamina } from './lamina.ts';

function change<Document>(folder: string, ending: string, edit: (document: Document) => void): void {
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(ending))!,
  );
  const document = JSON.parse(readFileSync(file, 'utf8')) as Document;
  edit(document);
  writeFileSync(file, JSON.stringify(document));
}

/** The spirals example on a CSV file with an additional column that its Input does not read. */
function fileProject(): string {
  const folder = copyExample('spirals');
  change<DatasetDocument>(folder, '.dataset.json', (dataset) => {
    dataset.source = { kind: 'csv', path: 'points.csv' };
    dataset.columns.push({ name: 'more', role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'standard' });
  });
  change<ModelDocument>(folder, '.lamina.json', ({ nodes }) => {
    const input = nodes.find(({ kind }) => kind === 'Input')!;
    input.params = { ...input.params, columns: ['x', 'y'] };
  });
  return folder;
}

test('evaluate reports changed data; predict needs no unread column', async () => {
  const folder = fileProject();
  const lines = Array.from({ length: 300 }, (_, i) => `${(i % 17) / 17},${(i % 23) / 23},${'abc'[i % 3]},${i}`);
  const write = (count: number): void => {
    writeFileSync(join(folder, 'points.csv'), `x,y,class,more\n${lines.slice(0, count).join('\n')}\n`);
  };
  write(300);
  const trained = await lamina('train', folder, '--epochs', '1', '--engine', 'onnx', '--json');
  expect([trained.status, trained.stderr.includes('Warning')]).toEqual([0, false]);
  const same = await lamina('evaluate', folder, '--json');
  expect(JSON.parse(same.stdout)).toMatchObject({ engine: 'onnx' });
  expect(JSON.parse(same.stdout)).not.toHaveProperty('dataChange');
  write(200);
  const changed = await lamina('evaluate', folder, '--json');
  expect(changed.status).toBe(0);
  expect(JSON.parse(changed.stdout)).toMatchObject({
    loss: expect.any(Number) as number,
    dataChange: { files: [{ name: 'points.csv', change: 'contents' }], split: { name: 'test', same: false } },
  });
  expect(changed.stderr).toContain('points.csv');
  const rows = join(folder, 'rows.csv');
  writeFileSync(rows, 'x,y\n0.1,0.2\n');
  const predicted = await lamina('predict', folder, rows, '--json');
  expect([predicted.status, JSON.parse(predicted.stdout)]).toMatchObject([0, { row: 1 }]);
  const repeated = await lamina('train', folder, '--repeat', '1', '--json');
  expect(repeated.status).toBe(0);
  const events = repeated.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  expect(events.map(({ event }) => event)).toEqual(['warning', 'epoch', 'finished']);
});
