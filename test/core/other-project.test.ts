import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { artifactPath, artifactsFolder, readArtifact, writeArtifact } from '../../src-main/runs/artifacts.ts';
import { databasePath } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { importFromProject, readOtherProject } from '../../src-main/core/projects/other-project.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { exampleRun } from '../runs/example-run.ts';
import { copyExample } from '../support/example-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openCore } from './core-window.ts';

const tensor = (value: number) => ({ dtype: 'float32', shape: [2, 3], data: new Float32Array(6).fill(value) }) as const;

let source: string;
let artifacts: string;
beforeEach(() => {
  source = copyExample('spirals');
  artifacts = artifactsFolder(temporaryFolder());
});

/** Records a checkpoint whose frozen tensors are in another file, and the optimizer's state in the first. */
async function record(store: RunStore, id: string, kind: 'best' | 'last', value: number): Promise<string> {
  const { sha256: frozen } = await writeArtifact(store.artifacts, new Map([['base/kernel', tensor(7)]]));
  const trained = new Map([
    ['head/kernel', tensor(value)],
    ['optimizer/head/kernel/momentum', tensor(0)],
  ]);
  const file = await writeArtifact(store.artifacts, trained, {}, frozen);
  store.recordCheckpoints(id, [{ kind, epoch: value, step: 10 * value, batch: 0, metrics: {}, ...file }]);
  return file.sha256;
}

/** Every file of a folder with the hash of its content. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]));
}

const modelOf = (folder: string): ModelDocument =>
  JSON.parse(readFileSync(join(folder, 'spirals.lamina.json'), 'utf8')) as ModelDocument;

describe('a run of another project', () => {
  test('is opened while it trains: its model, weights by hash with the frozen ones, and nothing changes there', async () => {
    const store = RunStore.open(source);
    const { id } = store.createRun({ ...exampleRun(), name: 'deep' });
    store.setState(id, 'running');
    await record(store, id, 'best', 1);
    const last = await record(store, id, 'last', 2);
    const before = contentOf(source);

    const { document, report, kept } = await importFromProject(source, { run: 'deep', checkpoint: 'last' }, artifacts);
    expect(document.nodes.map(({ name }) => name)).toEqual(exampleRun().model.nodes.map(({ name }) => name));
    expect(document.weights?.artifact).toBe(last);
    expect(report).toMatchObject({
      format: 'lamina-project',
      writtenBy: 'Lamina 0.1.0',
      parameters: 12,
      fileParameters: 12,
      optimizerState: true,
      losses: [],
    });
    const { tensors } = await readArtifact(artifacts, last);
    expect([...tensors.keys()].toSorted()).toEqual(['base/kernel', 'head/kernel', 'optimizer/head/kernel/momentum']);
    expect(kept?.frozen).toEqual(expect.stringMatching(/^[0-9a-f]{64}$/));
    expect(contentOf(source)).toEqual(before);
    store.close();
  });

  test('number, id and the default weights choose as in the project; unknown and ambiguous ones are refused', async () => {
    const store = RunStore.open(source);
    const { id } = store.createRun({ ...exampleRun(), name: 'twice' });
    const best = await record(store, id, 'best', 1);
    const last = await record(store, id, 'last', 2);
    store.setState(id, 'stopped');
    store.createRun({ ...exampleRun(), name: 'twice' });
    store.close();
    const hashOf = async (run: string, checkpoint?: 'best' | 'last') =>
      (await importFromProject(source, { run, ...(checkpoint && { checkpoint }) }, artifacts)).document.weights!
        .artifact;
    expect([await hashOf('1'), await hashOf(id.slice(0, 8)), await hashOf(id, 'best')]).toEqual([last, last, best]);
    await expect(hashOf('twice')).rejects.toMatchObject({ code: 'runs/ambiguous' });
    await expect(hashOf('3')).rejects.toMatchObject({ code: 'runs/unknown' });
    await expect(hashOf('2')).rejects.toMatchObject({ code: 'runs/no-checkpoint' });
  });

  test('its weights name the classes that the run was trained for, in the order of the run', async () => {
    const store = RunStore.open(source);
    const { id } = store.createRun(exampleRun());
    const column = { type: 'numeric', offset: 0, scale: 1, fill: null, min: 0, max: 1 } as const;
    const featureSpec = {
      columns: [
        { ...column, name: 'x' },
        { ...column, name: 'y' },
      ],
      inputShape: [2],
      targets: [{ kind: 'classes' as const, name: 'class', classes: ['upper', 'lower'] }],
      weight: null,
    };
    store.recordPreparation(id, { featureSpec });
    await record(store, id, 'last', 2);
    store.close();
    const { document } = await importFromProject(source, { run: '1', checkpoint: 'last' }, artifacts);
    expect(document.weights?.classes).toEqual([{ layer: 'classes', names: ['upper', 'lower'] }]);
  });

  test('a damaged or missing file of weights is refused and leaves no copy', async () => {
    const store = RunStore.open(source);
    const { id } = store.createRun(exampleRun());
    const last = await record(store, id, 'last', 2);
    store.close();
    const file = artifactPath(artifactsFolder(source), last);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const opened = () => importFromProject(source, { run: '1' }, artifacts);
    await expect(opened()).rejects.toMatchObject({ code: 'runs/checkpoint-damaged' });
    rmSync(file);
    await expect(opened()).rejects.toMatchObject({ code: 'runs/checkpoint-missing' });
    expect(existsSync(artifacts) ? readdirSync(artifacts) : []).toEqual([]);
  });

  test('a history of a newer version is refused; the model of the project can still be opened', async () => {
    RunStore.open(source).close();
    const database = new Sqlite(databasePath(source));
    database.pragma('user_version = 900');
    database.close();
    await expect(importFromProject(source, { run: '1' }, artifacts)).rejects.toMatchObject({ code: 'runs/newer' });
    const { model, runs, runsProblem } = await readOtherProject(source);
    expect([model?.weights, runs, runsProblem?.code]).toEqual([null, [], 'runs/newer']);
    expect((await importFromProject(source, { run: null }, artifacts)).document.nodes).toEqual(modelOf(source).nodes);
  });
});

describe('the model of another project', () => {
  test('without weights starts from the seed, which the report says', async () => {
    const before = contentOf(source);
    const { document, report, kept } = await importFromProject(source, { run: null }, artifacts);
    expect([document.weights, kept, report.fileParameters]).toEqual([undefined, null, null]);
    expect(report.losses).toMatchObject([{ code: 'project/no-weights', severity: 'note' }]);
    // No history is made there.
    expect(contentOf(source)).toEqual(before);
  });

  test('of a newer version, or a damaged one, is refused; its runs can still be opened', async () => {
    const store = RunStore.open(source);
    const { id } = store.createRun(exampleRun());
    await record(store, id, 'last', 2);
    store.close();
    const path = join(source, 'spirals.lamina.json');
    writeFileSync(path, JSON.stringify({ ...modelOf(source), version: 900 }));
    const opened = () => importFromProject(source, { run: null }, artifacts);
    await expect(opened()).rejects.toMatchObject({ code: 'document/newer-version' });
    const { model, modelProblem, runs } = await readOtherProject(source);
    expect([model, modelProblem?.code, runs.length]).toEqual([null, 'document/newer-version', 1]);
    writeFileSync(path, '{');
    await expect(opened()).rejects.toMatchObject({ code: 'project/damaged-document' });
    await expect(importFromProject(source, { run: '1' }, artifacts)).resolves.toBeDefined();
  });

  test('of the same project is refused, also by another path', async () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(source, link, 'junction');
    for (const folder of [source, link]) {
      await expect(importFromProject(folder, { run: null }, artifactsFolder(source))).rejects.toMatchObject({
        code: 'project/same-project',
      });
    }
  });

  test('a folder that is not a project is refused', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'x'));
    await expect(readOtherProject(folder)).rejects.toMatchObject({ code: 'project/not-a-project' });
  });
});

test('a window opens a run of another project; its weights stay until nothing names them', async () => {
  const store = RunStore.open(source);
  const { id } = store.createRun(exampleRun());
  const last = await record(store, id, 'last', 2);
  store.setState(id, 'stopped');
  store.close();
  const folder = copyExample('housing');
  const { core, window } = openCore(folder);
  const other = await window.request('project.readOther', { folder: source });
  expect(other.runs.map(({ number }) => number)).toEqual([1]);
  const part = { run: other.runs[0]!.id, checkpoint: 'last' as const };
  const { document } = await window.request('project.importModel', { path: source, part });
  const { modelRevision } = await window.request('project.get', {});
  await window.request('project.saveModel', { document, baseRevision: modelRevision });
  await core.close();
  const again = RunStore.open(folder);
  await again.files.sweep();
  again.close();
  const { tensors } = await readArtifact(artifactsFolder(folder), last);
  expect(tensors.size).toBe(3);
});
