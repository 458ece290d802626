import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src-main/runs/database.ts';
import { whenFree } from '../../src-main/runs/when-free.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

/** Takes the write lock of the run history like another program. @returns Releases it. */
function lock(folder: string): () => void {
  const other = openDatabase(folder);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('COMMIT');
    other.close();
  };
}

const reportsLock = (id: string, word: string) => (e: TrainingBench['events'][number]) =>
  e.name === 'run.progress' && e.payload.runId === id && e.payload.activity.includes(`training ${word}`);

describe('a run history locked by another program', () => {
  it('does not end a run: updates are kept and recorded when the lock is released', async () => {
    bench = new TrainingBench();
    const run = { ...exampleRun({ engine: 'onnx', epochs: 6, batchSize: 8 }), dataset: moons(400) };
    const whole = await bench.train(run);
    const { id } = bench.supervisor.start(run);
    const release = lock(bench.folder);
    // Longer than the timeouts of SQLite and of every request.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await bench.event(reportsLock(id, 'continues'));
    expect(bench.store.list().find((each) => each.id === id)).toMatchObject({ state: 'preparing', epochsDone: 0 });
    expect(bench.supervisor.runs).toEqual([id]);
    release();
    const end = await bench.supervisor.ended(id);
    expect(end).toMatchObject({ state: 'completed', epochsDone: 6, test: whole.test, error: null });
    expect(bench.losses(id)).toEqual(bench.losses(whole.id));
    expect(await bench.state(id)).toEqual(await bench.state(whole.id));
    expect(await bench.state(id, 'best')).toEqual(await bench.state(whole.id, 'best'));
    expect(bench.of('run.epoch').filter(({ runId }) => runId === id)).toHaveLength(6);
    expect(bench.store.logLines(id).filter(({ level }) => level === 'warning')).toHaveLength(1);
  });

  testInCi('pauses a run when its backlog is full; a stop is still received', async () => {
    bench = new TrainingBench({ backlogBytes: 20_000 });
    const run = { ...exampleRun({ engine: 'onnx', epochs: 100_000, batchSize: 8 }), dataset: moons(1000) };
    const { id } = bench.supervisor.start(run);
    await bench.event((e) => e.name === 'run.epoch' && e.payload.runId === id);
    const release = lock(bench.folder);
    await bench.event(reportsLock(id, 'waits'));
    const held = bench.of('run.progress').length;
    // Enough time for many updates; only the lock is reported repeatedly.
    await bench.event(() => bench.of('run.progress').length >= held + 4);
    const [before, after] = bench.of('run.progress').slice(-2);
    expect(after!.step).toBe(before!.step);
    // Only what is recorded is shown.
    expect(after!.step).toBe(bench.store.summary(id).stepsDone);
    expect(bench.store.series(id, 1_000_000).points).toHaveLength(after!.step);
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    release();
    const end = await bench.supervisor.ended(id);
    expect(end.state).toBe('stopped');
    expect(bench.losses(id)).toHaveLength(end.stepsDone);
    expect(end.lastCheckpoint!.step).toBe(end.stepsDone);
  });

  it('makes requests retry while core continues', async () => {
    bench = new TrainingBench();
    const { id } = bench.store.createRun(exampleRun());
    bench.store.setState(id, 'failed');
    const release = lock(bench.folder);
    const renamed = whenFree(() => bench.store.rename(id, 'kept'));
    expect(() => bench.store.rename(id, 'at once')).toThrow(expect.objectContaining({ code: 'runs/busy' }));
    setTimeout(release, 500);
    expect(await renamed).toMatchObject({ name: 'kept' });
  });
});
