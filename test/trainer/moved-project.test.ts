import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databasePath } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { trainRun } from '../../src-main/trainer/training/train-run.ts';
import { exampleRun, loadCheckpoint, moons } from '../runs/example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

let parent: string;
let folder: string;
let elsewhere: string;
let bench: TrainingBench;

beforeEach(() => {
  parent = temporaryFolder();
  folder = join(parent, 'project');
  elsewhere = join(parent, 'renamed');
  mkdirSync(folder);
  bench = new TrainingBench({}, folder);
});
afterEach(() => bench.close());

const endless = () => ({ ...exampleRun({ engine: 'onnx', epochs: 100_000, batchSize: 8 }), dataset: moons(1000) });

/** Starts a run and waits for its first checkpoint of trained weights. */
async function startEndless(): Promise<string> {
  const { id } = bench.supervisor.start(endless());
  await bench.event(({ name, payload }) => name === 'run.changed' && payload.summary.lastCheckpoint !== null);
  return id;
}

const remove = (path: string): void => rmSync(path, { recursive: true, maxRetries: 5 });

/** The run as it ended, also as the last event of the bench says. */
async function ended(id: string) {
  const end = await bench.supervisor.ended(id);
  expect(bench.of('run.changed').at(-1)!.summary).toEqual(end);
  return end;
}

const moved = { state: 'interrupted', error: { code: 'runs/moved' } };

describe('a project folder', () => {
  it('renamed during a training: the run ends, its record and checkpoints are in the renamed folder', async () => {
    const id = await startEndless();
    renameSync(folder, elsewhere);
    const end = await ended(id);
    expect(end).toMatchObject(moved);
    expect(end.error!.message).toContain(elsewhere);
    const shown = bench.of('run.progress').flatMap(({ points }) => points);
    await bench.close();
    expect(readdirSync(parent)).toEqual(['renamed']);

    bench = new TrainingBench({}, elsewhere);
    expect(bench.store.summary(id)).toMatchObject({ ...moved, stepsDone: end.stepsDone });
    const losses = new Map(bench.losses(id));
    expect(losses.size).toBe(end.stepsDone);
    expect(shown.filter(([step, loss]) => losses.get(step) !== loss)).toHaveLength(0);
    const last = bench.store.requireCheckpoint(id, 'last');
    const configuration = { ...endless().configuration, epochs: last.epoch + 1 };
    const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume' } as const;
    const resumed = await bench.train({ ...endless(), configuration, continueFrom });
    expect(resumed).toMatchObject({ state: 'completed', epochsDone: last.epoch + 1 });
  });

  testInCi('renamed before the first checkpoint: the run can be started again in the renamed folder', async () => {
    const { id } = bench.supervisor.start(endless());
    renameSync(folder, elsewhere);
    expect(await ended(id)).toMatchObject({ ...moved, lastCheckpoint: null });
    await bench.close();
    expect(readdirSync(parent)).toEqual(['renamed']);
    bench = new TrainingBench({}, elsewhere);
    expect(bench.store.summary(id)).toMatchObject(moved);
  });

  it('removed during a training: the run ends, nothing is made again, and requests are refused', async () => {
    const id = await startEndless();
    remove(folder);
    expect(await ended(id)).toMatchObject(moved);
    const refused = expect.objectContaining({ code: 'runs/moved' });
    expect(() => bench.supervisor.start(endless())).toThrow(refused);
    expect(() => bench.store.rename(id, 'other')).toThrow(refused);
    await expect(bench.supervisor.jobs.predict(id, 'last', [])).rejects.toEqual(refused);
    expect(bench.store.list()).toMatchObject([{ id }]);
    await bench.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  testInCi(
    'replaced during a training by another project: the run ends, the other project stays as it was',
    async () => {
      const other = join(parent, 'other');
      mkdirSync(join(other, 'artifacts'), { recursive: true });
      const otherStore = RunStore.open(other);
      try {
        const otherRun = otherStore.createRun(exampleRun());
        const id = await startEndless();
        // Of the same name as a file that only the other project refers to.
        const { sha256 } = bench.store.requireCheckpoint(id, 'last');
        const artifact = join('artifacts', `${sha256}.safetensors`);
        writeFileSync(join(other, artifact), 'of the other project');
        renameSync(folder, elsewhere);
        renameSync(other, folder);
        const before = readdirSync(folder, { recursive: true }).sort();
        const end = await ended(id);
        expect(end).toMatchObject(moved);
        expect(() => bench.store.delete(id)).toThrow(expect.objectContaining({ code: 'runs/moved' }));
        bench.store.discardFiles([sha256]);
        bench.store.sweep();
        await bench.close();
        expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
        expect(readFileSync(join(folder, artifact), 'utf8')).toBe('of the other project');
        expect(readFileSync(`${databasePath(folder)}-wal`).byteLength).toBeGreaterThan(0);
        expect(otherStore.list()).toMatchObject([{ id: otherRun.id }]);
      } finally {
        otherStore.close();
      }
    },
  );

  testInCi('renamed during a training, with an empty folder in its place: nothing is written there', async () => {
    const id = await startEndless();
    renameSync(folder, elsewhere);
    mkdirSync(folder);
    expect(await ended(id)).toMatchObject(moved);
    await bench.close();
    expect(readdirSync(folder)).toEqual([]);
    const store = RunStore.open(elsewhere);
    expect((await loadCheckpoint(store, id, 'last')).tensors.size).toBeGreaterThan(0);
    store.close();
  });

  it('replaced before core receives a message: the trainer writes no checkpoint', async () => {
    const run = exampleRun({ engine: 'onnx' });
    const { identity: history, artifacts } = bench.store;
    const job = {
      ...run,
      runId: 'run',
      projectFolder: folder,
      artifacts,
      history: history!,
      start: null,
      earlier: null,
    };
    const how = { engineAsRecorded: false, weightsSpec: null, execution: null, commands: [] };
    renameSync(folder, elsewhere);
    mkdirSync(folder);
    const training = trainRun({ ...job, ...how }, () => {}, new AbortController().signal);
    await expect(training).rejects.toEqual(expect.objectContaining({ code: 'runs/moved' }));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is missing gets no run history', () => {
    const missing = join(parent, 'missing');
    expect(() => RunStore.open(missing)).toThrow(expect.objectContaining({ code: 'project/missing-folder' }));
    expect(existsSync(missing)).toBe(false);
  });
});
