import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactPath, writeArtifact } from '../../src-main/runs/artifacts.ts';
import { databasePath, setDatabaseAside } from '../../src-main/runs/database.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { CheckpointKind } from '../../src-shared/training/run/run.ts';
import { appError } from '../support/app-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { exampleRun } from './example-run.ts';

let folder: string;
let store: RunStore;

beforeEach(() => {
  folder = temporaryFolder();
  store = RunStore.open(folder);
});
afterEach(() => store.close());

async function written(value: number): Promise<{ sha256: string; sizeBytes: number }> {
  const data = Float32Array.of(value);
  const file = await writeArtifact(store.artifacts, new Map([['w', { dtype: 'float32', shape: [1], data }]]));
  // Older than anything a sweep spares.
  utimesSync(artifactPath(store.artifacts, file.sha256), new Date(0), new Date(0));
  return file;
}

/** A stopped run with weights of this value. */
async function runWith(value: number, kind: CheckpointKind = 'last'): Promise<{ id: string; sha256: string }> {
  const { id } = store.createRun(exampleRun());
  const file = await written(value);
  store.recordCheckpoints(id, [{ kind, epoch: 1, step: 10, batch: 0, metrics: {}, ...file }]);
  store.setState(id, 'stopped');
  return { id, sha256: file.sha256 };
}

const exists = (sha256: string): boolean => existsSync(artifactPath(store.artifacts, sha256));

/** A model document, or what is left of one, that names files. */
const writeDocument = (name: string, ...files: readonly string[]): void =>
  writeFileSync(join(folder, name), `{"weights": {"artifact": "${files.join('", "')}"`);

/** Sweeps as a program does that opens the project. */
async function sweep(): Promise<void> {
  const other = RunStore.open(folder);
  await other.files.sweep();
  other.close();
}

/** Lets the time pass after which a file without a name is deleted. */
function passTime(): void {
  const database = new Sqlite(databasePath(folder));
  database.exec('UPDATE artifacts SET unnamed_since = 0 WHERE unnamed_since IS NOT NULL');
  database.close();
}

it('a file of frozen weights stays for a run that has written it and has no recorded checkpoint yet', async () => {
  const tensor = (value: number) => ({ dtype: 'float32', shape: [1], data: Float32Array.of(value) }) as const;
  const rest = new Map([['frozen', tensor(0)]]);
  const write = async (value: number) => {
    const { sha256: frozen } = await writeArtifact(store.artifacts, rest);
    return writeArtifact(store.artifacts, new Map([['w', tensor(value)]]), {}, frozen);
  };
  const record = (id: string, file: Awaited<ReturnType<typeof write>>): void =>
    store.recordCheckpoints(id, [{ kind: 'last', epoch: 1, step: 10, batch: 0, metrics: {}, ...file }]);
  const { id: first } = store.createRun(exampleRun());
  const file = await write(1);
  record(first, file);
  store.setState(first, 'stopped');
  const frozen = file.frozen!;
  utimesSync(artifactPath(store.artifacts, frozen), new Date(0), new Date(0));

  const { id: second } = store.createRun(exampleRun());
  const unrecorded = await write(2);
  store.delete(first);
  expect([exists(file.sha256), exists(frozen)]).toEqual([false, true]);
  record(second, unrecorded);
  await sweep();
  expect(exists(frozen)).toBe(true);

  // The last run that needs it.
  store.setState(second, 'stopped');
  utimesSync(artifactPath(store.artifacts, frozen), new Date(0), new Date(0));
  store.delete(second);
  expect(exists(frozen)).toBe(false);
});

describe('a file in artifacts/', () => {
  it.each(['model.lamina.json', 'other.lamina.json', 'model.lamina.json.damaged-1'])(
    'that %s names is not swept',
    async (name) => {
      const [named, unnamed] = [await written(1), await written(2)];
      writeDocument(name, named.sha256);
      await sweep();
      expect([exists(named.sha256), exists(unnamed.sha256)]).toEqual([true, false]);
    },
  );

  it('is not swept while a model document cannot be read', async () => {
    const { sha256 } = await written(1);
    const document = join(folder, 'model.lamina.json');
    symlinkSync(document, document);
    await sweep();
    expect(exists(sha256)).toBe(true);
    rmSync(document);
    mkdirSync(document);
    await sweep();
    expect(exists(sha256)).toBe(false);
  });

  it('of a deleted run stays while a document names it, and is deleted a day later', async () => {
    const { id, sha256 } = await runWith(1);
    writeDocument('model.lamina.json', sha256);
    store.delete(id);
    expect(exists(sha256)).toBe(true);
    await sweep();
    rmSync(join(folder, 'model.lamina.json'));
    passTime();
    await sweep();
    expect(exists(sha256)).toBe(true);
    passTime();
    await sweep();
    expect(exists(sha256)).toBe(false);
  });
});

describe('a run history that was set aside', () => {
  it('keeps the files that it names, so that it can be restored', async () => {
    const runs = await Promise.all([1, 2, 3].map((value) => runWith(value)));
    const unnamed = await written(4);
    store.close();
    // Damage at the beginning: no program can read the tables.
    const bytes = readFileSync(databasePath(folder));
    bytes.fill(0, 0, 200);
    writeFileSync(databasePath(folder), bytes);
    expect(() => RunStore.open(folder)).toThrow(appError('runs/corrupt'));
    setDatabaseAside(folder);
    await sweep();
    expect(runs.map(({ sha256 }) => exists(sha256))).toEqual([true, true, true]);
    expect(exists(unnamed.sha256)).toBe(false);
  });

  it('keeps a file that a model document named for a while', async () => {
    const { sha256 } = await runWith(1);
    store.close();
    setDatabaseAside(folder);
    writeDocument('model.lamina.json', sha256);
    await sweep();
    rmSync(join(folder, 'model.lamina.json'));
    await sweep();
    passTime();
    await sweep();
    expect(exists(sha256)).toBe(true);
  });
});

describe('keepWeights', () => {
  it('keeps the file of a checkpoint after its run is deleted', async () => {
    const { id, sha256 } = await runWith(1);
    expect(store.keepWeights(id, 'last')).toEqual({ artifact: sha256, label: 'run 1, last weights, epoch 1' });
    store.delete(id);
    expect(exists(sha256)).toBe(true);
  });

  it('holds the file for undo histories as long as the program is open', async () => {
    const { id, sha256 } = await runWith(1);
    store.keepWeights(id, 'last');
    store.delete(id);
    await sweep();
    passTime();
    await sweep();
    expect(exists(sha256)).toBe(true);
    store.close();
    await sweep();
    passTime();
    await sweep();
    expect(exists(sha256)).toBe(false);
  });

  it('counts the time from the last name', async () => {
    const { id, sha256 } = await runWith(1);
    store.keepWeights(id, 'last');
    store.delete(id);
    store.close();
    await sweep();
    writeDocument('model.lamina.json', sha256);
    passTime();
    await sweep();
    rmSync(join(folder, 'model.lamina.json'));
    await sweep();
    expect(exists(sha256)).toBe(true);
  });

  it('refuses a checkpoint that is not there', async () => {
    const { id, sha256 } = await runWith(1);
    expect(() => store.keepWeights(id, 'best')).toThrow(appError('runs/no-checkpoint'));
    rmSync(artifactPath(store.artifacts, sha256));
    expect(() => store.keepWeights(id, 'last')).toThrow(appError('weights/missing'));
  });
});

describe('a run', () => {
  it('keeps the file that its model names', async () => {
    const { id, sha256 } = await runWith(1);
    const weights = store.keepWeights(id, 'last');
    // Another program, so that only the run names the file.
    store.close();
    store = RunStore.open(folder);
    const run = exampleRun();
    const next = store.createRun({ ...run, model: { ...run.model, weights }, startArtifact: sha256 });
    expect(store.get(next.id).start).toEqual({ kind: 'weights', ...weights });
    store.setState(next.id, 'stopped');
    store.delete(id);
    await sweep();
    passTime();
    await sweep();
    expect(exists(sha256)).toBe(true);
    store.delete(next.id);
    await sweep();
    passTime();
    await sweep();
    expect(readdirSync(store.artifacts)).toEqual([]);
  });

  it('keeps the weights of the run that it started from until it is deleted', async () => {
    const { id, sha256 } = await runWith(1);
    const continueFrom = { runId: id, checkpoint: 'last', mode: 'weights' } as const;
    const next = store.createRun({ ...exampleRun(), continueFrom });
    expect(store.get(next.id).start).toEqual({ kind: 'run', ...continueFrom, artifact: sha256 });
    store.setState(next.id, 'stopped');
    store.delete(id);
    expect(exists(sha256)).toBe(true);
    await sweep();
    expect(exists(sha256)).toBe(true);
    expect(store.startArtifactOf(next.id)).toBe(sha256);
    store.delete(next.id);
    expect(exists(sha256)).toBe(false);
  });

  it('from the seed records that', () => {
    const { id } = store.createRun(exampleRun());
    expect(store.get(id).start).toEqual({ kind: 'seed' });
  });
});
