import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { artifactPath, artifactsFolder } from '../../src-main/runs/artifacts.ts';
import { databasePath } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { ModelWeights } from '../../src-shared/document/schema/model-document.ts';
import { copyExample } from '../support/example-project.ts';
import { appError } from '../support/app-error.ts';
import { openCore } from './core-window.ts';

/** Trains one epoch. @returns The run's id. */
async function trained(window: LaminaClient): Promise<string> {
  const { configuration, configurationRevision } = await window.request('project.get', {});
  await window.request('project.saveConfiguration', {
    configuration: { ...configuration, epochs: 1, engine: 'onnx' },
    baseRevision: configurationRevision,
  });
  const completed = Promise.withResolvers<void>();
  window.on('run.changed', ({ summary }) => summary.state === 'completed' && completed.resolve());
  const { runId } = await window.request('training.start', {});
  await completed.promise;
  return runId;
}

async function saveWeights(window: LaminaClient, weights: ModelWeights | undefined): Promise<void> {
  const { model, modelRevision } = await window.request('project.get', {});
  const { weights: _, ...rest } = model;
  const document = weights === undefined ? rest : { ...rest, weights };
  await window.request('project.saveModel', { document, baseRevision: modelRevision });
}

/** Sweeps as another program does, and again after the time for which unnamed files are kept. */
async function sweepTwice(folder: string): Promise<void> {
  for (let time = 0; time < 2; time += 1) {
    const other = RunStore.open(folder);
    await other.files.sweep();
    other.close();
    const database = new Sqlite(databasePath(folder));
    database.exec('UPDATE artifacts SET unnamed_since = 0 WHERE unnamed_since IS NOT NULL');
    database.close();
  }
}

test('weights that a model has named can be restored by undo while the project is open', async () => {
  const folder = copyExample('spirals');
  const first = openCore(folder);
  const runId = await trained(first.window);
  const weights = await first.window.request('runs.keepWeights', { runId, checkpoint: 'last' });
  await saveWeights(first.window, weights);
  await first.window.request('runs.delete', { runId });
  await first.core.close();
  const exists = () => existsSync(artifactPath(artifactsFolder(folder), weights.artifact));
  await sweepTwice(folder);
  expect(exists()).toBe(true);

  const { core, window } = openCore(folder);
  expect((await window.request('project.get', {})).model.weights).toEqual(weights);
  await saveWeights(window, undefined);
  await sweepTwice(folder);
  expect(exists()).toBe(true);
  await core.close();
  await sweepTwice(folder);
  expect(exists()).toBe(false);
});

test('a window holds the files that its undo history names', async () => {
  const folder = copyExample('spirals');
  const first = openCore(folder);
  const runId = await trained(first.window);
  const { artifact } = await first.window.request('runs.keepWeights', { runId, checkpoint: 'last' });
  await first.window.request('runs.delete', { runId });
  await first.core.close();
  const { window } = openCore(folder);
  await window.request('project.holdWeights', { files: [artifact] });
  await sweepTwice(folder);
  expect(existsSync(artifactPath(artifactsFolder(folder), artifact))).toBe(true);
});

test('a copy of a project has the weights that its model names, and trains from them', async () => {
  const folder = copyExample('spirals');
  const { window } = openCore(folder);
  const runId = await trained(window);
  const weights = await window.request('runs.keepWeights', { runId, checkpoint: 'best' });
  await saveWeights(window, weights);
  const copy = join(folder, '..', 'copy');
  await window.request('project.saveCopy', { folder: copy });
  expect(readdirSync(artifactsFolder(copy))).toEqual([`${weights.artifact}.safetensors`]);

  const { window: there } = openCore(copy);
  const next = await trained(there);
  expect((await there.request('runs.get', { runId: next })).start).toEqual({ kind: 'weights', ...weights });
  expect(readdirSync(artifactsFolder(copy))).toContain(`${weights.artifact}.safetensors`);
});

test('a copy that is cancelled leaves nothing behind', async () => {
  const folder = copyExample('spirals');
  const { window } = openCore(folder);
  const runId = await trained(window);
  await saveWeights(window, await window.request('runs.keepWeights', { runId, checkpoint: 'last' }));
  const copy = join(folder, '..', 'copy');
  const aborting = new AbortController();
  const copying = window.request('project.saveCopy', { folder: copy }, { signal: aborting.signal });
  aborting.abort();
  await expect(copying).rejects.toEqual(appError('request/cancelled'));
  await expect.poll(() => (existsSync(copy) ? readdirSync(copy) : [])).toEqual([]);
  await window.request('project.saveCopy', { folder: copy });
  expect(readdirSync(copy)).toContain('lamina-project.json');
});

test('a copy of a project whose model names no weights has no artifacts', async () => {
  const folder = copyExample('spirals');
  const { window } = openCore(folder);
  await trained(window);
  const copy = join(folder, '..', 'copy');
  await window.request('project.saveCopy', { folder: copy });
  expect(existsSync(artifactsFolder(copy))).toBe(false);
});

test('weights.shapes lists the tensors of a file', async () => {
  const { window } = openCore(copyExample('spirals'));
  const runId = await trained(window);
  const { artifact } = await window.request('runs.keepWeights', { runId, checkpoint: 'last' });
  const shapes = await window.request('weights.shapes', { file: artifact });
  expect(shapes).toContainEqual({ name: 'hidden_1/kernel', shape: [2, 32] });
  await expect(window.request('weights.shapes', { file: '0'.repeat(64) })).rejects.toEqual(appError('weights/missing'));
});

test('a model that names weights can be saved while the run history is damaged', async () => {
  const folder = copyExample('spirals');
  writeFileSync(databasePath(folder), 'not a database');
  const { window } = openCore(folder);
  const weights = { artifact: 'a'.repeat(64), label: 'run 1' };
  await saveWeights(window, weights);
  expect((await window.request('project.get', {})).model.weights).toEqual(weights);
  await expect(window.request('runs.list', {})).rejects.toEqual(appError('runs/corrupt'));
});
