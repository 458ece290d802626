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

  function write(column: 'dataset' | 'feature_spec' | 'test' | 'configuration' | 'freezing', value: unknown): void {
    const database = new Sqlite(databasePath(folder));
    database.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(JSON.stringify(value), id);
    database.close();
  }

  function read(column: 'feature_spec'): unknown {
    const database = new Sqlite(databasePath(folder));
    const row = database.prepare(`SELECT ${column} FROM runs WHERE id = ?`).get(id) as Record<string, string>;
    database.close();
    return JSON.parse(row[column]!);
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

  it('without a version of the feature spec are read as they are; a new one has a version', () => {
    const { target, ...rest } = FEATURES;
    const spec = { ...rest, targets: [target], weight: null };
    write('feature_spec', spec);
    expect(store.get(id).featureSpec).toEqual(spec);
    store.recordPreparation(id, { featureSpec: store.get(id).featureSpec! });
    expect(store.get(id).featureSpec).toEqual(spec);
    expect(read('feature_spec')).toEqual({ version: 2, ...spec });
  });

  it('of a newer version of the feature spec have none, with the reason', () => {
    write('feature_spec', { ...FEATURES, version: 99 });
    const { featureSpec, unreadable } = store.get(id);
    expect(featureSpec).toBeNull();
    expect(unreadable).toMatchInlineSnapshot(
      `"The feature spec of run 1 has version 99, written by a newer Lamina; this one reads up to version 2. Update Lamina to work on it."`,
    );
    write('feature_spec', { ...FEATURES, version: 'x' });
    expect(store.get(id)).toMatchObject({ featureSpec: null, unreadable: expect.stringContaining('damaged') });
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

  it('have no hashes of weights; those of another version are not read, with the reason', () => {
    expect(store.get(id)).toMatchObject({ freezing: null, unreadable: null });
    write('freezing', { version: 2, layers: [] });
    expect(store.get(id)).toMatchObject({ freezing: null, unreadable: expect.stringMatching(/freezing/) });
    write('freezing', { version: 1, layers: [] });
    expect(store.get(id)).toMatchObject({ freezing: { version: 1, layers: [] }, unreadable: null });
  });
});
