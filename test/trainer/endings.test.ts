import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { TrainingSupervisor } from '../../src-main/core/training/supervisor.ts';
import { isAlive, processIdentity } from '../../src-main/system/process-identity.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrainingBench } from './training-bench.ts';
import { splitArrays } from '../support/session-data.ts';
import { testInCi } from '../support/portion.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

const endless = () => ({ ...exampleRun({ engine: 'onnx', epochs: 100_000, batchSize: 8 }), dataset: moons(1000) });

async function startEndless(): Promise<string> {
  const { id } = bench.supervisor.start(endless());
  await bench.event((e) => e.name === 'run.epoch' && e.payload.runId === id && e.payload.record.epoch >= 2);
  return id;
}

describe('the end of a run', () => {
  it('after SIGKILL is interrupted, with all data so far, and resumable', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await expect.poll(() => bench.store.checkpoint(id, 'last')).not.toBeNull();
    process.kill(bench.supervisor.trainerPid(id)!, 'SIGKILL');
    const end = await bench.supervisor.ended(id);
    expect(end).toMatchObject({ state: 'interrupted', error: { code: 'training/trainer-ended' } });
    expect(end.error!.message).toContain('SIGKILL');
    expect(end.epochsDone).toBeGreaterThanOrEqual(2);
    expect(bench.losses(id)).toHaveLength(end.stepsDone);
    expect(bench.of('run.changed').at(-1)!.summary).toEqual(end);

    const last = bench.store.requireCheckpoint(id, 'last');
    const configuration = { ...endless().configuration, epochs: last.epoch + 1 };
    const continueFrom = { runId: id, checkpoint: 'last', mode: 'resume' } as const;
    const resumed = await bench.train({ ...endless(), configuration, continueFrom });
    expect(resumed).toMatchObject({ state: 'completed', epochsDone: last.epoch + 1 });
  });

  it('after a stop is stopped; a second stop is accepted while stopping', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    expect(bench.store.summary(id).state).toBe('stopping');
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    expect((await bench.supervisor.ended(id)).state).toBe('stopped');
    await expect(bench.supervisor.command(id, { kind: 'stop', when: 'now' })).rejects.toMatchObject({
      code: 'training/not-active',
    });
  });

  testInCi.each(['training', 'paused'])(
    'after SIGTERM is stopped, with the state of its last step: %s',
    async (state) => {
      bench = new TrainingBench();
      const id = await startEndless();
      if (state === 'paused') {
        await bench.supervisor.command(id, { kind: 'pause' });
        await bench.event((e) => e.name === 'run.command' && e.payload.recorded.command.kind === 'pause');
      }
      for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.kill(bench.supervisor.trainerPid(id)!, signal);
      const end = await bench.supervisor.ended(id);
      expect(end).toMatchObject({ state: 'stopped', error: null });
      expect(bench.store.requireCheckpoint(id, 'last').step).toBe(end.stepsDone);
    },
  );

  it('after a stop during data preparation is stopped', async () => {
    bench = new TrainingBench();
    const { id } = bench.supervisor.start(exampleRun({ engine: 'onnx', epochs: 1000 }));
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    const end = await bench.supervisor.ended(id);
    expect(end).toMatchObject({ state: 'stopped', epochsDone: 0 });
  });

  testInCi('after an unanswered stop is interrupted by a signal', async () => {
    bench = new TrainingBench({ stopGraceMs: 200 });
    const id = await startEndless();
    process.kill(bench.supervisor.trainerPid(id)!, 'SIGSTOP');
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    const end = await bench.supervisor.ended(id);
    expect(end).toMatchObject({ state: 'interrupted', error: { code: 'training/trainer-ended' } });
  });

  testInCi('of a trainer that was silent for long waits longer than the shortest time for its answer', async () => {
    bench = new TrainingBench({ stopGraceMs: 0 });
    const id = await startEndless();
    const trainer = bench.supervisor.trainerPid(id)!;
    process.kill(trainer, 'SIGSTOP');
    await delay(4_000);
    const before = bench.of('run.progress').length;
    process.kill(trainer, 'SIGCONT');
    await expect.poll(() => bench.of('run.progress').length).toBeGreaterThan(before);
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    expect(await bench.supervisor.ended(id)).toMatchObject({ state: 'stopped', error: null });
  });

  it('by closing core is stopped and saved, without a remaining process', async () => {
    bench = new TrainingBench();
    const id = await startEndless();
    const trainer = processIdentity(bench.supervisor.trainerPid(id)!);
    await bench.close();
    expect(isAlive(trainer)).toBe(false);
    const store = RunStore.open(bench.folder);
    expect(store.summary(id).state).toBe('stopped');
    store.close();
  });

  it('with a non-finite loss is failed, with epoch and batch; the checkpoints remain', async () => {
    bench = new TrainingBench();
    const run = {
      ...exampleRun({
        engine: 'onnx',
        epochs: 50,
        loss: 'meanSquaredError',
        metrics: ['mae'],
        optimizer: { kind: 'sgd', learningRate: 40, momentum: 0.9, nesterov: false },
      }),
      model: sequentialDocument([dense(8, 'linear'), dense(1, 'linear')]),
      dataset: numericMoons(),
    };
    const end = await bench.train(run);
    expect(end).toMatchObject({ state: 'failed', error: { code: 'training/not-finite' } });
    expect(end.error!.message).toMatch(/epoch \d+, batch \d+ .*\b40\b/);
    expect(bench.store.checkpoint(end.id, 'initial')).not.toBeNull();
    expect(end.test).toBeNull();
  });

  it('with a non-finite metric is completed without that metric, with one warning for each', async () => {
    bench = new TrainingBench();
    const metrics = [{ name: 'log_target', formula: 'log(y_true)' }, 'mae' as const];
    const run = {
      ...exampleRun({ engine: 'onnx', epochs: 3, loss: 'meanSquaredError', metrics }),
      model: sequentialDocument([dense(1, 'linear')]),
      dataset: numericMoons(),
    };
    const end = await bench.train(run);
    expect(end).toMatchObject({ state: 'completed', epochsDone: 3 });
    expect(Object.keys(end.lastMetrics)).toEqual(['loss', 'mae', 'val_loss', 'val_mae']);
    expect(Object.keys(end.test!.metrics)).toEqual(['loss', 'mae']);
    const warnings = bench.store.logLines(end.id).filter(({ message }) => message.includes('log_target'));
    expect(warnings.map(({ message }) => /\w*log_target.*?NaN.*?(epoch 1|test)/.exec(message)?.[1])).toEqual([
      'epoch 1',
      'epoch 1',
      'test',
    ]);
    expect(warnings.filter(({ message }) => message.includes('val_log_target'))).toHaveLength(1);
  });

  it('with an overflowing test metric is completed without it, with a warning', async () => {
    bench = new TrainingBench();
    const rows = (last: number, at: number) =>
      ['x,y', ...Array.from({ length: 40 }, (_, i) => `${i},${i === at ? last : (i % 7) * 1e150}`)].join('\n');
    const column = (name: string, role: 'feature' | 'target', scaling: 'none' | 'min-max') =>
      ({ name, role, type: 'numeric', missing: 'drop-row', scaling }) as const;
    const dataset = {
      ...moons(),
      source: { kind: 'csv', path: 'rows.csv' } as const,
      columns: [column('x', 'feature', 'none'), column('y', 'target', 'min-max')],
      split: { train: 0.6, validation: 0.2, test: 0.2, seed: 1, stratify: false },
    };
    writeFileSync(join(bench.folder, 'rows.csv'), rows(0, 0));
    const { examples } = await prepareDataset(dataset, bench.folder);
    const splits = splitArrays(examples);
    // A distant test row whose square exceeds 64-bit floats.
    writeFileSync(join(bench.folder, 'rows.csv'), rows(1e188, splits.test.x.data[0]!));
    const settings = { engine: 'onnx', epochs: 1, loss: 'meanAbsoluteError', metrics: [] } as const;
    const model = sequentialDocument([dense(1, 'linear')]);
    const end = await bench.train({ ...exampleRun({ ...settings, metrics: [] }), model, dataset });
    expect(end).toMatchObject({ state: 'completed', error: null });
    expect(end.test!.outputs.map((output) => Object.keys(output))).toEqual([['output', 'target', 'maeOriginal']]);
    const warnings = bench.store.logLines(end.id).filter(({ level }) => level === 'warning');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.message).toMatch(/rmseOriginal.*'y'.*Infinity/);
  });

  it('does not depend on events that windows reject', async () => {
    bench = new TrainingBench();
    const supervisor = new TrainingSupervisor(bench.store, (name) => {
      throw new Error(`no window takes ${name}`);
    });
    const { id } = supervisor.start(exampleRun({ engine: 'onnx', epochs: 2 }));
    expect(await supervisor.ended(id)).toMatchObject({ state: 'completed', epochsDone: 2, error: null });
    expect((await supervisor.jobs.evaluate(id, 'last', 'test')).rows).toBe(30);
    await supervisor.close();
    const logged = bench.store.logLines(id).filter(({ level }) => level === 'error');
    const names = logged.map(({ message }) => /no window takes (\S+)$/.exec(message)?.[1]);
    expect([...new Set(names)].sort()).toEqual(['run.changed', 'run.epoch', 'run.progress']);
  });

  it('without any weight update has a warning', async () => {
    bench = new TrainingBench();
    const warned = async (gradientAccumulationSteps: number) => {
      const optimizer = { kind: 'sgd', learningRate: 0.1, momentum: 0, nesterov: false } as const;
      const settings = { engine: 'onnx', epochs: 1, batchSize: 70 } as const;
      const end = await bench.train(
        exampleRun({ ...settings, optimizer: { ...optimizer, gradientAccumulationSteps } }),
      );
      expect(end).toMatchObject({ state: 'completed', stepsDone: 2 });
      return bench.store.logLines(end.id).filter(({ level }) => level === 'warning');
    };
    expect(await warned(2)).toEqual([]);
    expect(await warned(3)).toHaveLength(1);
  });

  it('with an invalid model is failed, with its problem', async () => {
    bench = new TrainingBench();
    const model = sequentialDocument([dense(5, 'softmax', { name: 'classes' })]);
    const end = await bench.train({ ...exampleRun({ engine: 'onnx' }), model });
    expect(end).toMatchObject({ state: 'failed', error: { code: 'model/invalid' } });
    expect(end.error!.message).toContain('classes');
  });

  it('with missing data is failed, with the path', async () => {
    bench = new TrainingBench();
    const dataset = { ...moons(), source: { kind: 'csv', path: 'missing.csv' } } as const;
    const end = await bench.train({ ...exampleRun({ engine: 'onnx' }), dataset });
    expect(end).toMatchObject({ state: 'failed', error: { code: 'dataset/missing-file' } });
    expect(end.error!.message).toContain('missing.csv');
  });

  testInCi('on a full disk is failed, with the folder', async (context) => {
    const folder = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1200k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      bench = new TrainingBench();
      return context.skip('needs the right to mount a small file system');
    }
    bench = new TrainingBench({}, folder);
    try {
      const model = sequentialDocument([dense(64, 'relu'), dense(64, 'relu'), dense(64, 'relu'), dense(2, 'softmax')]);
      const { id } = bench.supervisor.start({ ...endless(), model });
      const end = await bench.supervisor.ended(id);
      expect(end).toMatchObject({ state: 'failed', error: { code: 'runs/disk-full' } });
      expect(end.error!.message).toContain(folder);
      expect(bench.of('run.changed').at(-1)!.summary.state).toBe('failed');
    } finally {
      await bench.close().catch(() => {});
      execFileSync('umount', [folder]);
    }
  });
});

/** Predicts y of a point from x. */
function numericMoons() {
  const dataset = moons();
  const columns = dataset.columns.map((column) => {
    if (column.name === 'y') return { ...column, role: 'target' as const };
    return column.name === 'class' ? { ...column, role: 'ignored' as const } : column;
  });
  return { ...dataset, columns, split: { ...dataset.split, stratify: false } };
}
