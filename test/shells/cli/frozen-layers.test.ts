import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { databasePath } from '../../../src-main/runs/database.ts';
import { copyExample } from '../../support/example-project.ts';
import { jsonLines, lamina } from './lamina.ts';

test('train and runs --freezing report frozen and trained layers; a changed frozen weight is an error', async () => {
  const folder = copyExample('spirals');
  const file = join(folder, 'spirals.lamina.json');
  writeFileSync(file, frozen(readFileSync(file, 'utf8'), 'hidden_1'));
  const trained = await lamina('train', folder, '--epochs', '2', '--engine', 'onnx', '--json');
  expect(trained.status).toBe(0);
  const counts = { frozen: 1, partlyFrozen: 0, followBatches: 0, trained: 2, untouched: 0, faults: 0 };
  expect(jsonLines(trained.stdout).at(-1)).toMatchObject({ event: 'finished', freezing: counts });

  const table = await lamina('runs', folder, '--freezing', '1');
  expect(table.status).toBe(0);
  const rows = table.stdout.trim().split('\n').slice(2);
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).toEqual([
    ['hidden_1', '2', 'all steps', 'unchanged'],
    [expect.any(String), '2', expect.stringMatching(/^changed$/), expect.any(String)],
    [expect.any(String), '2', expect.stringMatching(/^changed$/), expect.any(String)],
  ]);
  const json = await lamina('runs', folder, '--freezing', 'last', '--json');
  expect(jsonLines(json.stdout)).toMatchObject([
    { number: 1, version: 1, counts, layers: [{ layer: 'hidden_1', frozen: 'always', result: 'unchanged' }, {}, {}] },
  ]);
  const csv = await lamina('runs', folder, '--freezing', '1', '--csv');
  expect(
    csv.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(',')[1]),
  ).toEqual([
    'weight',
    'hidden_1/kernel',
    'hidden_1/bias',
    'hidden_2/kernel',
    'hidden_2/bias',
    'classes/kernel',
    'classes/bias',
  ]);
  expect((await lamina('runs', folder, '--csv')).status).toBe(2);

  const database = new Sqlite(databasePath(folder));
  const change = (sql: string) => database.prepare(sql).run();
  const hash = '$.layers[0].weights[0].hashes[1].sha256';
  change(`UPDATE runs SET freezing = json_set(freezing, '${hash}', printf('%064d', 0))`);
  const fault = await lamina('runs', folder, '--freezing', '1', '--json');
  expect([fault.status, fault.stderr]).toEqual([1, expect.stringContaining('hidden_1/kernel')]);
  expect(jsonLines(fault.stdout)).toMatchObject([{ counts: { faults: 1 }, layers: [{ result: 'fault' }, {}, {}] }]);
  change('UPDATE runs SET freezing = NULL');
  database.close();
  const older = await lamina('runs', folder, '--freezing', '1');
  expect([older.status, older.stdout]).toEqual([1, '']);
  expect(older.stderr).toMatch(/older version/);
});

function frozen(model: string, layer: string): string {
  const document = JSON.parse(model) as { nodes: { name: string; frozen: boolean }[] };
  document.nodes.find(({ name }) => name === layer)!.frozen = true;
  return JSON.stringify(document);
}
