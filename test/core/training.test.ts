import { execFileSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import { hasEnded } from '../../src-shared/training/run/run-state.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { openCore, openWindow } from './core-window.ts';
import { copyExample } from '../support/example-project.ts';

async function configure(window: LaminaClient, epochs: number): Promise<void> {
  const { configuration, configurationRevision } = await window.request('project.get', {});
  await window.request('project.saveConfiguration', {
    configuration: { ...configuration, epochs, engine: 'onnx' },
    baseRevision: configurationRevision,
  });
}

/** Resolves with the first summary that satisfies the condition. */
function whenRun(window: LaminaClient, condition: (summary: RunSummary) => boolean): Promise<RunSummary> {
  return new Promise((resolve) => {
    const end = window.on('run.changed', ({ summary }) => {
      if (!condition(summary)) return;
      end();
      resolve(summary);
    });
  });
}

const firstEpoch = (window: LaminaClient): Promise<void> =>
  new Promise((resolve) => window.on('run.epoch', () => resolve()));

const ended = ({ state }: RunSummary): boolean => hasEnded(state);

describe('training in a window', () => {
  test('sends events to all windows, records the run, and serves its results', async () => {
    const { core, window } = openCore(copyExample('spirals'));
    await configure(window, 4);
    const other = openWindow(core);
    const epochs: number[] = [];
    let progress = 0;
    other.on('run.epoch', ({ record }) => epochs.push(record.epoch));
    other.on('run.progress', () => (progress += 1));
    const finished = whenRun(other, ended);
    const { runId } = await window.request('training.start', { name: 'mine' });
    expect(await finished).toMatchObject({ id: runId, name: 'mine', state: 'completed', epochsDone: 4 });
    expect(epochs).toEqual([1, 2, 3, 4]);
    expect(progress).toBeGreaterThan(0);

    const record = await window.request('runs.get', { runId });
    expect(record).toMatchObject({ configuration: { epochs: 4 }, versions: { lamina: expect.any(String) } });
    const series = await window.request('runs.series', { runId, maxPoints: 100 });
    expect(series.epochs).toHaveLength(4);
    expect(series.points.length).toBeGreaterThan(10);

    const samples = await window.request('runs.samples', { runId, split: 'test', count: 3, offset: 0 });
    const predictions = await window.request('runs.predict', {
      runId,
      checkpoint: 'best',
      rows: samples.map(({ row }) => row),
    });
    expect(predictions).toHaveLength(3);
    expect(predictions[0]?.predictions[0]?.probabilities?.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);

    const far = window.request('runs.predict', { runId, checkpoint: 'best', rows: [{ x: 1e38, y: -1e38 }] });
    await expect(far).rejects.toMatchObject({ code: 'predict/not-finite' });

    const renamed = await window.request('runs.rename', { runId, name: 'kept' });
    expect(renamed.name).toBe('kept');
    const deleted = new Promise((resolve) => other.on('run.deleted', resolve));
    await window.request('runs.delete', { runId });
    expect(await deleted).toEqual({ runId });
    expect(await window.request('runs.list', {})).toEqual([]);
  });

  test('shows a run of another core, which continues when this core closes', async () => {
    const folder = copyExample('spirals');
    const first = openCore(folder);
    await configure(first.window, 1_000_000);
    const second = openCore(folder);
    expect(await second.window.request('runs.list', {})).toEqual([]);
    const seen = whenRun(second.window, ({ epochsDone }) => epochsDone > 0);
    const seenEpoch = new Promise((resolve) => second.window.on('run.epoch', resolve));
    const { runId } = await first.window.request('training.start', {});
    expect((await seen).id).toBe(runId);
    expect(await seenEpoch).toMatchObject({ runId });
    const paused = whenRun(first.window, ({ state }) => state === 'paused');
    const seenCommand = new Promise((resolve) => second.window.on('run.command', resolve));
    await second.window.request('runs.command', { runId, command: { kind: 'pause' } });
    await paused;
    expect(await seenCommand).toMatchObject({ runId, recorded: { seq: 1, command: { kind: 'pause' } } });
    const notPossible = second.window.request('runs.command', { runId, command: { kind: 'checkpoint' } });
    await expect(notPossible).rejects.toMatchObject({ code: 'training/not-possible' });
    await second.core.close();
    expect(await first.window.request('runs.get', { runId })).toMatchObject({ state: 'paused' });
    const stopped = whenRun(first.window, ended);
    await first.window.request('runs.command', { runId, command: { kind: 'stop', when: 'now' } });
    expect((await stopped).state).toBe('stopped');
  });

  test('continues while another project is open', async () => {
    const folder = copyExample('spirals');
    const { window } = openCore(folder);
    await configure(window, 1_000_000);
    const running = firstEpoch(window);
    const { runId } = await window.request('training.start', {});
    await running;
    await window.request('project.open', { folder: join(folder, '..', 'other'), create: true });
    expect(await window.request('runs.list', {})).toEqual([]);
    await window.request('project.open', { folder, create: false });
    expect(await window.request('runs.get', { runId })).toMatchObject({ state: 'running' });
    const stopped = whenRun(window, ended);
    await window.request('runs.command', { runId, command: { kind: 'stop', when: 'now' } });
    expect((await stopped).state).toBe('stopped');
  });

  test('closing the core stops the run and saves it', async () => {
    const folder = copyExample('spirals');
    const first = openCore(folder);
    await configure(first.window, 1_000_000);
    const running = firstEpoch(first.window);
    const { runId } = await first.window.request('training.start', {});
    await running;
    await first.core.close();
    const { window } = openCore(folder);
    const run = await window.request('runs.get', { runId });
    expect(run.state).toBe('stopped');
    expect(run.epochRecords.length).toBeGreaterThan(0);
  });
});

test('renaming a project during training ends its run; the window shows why, and the run can be resumed in the renamed folder', async () => {
  const folder = copyExample('spirals');
  const renamed = `${folder} renamed`;
  const { window, core } = openCore(folder);
  await configure(window, 100_000);
  const saved = whenRun(window, ({ lastCheckpoint }) => lastCheckpoint !== null);
  const finished = whenRun(window, ended);
  const { runId } = await window.request('training.start', {});
  await saved;
  renameSync(folder, renamed);
  const end = await finished;
  expect(end).toMatchObject({ id: runId, state: 'interrupted', error: { code: 'runs/moved' } });
  expect(await window.request('runs.list', {})).toEqual([end]);
  await expect(window.request('training.start', {})).rejects.toMatchObject({ code: 'runs/moved' });

  await window.request('project.open', { folder: renamed, create: false });
  expect(await window.request('runs.list', {})).toEqual([end]);
  const completed = whenRun(window, ({ state }) => state === 'completed');
  const epochs = end.lastCheckpoint!.epoch + 1;
  const continueFrom = { runId, checkpoint: 'last', mode: 'resume', settings: 'run', epochs } as const;
  await window.request('training.start', { continueFrom });
  expect(await completed).toMatchObject({ epochsDone: epochs, continuedFrom: runId });
  await core.close();
  expect(existsSync(folder)).toBe(false);
});

test('runs of a read-only project can be used; training.start fails with runs/unwritable', async (context) => {
  const folder = copyExample('spirals');
  const first = openCore(folder);
  await configure(first.window, 2);
  const finished = whenRun(first.window, ended);
  const { runId } = await first.window.request('training.start', {});
  const { test: result } = await finished;
  await first.core.close();
  try {
    execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' });
  } catch {
    return context.skip('needs the right to mount');
  }
  try {
    execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
    const { core, window } = openCore(folder);
    expect(await window.request('runs.list', {})).toMatchObject([{ id: runId, state: 'completed', epochsDone: 2 }]);
    expect((await window.request('runs.series', { runId, maxPoints: 100 })).epochs).toHaveLength(2);
    const { checkpoint, metrics } = result!;
    const evaluated = await window.request('runs.evaluate', { runId, checkpoint: checkpoint!, split: 'test' });
    expect(evaluated.metrics).toEqual(metrics);
    const [sample] = await window.request('runs.samples', { runId, split: 'test', count: 1, offset: 0 });
    const predicted = await window.request('runs.predict', { runId, checkpoint: 'best', rows: [sample!.row] });
    expect(predicted).toHaveLength(1);
    await expect(window.request('training.start', {})).rejects.toMatchObject({
      code: 'runs/unwritable',
      message: expect.stringContaining(folder),
    });
    await core.close();
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('engines.status lists both engines, one of them preferred', async () => {
  const { window } = openCore(copyExample('spirals'));
  const engines = await window.request('engines.status', {});
  expect(engines.map(({ name }) => name).sort()).toEqual(['onnx', 'tensorflow']);
  expect(engines.filter(({ preferred }) => preferred)).toHaveLength(1);
  await expect(window.request('engines.install', { name: 'onnx' })).rejects.toMatchObject({
    code: 'engine/nothing-to-install',
  });
});
