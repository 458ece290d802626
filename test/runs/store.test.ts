import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeArtifact } from '../../src-main/runs/artifacts.ts';
import { openDatabase } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { Checkpoint } from '../../src-main/runs/types.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import type { EpochRecord } from '../../src-shared/training/run/run.ts';
import { exampleRun, loadCheckpoint } from './example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let store: RunStore;
beforeEach(() => {
  folder = temporaryFolder();
  store = RunStore.open(folder);
});
afterEach(() => store.close());

const epoch = (number: number, loss = 1 / number): EpochRecord => ({
  epoch: number,
  metrics: { loss, val_loss: loss * 2 },
  durationMs: 12.5,
  stepsPerSecond: 800,
});

/** Records a checkpoint whose file has one number. */
async function checkpoint(id: string, kind: Checkpoint['kind'], step: number, value = step): Promise<Checkpoint> {
  const { sha256, sizeBytes } = await writeArtifact(
    store.artifacts,
    new Map([['w', { dtype: 'float32', shape: [1], data: Float32Array.of(value) }]]),
  );
  const saved = { kind, epoch: step / 10, step, batch: 0, metrics: { loss: 1 }, sha256, sizeBytes };
  store.recordCheckpoints(id, [saved]);
  return saved;
}

const files = (): string[] => readdirSync(store.artifacts);

describe('run store', () => {
  it('rejects numbers that JSON cannot represent', () => {
    const { id } = store.createRun(exampleRun());
    const notFinite = expect.objectContaining({ code: 'runs/not-finite' });
    expect(() => store.setTest(id, { metrics: { loss: Infinity }, rows: 3, outputs: [] })).toThrow(notFinite);
    expect(() => store.recordEpochs(id, [{ record: epoch(1, NaN), best: true }], 1)).toThrow(notFinite);
    expect(store.list()).toMatchObject([{ id, test: null, epochsDone: 0 }]);
  });

  it('records the group of runs, all runs or none, until the last one is deleted', () => {
    const group = { id: 'g', name: 'sweep', variant: 'head alone', seed: 1 };
    const notFinite = { ...exampleRun(), model: { ...exampleRun().model, version: NaN } } as never;
    expect(() => store.createRuns([{ ...exampleRun(), group }, notFinite], 'queued')).toThrow();
    expect(store.list()).toEqual([]);
    const made = store.createRuns(
      [1, 2].map((seed) => ({ ...exampleRun(), group: { ...group, seed } })),
      'preparing',
    );
    expect(made.map((run) => run.group)).toEqual([group, { ...group, seed: 2 }]);
    expect(store.createRun(exampleRun()).group).toBeNull();
    const groups = (): unknown[] => {
      const database = openDatabase(folder);
      const rows = database.prepare('SELECT id, name FROM run_groups').all();
      database.close();
      return rows;
    };
    for (const [index, { id }] of made.entries()) {
      expect(groups()).toEqual([{ id: 'g', name: 'sweep' }]);
      store.setState(id, 'stopped');
      store.delete(id);
      if (index === 1) expect(groups()).toEqual([]);
    }
  });

  it('records model, data set, configuration and preparation of a run', () => {
    const run = exampleRun({ seed: 9 });
    const { id, number, name } = store.createRun({ ...run, name: ' first ' });
    expect({ number, name }).toEqual({ number: 1, name: 'first' });
    store.recordPreparation(id, { engine: 'onnx', device: 'CPU', versions: { onnx: '1.30.0' }, dataFingerprint: 'ab' });
    store.recordPreparation(id, { execution: { stepsPerCall: 5, intraOpThreads: 1 } });
    store.recordEpochs(id, [{ record: epoch(1), best: true }], 1);
    store.close();

    store = RunStore.open(folder);
    const record = store.get(id);
    expect(record).toMatchObject({
      model: run.model,
      dataset: run.dataset,
      configuration: run.configuration,
      versions: { lamina: '0.1.0', onnx: '1.30.0' },
      engine: 'onnx',
      device: 'CPU',
      dataFingerprint: 'ab',
      epochsDone: 1,
      bestEpoch: 1,
      bestMetrics: { loss: 1, val_loss: 2 },
      epochRecords: [epoch(1)],
    });
    expect(store.executionOf(id)).toEqual({ stepsPerCall: 5, intraOpThreads: 1 });
  });

  it('records whether a numeric target is scaled', () => {
    const { dataset, ...rest } = exampleRun();
    const withTarget = (type: 'numeric' | 'categorical', scaling: 'standard' | 'none') => {
      const columns = dataset.columns.map((column) =>
        column.role === 'target' ? { ...column, type, scaling } : column,
      );
      return store.summary(store.createRun({ ...rest, dataset: { ...dataset, columns } }).id).scaledTarget;
    };
    expect(withTarget('numeric', 'standard')).toBe(true);
    expect(withTarget('numeric', 'none')).toBe(false);
    expect(withTarget('categorical', 'none')).toBe(false);
  });

  it('never reuses run numbers, and finds runs by number, id and id prefix', () => {
    const first = store.createRun(exampleRun());
    store.setState(first.id, 'completed');
    store.delete(first.id);
    const second = store.createRun(exampleRun());
    expect(second.number).toBe(2);
    expect(second.name).toBe('run 2');
    for (const text of ['2', second.id, 'run-2']) expect(store.resolve(text)).toBe(second.id);
    const third = store.createRun(exampleRun());
    expect(() => store.resolve('run-')).toThrow(expect.objectContaining({ code: 'runs/ambiguous' }));
    expect(() => store.resolve('9')).toThrow(expect.objectContaining({ code: 'runs/unknown' }));
    expect(store.list().map(({ id }) => id)).toEqual([third.id, second.id]);
  });

  it('stores every step and returns a decimated curve with its peaks', () => {
    const { id } = store.createRun(exampleRun());
    const losses = uniform([1, 2], 0, 5000);
    losses[1234] = 50;
    losses[4321] = -1;
    for (let start = 0; start < losses.length; start += 700) {
      store.recordSteps(id, start + 1, losses.slice(start, start + 700), start + 1);
    }
    const all = store.series(id, 20_000);
    expect(all.points.map(([, loss]) => loss)).toEqual([...losses]);
    expect(all.points.map(([step]) => step)).toEqual(Array.from(losses, (_, i) => i + 1));
    expect(all.seq).toBe(4901);
    const thin = store.series(id, 100);
    expect(thin.points.length).toBeLessThanOrEqual(100);
    expect(thin.points).toContainEqual([1235, 50]);
    expect(thin.points).toContainEqual([4322, -1]);
    expect(store.summary(id).stepsDone).toBe(5000);
  });

  it('omits non-finite losses from the curve', () => {
    const { id } = store.createRun(exampleRun());
    store.recordSteps(id, 1, Float32Array.of(1, NaN, 2, Infinity), 1);
    expect(store.series(id, 10).points).toEqual([
      [1, 1],
      [3, 2],
    ]);
  });

  it('rejects steps that leave a gap', () => {
    const { id } = store.createRun(exampleRun());
    store.recordSteps(id, 1, Float32Array.of(1), 1);
    expect(() => store.recordSteps(id, 3, Float32Array.of(1), 2)).toThrow(/\b2\b.*\b3\b/);
  });

  it('commits steps, epochs, warnings and states immediately, other lines of the log later', async () => {
    const { id } = store.createRun(exampleRun());
    const other = RunStore.open(folder);
    store.setState(id, 'running');
    store.recordSteps(id, 1, Float32Array.of(3, 2), 1);
    expect(other.summary(id)).toMatchObject({ state: 'running', stepsDone: 2 });
    store.recordWarning(id, 'a warning');
    store.log(id, 'info', 'a line');
    expect(other.logLines(id)).toMatchObject([{ level: 'warning', message: 'a warning' }]);
    await expect.poll(() => other.logLines(id)[1]).toMatchObject({ level: 'info', message: 'a line' });
    store.recordEpochs(id, [{ record: epoch(1), best: false }], 3, { firstStep: 3, losses: Float32Array.of(1) });
    expect(other.summary(id)).toMatchObject({ stepsDone: 3, epochsDone: 1, bestEpoch: null });
    other.close();
  });

  it('deletes a checkpoint file with its last reference', async () => {
    const { id } = store.createRun(exampleRun());
    const first = await checkpoint(id, 'initial', 0);
    await checkpoint(id, 'last', 10);
    await checkpoint(id, 'best', 10);
    expect(files()).toHaveLength(2);
    await checkpoint(id, 'last', 20);
    expect(files()).toHaveLength(3);
    await checkpoint(id, 'best', 20);
    expect(files()).toHaveLength(2);
    const { tensors } = await loadCheckpoint(store, id, 'best');
    expect(tensors.get('w')!.data).toEqual(Float32Array.of(20));
    expect(store.checkpoint(id, 'initial')).toEqual(first);
    store.setState(id, 'stopped');
    store.delete(id);
    expect(files()).toEqual([]);
    expect(() => store.get(id)).toThrow(expect.objectContaining({ code: 'runs/unknown' }));
  });

  it('starts a resumed run with the curves up to the checkpoint', async () => {
    const { id } = store.createRun(exampleRun());
    await checkpoint(id, 'initial', 0);
    store.recordSteps(
      id,
      1,
      Float32Array.from({ length: 25 }, (_, i) => i),
      1,
    );
    store.recordEpochs(
      id,
      [1, 2].map((number) => ({ record: epoch(number), best: true })),
      2,
    );
    await checkpoint(id, 'best', 10);
    await checkpoint(id, 'last', 20);
    store.setState(id, 'stopped');

    const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume' } as const;
    const resumed = store.createRun({ ...exampleRun(), continueFrom });
    expect(resumed).toMatchObject({ stepsDone: 20, epochsDone: 2, continuedFrom: id, bestEpoch: 1 });
    expect(store.series(resumed.id, 100).points).toHaveLength(20);
    expect(resumed.lastCheckpoint).toEqual({ epoch: 2, step: 20, batch: 0 });
    for (const kind of ['initial', 'best', 'last'] as const) {
      expect(store.checkpoint(resumed.id, kind)).toEqual(store.checkpoint(id, kind));
    }
    const weights = store.createRun({ ...exampleRun(), continueFrom: { ...continueFrom, mode: 'weights' } });
    expect(weights).toMatchObject({ stepsDone: 0, epochsDone: 0 });

    store.delete(id);
    expect((await loadCheckpoint(store, resumed.id, 'best')).tensors.get('w')!.data).toEqual(Float32Array.of(10));
    expect((await loadCheckpoint(store, resumed.id, 'last')).tensors.get('w')!.data).toEqual(Float32Array.of(20));
    expect(files()).toHaveLength(3);
    await checkpoint(resumed.id, 'last', 30);
    expect(files()).toHaveLength(4);
    store.setState(resumed.id, 'stopped');
    store.delete(resumed.id);
    // The run that starts from weights of the first one owns their file.
    expect(files()).toHaveLength(1);
    store.setState(weights.id, 'stopped');
    store.delete(weights.id);
    expect(files()).toEqual([]);
  });

  it('copies to a resumed run what its checkpoint needs', async () => {
    const { id } = store.createRun(exampleRun());
    const rowCounts = { train: 3, validation: 2, test: 1, dropped: 0 };
    store.recordPreparation(id, { engine: 'onnx', versions: { onnx: '1' }, dataFingerprint: 'ab', rowCounts });
    await checkpoint(id, 'last', 10);
    store.setState(id, 'interrupted');
    const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume' } as const;
    const run = exampleRun();
    const made = { engine: 'onnx', versions: { lamina: '0.1.0', onnx: '1' } };
    const same = store.createRun({ ...run, continueFrom });
    expect(store.get(same.id)).toMatchObject({ ...made, rowCounts, dataFingerprint: 'ab' });
    const other = store.createRun({ ...run, dataset: { ...run.dataset, name: 'other' }, continueFrom });
    expect(store.get(other.id)).toMatchObject({ ...made, rowCounts: null, dataFingerprint: null });
  });

  it('reports missing checkpoints and missing files', async () => {
    const { id } = store.createRun(exampleRun());
    expect(() => store.requireCheckpoint(id, 'best')).toThrow(expect.objectContaining({ code: 'runs/no-checkpoint' }));
    store.recordCheckpoints(id, [
      {
        kind: 'best',
        epoch: 1,
        step: 1,
        batch: 0,
        metrics: {},
        sha256: 'f'.repeat(64),
        sizeBytes: 1,
      },
    ]);
    await expect(loadCheckpoint(store, id, 'best')).rejects.toMatchObject({ code: 'runs/checkpoint-missing' });
  });

  it('lists every run even if one is damaged, with its unreadable fields', async () => {
    const whole = store.createRun(exampleRun());
    const damage = (sql: string): string => {
      const { id } = store.createRun(exampleRun());
      store.setState(id, 'stopped');
      store.recordEpochs(
        id,
        [1, 2].map((number) => ({ record: epoch(number), best: true })),
        1,
      );
      const database = openDatabase(folder);
      database.prepare(sql).run(id);
      database.close();
      return id;
    };
    const damaged = {
      test: damage('UPDATE runs SET test = \'{"rows": null}\' WHERE id = ?'),
      error: damage("UPDATE runs SET error = 'not JSON' WHERE id = ?"),
      state: damage("UPDATE runs SET state = 'adrift' WHERE id = ?"),
      modelName: damage("UPDATE runs SET model = '{' WHERE id = ?"),
      datasetName: damage("UPDATE runs SET dataset = 'x' WHERE id = ?"),
      epochs: damage("UPDATE runs SET configuration = '[' WHERE id = ?"),
      engine: damage("UPDATE runs SET engine = 'abacus' WHERE id = ?"),
      lastMetrics: damage('UPDATE epochs SET metrics = \'{"loss": null}\' WHERE epoch = 2 AND run_id = ?'),
    };
    const columns = damage('UPDATE runs SET dataset = \'{"name": "d", "columns": ["x", {}]}\' WHERE id = ?');
    const runs = new Map(store.list().map((run) => [run.id, run]));
    expect(runs.size).toBe(10);
    expect(runs.get(whole.id)).toEqual(whole);
    expect(runs.get(columns)!.datasetName).toBe('d');
    for (const [part, id] of Object.entries(damaged)) {
      const run = runs.get(id)!;
      expect(run).toMatchObject({ id, name: `run ${run.number}`, epochsDone: 2 });
      expect(run.unreadable, part).toContain(part);
    }
    expect(store.get(damaged.test)).toMatchObject({ test: null, bestEpoch: 2, unreadable: expect.any(String) });
    expect(store.get(damaged.lastMetrics).epochRecords).toEqual([epoch(1)]);
    expect(store.series(damaged.lastMetrics, 10).epochs).toEqual([epoch(1)]);
    for (const id of [damaged.modelName, damaged.datasetName, damaged.epochs, columns]) {
      expect(() => store.get(id)).toThrow(expect.objectContaining({ code: 'runs/unreadable' }));
    }
    for (const id of [...Object.values(damaged), columns]) store.delete(id);
    expect(store.list()).toEqual([whole]);
  });

  it('uses the valid parts of damaged checkpoints, steps, logs and executions', async () => {
    const { id } = store.createRun(exampleRun());
    const last = await checkpoint(id, 'last', 10);
    await checkpoint(id, 'best', 20);
    store.recordSteps(id, 1, Float32Array.of(1, 2), 1);
    store.log(id, 'warning', 'line');
    store.recordPreparation(id, { execution: { stepsPerCall: 2, intraOpThreads: 1 } });
    store.flush();
    const outside = join(folder, 'outside.safetensors');
    writeFileSync(outside, '');
    const database = openDatabase(folder);
    database.exec(`
      UPDATE checkpoints SET metrics = '{' WHERE kind = 'last';
      UPDATE checkpoints SET sha256 = '../outside' WHERE kind = 'best';
      UPDATE step_losses SET losses = substr(losses, 1, 6);
      UPDATE log_lines SET level = 'shout';
      UPDATE runs SET execution = 'fast';
    `);
    database.close();
    expect(store.checkpoint(id, 'last')).toEqual({ ...last, metrics: {} });
    expect(store.checkpoint(id, 'best')).toBeNull();
    expect(store.series(id, 10).points).toEqual([[1, 1]]);
    expect(store.logLines(id)).toMatchObject([{ level: 'info', message: 'line' }]);
    expect(store.executionOf(id)).toBeNull();
    store.setState(id, 'stopped');
    store.delete(id);
    expect(existsSync(outside)).toBe(true);
  });

  it('rejects deleting an active run', () => {
    const { id } = store.createRun(exampleRun());
    expect(() => store.delete(id)).toThrow(expect.objectContaining({ code: 'runs/active' }));
  });
});
