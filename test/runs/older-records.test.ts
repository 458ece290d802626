import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databasePath } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { exampleRun } from './example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Runs of version 0.1 have one output and one target. */
const FEATURES = {
  columns: [{ type: 'numeric', name: 'size', offset: 2, scale: 3, fill: null, min: 0, max: 9 }],
  inputShape: [1],
  target: { kind: 'classes', name: 'kind', classes: ['a', 'b'] },
};
const PRICE = { kind: 'numeric', name: 'price', offset: 0, scale: 1, standardDeviation: 1, unit: 'USD' };

describe('records of earlier versions', () => {
  let folder: string;
  let store: RunStore;
  let id: string;
  beforeEach(() => {
    folder = temporaryFolder();
    store = RunStore.open(folder);
    id = store.createRun(exampleRun()).id;
  });
  afterEach(() => store.close());

  function write(column: 'dataset' | 'feature_spec' | 'test' | 'configuration', value: unknown): void {
    const database = new Sqlite(databasePath(folder));
    database.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(JSON.stringify(value), id);
    database.close();
  }

  it('have their data set document in the present version', () => {
    write('dataset', { ...exampleRun().dataset, version: 1 });
    expect(store.get(id).dataset).toEqual(exampleRun().dataset);
  });

  it('have their target in the list of targets', () => {
    write('feature_spec', FEATURES);
    const { target, ...rest } = FEATURES;
    expect(store.get(id).featureSpec).toEqual({ ...rest, targets: [target], weight: null });
    write('feature_spec', { ...FEATURES, target: PRICE });
    expect(store.get(id).featureSpec?.targets).toEqual([PRICE]);
  });

  it('have their test result as that of their only output', () => {
    const confusion = [
      [3, 1],
      [0, 6],
    ];
    write('test', { metrics: { loss: 0.2, accuracy: 0.9 }, rows: 10, confusion });
    expect(store.get(id).test).toEqual({
      metrics: { loss: 0.2, accuracy: 0.9 },
      rows: 10,
      outputs: [{ output: '', target: '', confusion }],
    });
    const errors = { unit: 'USD', rmseOriginal: 500, maeOriginal: 400, rmseRelative: 0.3 };
    write('test', { metrics: { loss: 0.2 }, rows: 10, ...errors });
    expect(store.list()[0]!.test?.outputs).toEqual([{ output: '', target: '', ...errors }]);
  });

  it('have no class weights and no Output settings', () => {
    const { classWeights: _classWeights, outputs: _outputs, ...earlier } = exampleRun().configuration;
    write('configuration', earlier);
    expect(store.get(id).configuration).toMatchObject({ ...earlier, classWeights: 'none', outputs: {} });
  });
});
