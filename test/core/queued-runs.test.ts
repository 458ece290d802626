import { existsSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { hasEnded } from '../../src-shared/training/run/run-state.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { copyExample } from '../support/example-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { forkCore } from './core-process.ts';
import { openCore } from './core-window.ts';

/** More than any test trains. */
const ENDLESS = 1_000_000;

async function configure(window: LaminaClient, epochs: number): Promise<void> {
  const { configuration, configurationRevision } = await window.request('project.get', {});
  await window.request('project.saveConfiguration', {
    configuration: { ...configuration, epochs, engine: 'onnx' },
    baseRevision: configurationRevision,
  });
}

/** The states of each run in the events that a window receives, without repetitions. */
function listen(window: LaminaClient): {
  states: Map<string, RunState[]>;
  until(id: string, state: RunState): Promise<RunSummary>;
} {
  const states = new Map<string, RunState[]>();
  const latest = new Map<string, RunSummary>();
  let check = (): void => {};
  window.on('run.changed', ({ summary }) => {
    const known = states.get(summary.id) ?? [];
    if (known.at(-1) !== summary.state) states.set(summary.id, [...known, summary.state]);
    latest.set(summary.id, summary);
    check();
  });
  const until = (id: string, state: RunState): Promise<RunSummary> =>
    new Promise((resolve) => {
      const before = check;
      check = () => {
        before();
        const summary = latest.get(id);
        if (summary?.state === state) resolve(summary);
      };
      check();
    });
  return { states, until };
}

const start = async (window: LaminaClient): Promise<string> => (await window.request('training.start', {})).runId;

const stop = (window: LaminaClient, runId: string): Promise<unknown> =>
  window.request('runs.command', { runId, command: { kind: 'stop', when: 'now' } });

/** The queue of a new core: a run that trains until it is stopped, and two waiting runs of two epochs. */
async function queueOfThree() {
  const { window } = openCore(copyExample('spirals'));
  const { states, until } = listen(window);
  await configure(window, ENDLESS);
  const first = await start(window);
  await configure(window, 2);
  const [second, third] = [await start(window), await start(window)];
  return { window, states, until, first, second, third };
}

const queueOf = async (window: LaminaClient): Promise<string[]> =>
  (await window.request('queue.list', {})).map(({ runId, state }) => `${state} ${runId}`);

test('runs train one after the other in the order of the queue; each one is recorded when it is asked for', async () => {
  const { window, states, until, first, second, third } = await queueOfThree();
  expect(await queueOf(window)).toEqual([`training ${first}`, `waiting ${second}`, `waiting ${third}`]);
  expect(await window.request('runs.get', { runId: third })).toMatchObject({
    state: 'queued',
    endedAt: null,
    epochs: 2,
    configuration: { epochs: 2 },
  });
  await configure(window, ENDLESS);
  const [, { key: before }, { key }] = (await window.request('queue.list', {})) as [
    unknown,
    { key: string },
    { key: string },
  ];
  await window.request('queue.move', { key, before });
  expect(await queueOf(window)).toEqual([`training ${first}`, `waiting ${third}`, `waiting ${second}`]);
  await until(first, 'running');
  await stop(window, first);
  const [secondEnd, thirdEnd] = [await until(second, 'completed'), await until(third, 'completed')];
  expect(states.get(first)).toEqual(['preparing', 'running', 'stopping', 'stopped']);
  expect(states.get(second)).toEqual(['queued', 'preparing', 'running', 'completed']);
  expect(secondEnd.epochsDone).toBe(2);
  // The time in the queue is not part of the training.
  expect(Date.parse(secondEnd.createdAt)).toBeGreaterThanOrEqual(Date.parse(thirdEnd.endedAt!));
  await expect.poll(() => queueOf(window)).toEqual([]);
});

test('a run that is removed or stopped while it waits is stopped without a trainer, and can be started again', async () => {
  const { window, states, until, first, second, third } = await queueOfThree();
  const { key } = (await window.request('queue.list', {})).find(({ runId }) => runId === second)!;
  await expect(window.request('runs.delete', { runId: second })).rejects.toMatchObject({ code: 'runs/active' });
  await window.request('queue.remove', { key });
  await stop(window, third);
  await Promise.all([until(second, 'stopped'), until(third, 'stopped')]);
  expect(states.get(second)).toEqual(['queued', 'stopped']);
  expect(await queueOf(window)).toEqual([`training ${first}`]);
  await window.request('runs.delete', { runId: third });
  const { runId } = await window.request('training.start', { repeat: second });
  await stop(window, first);
  expect(await until(runId, 'completed')).toMatchObject({ epochsDone: 2 });
});

test('the limit of the preferences holds for all projects', async () => {
  const configFolder = temporaryFolder();
  const one = openCore(copyExample('spirals'), { configFolder });
  const other = openCore(copyExample('spirals'), { configFolder });
  await Promise.all([configure(one.window, ENDLESS), configure(other.window, ENDLESS)]);
  const shown = listen(other.window);
  const first = await start(one.window);
  const second = await start(other.window);
  expect(await other.window.request('runs.get', { runId: second })).toMatchObject({ state: 'queued' });
  expect(await queueOf(other.window)).toEqual([`training ${first}`, `waiting ${second}`]);
  await other.window.request('preferences.set', { runsAtOnce: 2 });
  await shown.until(second, 'running');
  expect(await queueOf(one.window)).toEqual([`training ${first}`, `training ${second}`]);
});

test('a queued run starts from the weights of another run as they were when it was queued, also if that run is deleted', async () => {
  const { window } = openCore(copyExample('spirals'));
  const { until } = listen(window);
  await configure(window, 2);
  const trained = await start(window);
  await until(trained, 'completed');
  await configure(window, ENDLESS);
  const endless = await start(window);
  const from = { runId: trained, checkpoint: 'best' } as const;
  await configure(window, 3);
  const { runId: again } = await window.request('training.start', { continueFrom: { ...from, mode: 'weights' } });
  const resume = { runId: trained, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 4 } as const;
  const { runId: longer } = await window.request('training.start', { continueFrom: resume });
  await window.request('runs.delete', { runId: trained });
  await stop(window, endless);
  expect(await until(again, 'completed')).toMatchObject({ epochsDone: 3, continuedFrom: trained });
  expect(await until(longer, 'completed')).toMatchObject({ epochsDone: 4, continuedFrom: trained });
});

test('queued runs of a core that has ended are interrupted and can be started again', async () => {
  const folder = copyExample('spirals');
  const core = forkCore(folder);
  await configure(core.window, ENDLESS);
  await start(core.window);
  await configure(core.window, 2);
  const killed = await start(core.window);
  await core.kill();
  const second = openCore(folder);
  expect(await second.window.request('runs.get', { runId: killed })).toMatchObject({
    state: 'interrupted',
    endedAt: expect.any(String),
    error: { code: 'training/core-ended' },
  });
  const { until } = listen(second.window);
  const { runId: again } = await second.window.request('training.start', { repeat: killed });
  expect(await until(again, 'completed')).toMatchObject({ epochsDone: 2 });

  await configure(second.window, ENDLESS);
  await start(second.window);
  const closed = await start(second.window);
  await second.core.close();
  const store = RunStore.open(folder);
  expect(store.summary(closed)).toMatchObject({ state: 'interrupted', error: { code: 'training/core-ended' } });
  expect(store.list().every(({ state }) => hasEnded(state))).toBe(true);
  store.close();
});

test('a run waits in the background while another project is open', async () => {
  const folder = copyExample('spirals');
  const configFolder = temporaryFolder();
  const { window } = openCore(folder, { configFolder });
  const { until } = listen(window);
  await configure(window, ENDLESS);
  const first = await start(window);
  // Otherwise the second run, which is short, could end before this one has prepared its data.
  await until(first, 'running');
  await configure(window, 2);
  const second = await start(window);
  await window.request('project.open', { folder: copyExample('xor'), create: false });
  await window.request('preferences.set', { runsAtOnce: 2 });
  await expect.poll(async () => (await window.request('queue.list', {})).map(({ runId }) => runId)).toEqual([first]);
  await window.request('project.open', { folder, create: false });
  expect(await window.request('runs.get', { runId: second })).toMatchObject({ state: 'completed' });
  expect(await window.request('runs.get', { runId: first })).toMatchObject({ state: 'running' });
});

test('while a run is paused the next one trains; a resumed run does not wait', async () => {
  const { window } = openCore(copyExample('spirals'));
  const { until } = listen(window);
  await configure(window, ENDLESS);
  const [first, second] = [await start(window), await start(window)];
  await until(first, 'running');
  await window.request('runs.command', { runId: first, command: { kind: 'pause' } });
  await Promise.all([until(first, 'paused'), until(second, 'running')]);
  expect(await queueOf(window)).toEqual([`paused ${first}`, `training ${second}`]);
  await window.request('runs.command', { runId: first, command: { kind: 'resume' } });
  await until(first, 'running');
  expect(await queueOf(window)).toEqual([`training ${first}`, `training ${second}`]);
  await expect(
    window.request('runs.command', { runId: await start(window), command: { kind: 'pause' } }),
  ).rejects.toMatchObject({ code: 'training/not-active' });
});

test('the queue shows the name that a run was given while it waits', async () => {
  const { window } = openCore(copyExample('spirals'));
  await configure(window, ENDLESS);
  const first = await start(window);
  const second = await start(window);
  await window.request('runs.rename', { runId: second, name: 'wider' });
  const names = (await window.request('queue.list', {})).map(({ name }) => name);
  expect(names).toEqual(['run 1', 'wider']);
  await stop(window, second);
  await stop(window, first);
});

test('a queued run of a project that was renamed is interrupted when it is its turn', async () => {
  const folder = copyExample('spirals');
  const renamed = `${folder} renamed`;
  const [configFolder, elsewhere] = [temporaryFolder(), copyExample('spirals')];
  const other = openCore(elsewhere, { configFolder });
  const { window, core } = openCore(folder, { configFolder });
  const { until } = listen(window);
  await Promise.all([configure(other.window, ENDLESS), configure(window, 2)]);
  const first = await start(other.window);
  const second = await start(window);
  renameSync(folder, renamed);
  await stop(other.window, first);
  expect(await until(second, 'interrupted')).toMatchObject({ error: { code: 'runs/moved' } });
  await core.close();
  expect(existsSync(folder)).toBe(false);
  const store = RunStore.open(renamed);
  expect(store.summary(second)).toMatchObject({ state: 'interrupted', error: { code: 'runs/moved' } });
  store.close();
});

test('runs that cannot be started when it is their turn are failed, and hold up no others', async () => {
  const folder = copyExample('spirals');
  const configFolder = temporaryFolder();
  const other = openCore(copyExample('spirals'), { configFolder });
  const { window } = openCore(folder, { configFolder });
  const { until } = listen(window);
  await Promise.all([configure(other.window, ENDLESS), configure(window, 2)]);
  const first = await start(other.window);
  const [second, third] = [await start(window), await start(window)];
  const database = openDatabase(folder);
  database.exec('ALTER TABLE run_commands RENAME COLUMN seq TO other');
  await stop(other.window, first);
  await expect.poll(() => queueOf(window)).toEqual([]);
  database.exec('ALTER TABLE run_commands RENAME COLUMN other TO seq');
  database.close();
  for (const runId of [second, third]) {
    expect(await window.request('runs.get', { runId })).toMatchObject({
      state: 'failed',
      endedAt: expect.any(String),
      error: { code: 'runs/storage' },
    });
  }
  const fourth = await start(window);
  expect(await until(fourth, 'completed')).toMatchObject({ epochsDone: 2 });
});
