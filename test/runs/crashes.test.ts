import { execFileSync, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactsFolder, sweepArtifacts, writeArtifact } from '../../src-main/runs/artifacts.ts';
import { databasePath, setDatabaseAside } from '../../src-main/runs/database.ts';
import { endProcess, isAlive, processIdentity } from '../../src-main/system/process-identity.ts';
import { temporaryName } from '../../src-main/system/temporary-name.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { exampleRun } from './example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const steps = (count: number): Float32Array => new Float32Array(count).fill(0.5);

/** Another core process with one running run. */
async function otherCore(folder: string): Promise<{ child: ChildProcess; runId: string }> {
  const child = fork(join(import.meta.dirname, 'other-core.ts'), [folder], { execArgv: [] });
  const runId = await new Promise<string>((resolve) => child.once('message', (message) => resolve(String(message))));
  return { child, runId };
}

function kill(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  return exited;
}

describe('run store shared by several cores', () => {
  it('keeps a live run of another core and marks it interrupted after that core ends', async () => {
    const folder = temporaryFolder();
    const { child, runId } = await otherCore(folder);
    const store = RunStore.open(folder);
    try {
      expect(store.summary(runId)).toMatchObject({ state: 'running', stepsDone: 3 });
      expect(store.owns(runId)).toBe(false);
      store.recover();
      expect(store.list()[0]!.state).toBe('running');
      expect(() => store.delete(runId)).toThrow(expect.objectContaining({ code: 'runs/active' }));
      await kill(child);
      const [summary] = store.list();
      expect(summary).toMatchObject({ state: 'interrupted', stepsDone: 3, error: { code: 'training/core-ended' } });
      expect(summary!.endedAt).not.toBeNull();
    } finally {
      await kill(child);
      store.close();
    }
  });

  it('marks runs of a dead core interrupted on open', async () => {
    const folder = temporaryFolder();
    const { child, runId } = await otherCore(folder);
    await kill(child);
    const store = RunStore.open(folder);
    expect(store.summary(runId).state).toBe('interrupted');
    expect(store.series(runId, 10).points).toHaveLength(3);
    store.close();
  });

  it('treats both stores of one process as live', () => {
    const folder = temporaryFolder();
    const one = RunStore.open(folder);
    const { id } = one.createRun(exampleRun());
    const two = RunStore.open(folder);
    expect(two.summary(id).state).toBe('preparing');
    one.close();
    expect(two.list()[0]!.state).toBe('interrupted');
    two.close();
  });

  it('distinguishes a process from a later one with the same pid', () => {
    const self = processIdentity();
    expect(isAlive(self)).toBe(true);
    if (self.start !== null) {
      expect(isAlive({ ...self, start: '1' })).toBe(false);
      endProcess({ ...processIdentity(process.ppid), start: '1' });
      expect(isAlive(processIdentity(process.ppid))).toBe(true);
    }
    expect(isAlive({ ...self, host: 'elsewhere' })).toBeNull();
  });
});

describe('damaged run history', () => {
  it.each([
    ['not a database', (path: string) => writeFileSync(path, 'x'.repeat(8192))],
    ['cut off', (path: string) => truncateSync(path, 9000)],
  ])('is reported, kept, and set aside on request: %s', (_, damage) => {
    const folder = temporaryFolder();
    const before = RunStore.open(folder);
    before.createRun(exampleRun());
    before.close();
    damage(databasePath(folder));
    const bytes = readFileSync(databasePath(folder));
    expect(() => RunStore.open(folder)).toThrow(
      expect.objectContaining({ code: 'runs/corrupt', message: expect.stringContaining(databasePath(folder)) }),
    );
    expect(readFileSync(databasePath(folder)).equals(bytes)).toBe(true);

    const aside = setDatabaseAside(folder);
    expect(readFileSync(aside).equals(bytes)).toBe(true);
    const store = RunStore.open(folder);
    expect(store.list()).toEqual([]);
    store.close();
  });
});

describe('leftover files', () => {
  const write = (folder: string, value: number) =>
    writeArtifact(folder, new Map([['w', { dtype: 'float32', shape: [1], data: Float32Array.of(value) }]]));
  const age = (path: string, seconds: number) => {
    const then = new Date(Date.now() - seconds * 1000);
    utimesSync(path, then, then);
  };
  const path = (folder: string, { sha256 }: { sha256: string }) => join(folder, `${sha256}.safetensors`);

  it('are removed after their writer has ended; files that may still be recorded are kept', async () => {
    const folder = join(temporaryFolder(), 'artifacts');
    const [kept, young, old] = [await write(folder, 1), await write(folder, 2), await write(folder, 3)];
    const { pid } = process;
    const { child: dead } = await otherCore(temporaryFolder());
    await kill(dead);
    const part = (tag: string) => `.${old.sha256}.${tag}-0123456789ab.tmp`;
    const [host, , start] = temporaryName('').split('-');
    const living = part(`${host}-${pid}-${start}`);
    const ended = part(`${host}-${pid}-00000001`);
    const gone = part(`${host}-${dead.pid}-${start}`);
    const elsewhere = part(`00000000-${pid}-${start}`);
    const named = part(`safetensors.${host}-${dead.pid}-${start}`);
    const [earlier, ancient] = [`.${old.sha256}.0123abcd.tmp`, `.${kept.sha256}.0123abcd.tmp`];
    for (const name of [living, ended, gone, named, elsewhere, earlier, ancient, 'notes.txt'])
      writeFileSync(join(folder, name), '');
    for (const file of [kept, old]) age(path(folder, file), 60);
    age(join(folder, ancient), 86_400);
    await sweepArtifacts(folder, (sha256) => sha256 === kept.sha256, Date.now() - 30_000);
    const left = [kept, young].map(({ sha256 }) => `${sha256}.safetensors`);
    expect(readdirSync(folder).sort()).toEqual([...left, living, elsewhere, earlier, 'notes.txt'].sort());
  });

  it('of an ended core are removed when the history is opened; those of an active run are kept', async () => {
    const folder = temporaryFolder();
    const artifacts = artifactsFolder(folder);
    const { child, runId } = await otherCore(folder);
    const [before, unrecorded] = [await write(artifacts, 1), await write(artifacts, 2)];
    age(path(artifacts, before), 1_200);
    const watching = RunStore.open(folder);
    await expect.poll(() => readdirSync(artifacts)).toEqual([`${unrecorded.sha256}.safetensors`]);
    expect(watching.summary(runId).state).toBe('running');
    age(path(artifacts, unrecorded), 10);
    await kill(child);
    expect(watching.list()[0]!.state).toBe('interrupted');
    await expect.poll(() => readdirSync(artifacts)).toEqual([]);
    watching.close();
  });

  it('get a new modification time when the same content is written again', async () => {
    const folder = join(temporaryFolder(), 'artifacts');
    const file = await write(folder, 1);
    age(path(folder, file), 3_600);
    await write(folder, 1);
    await sweepArtifacts(folder, () => false, Date.now() - 1_800_000);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

/** Mounts a small file system; needs root. @returns Unmounts it; null: not permitted. */
function smallDisk(folder: string, kibibytes: number): (() => void) | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder], { stdio: 'ignore' });
    return () => execFileSync('umount', [folder]);
  } catch {
    return null;
  }
}

describe('a full disk', () => {
  it('gives runs/disk-full; committed data stays and the final state is written later', async (context) => {
    const folder = temporaryFolder();
    const unmount = smallDisk(folder, 2048);
    if (unmount === null) return context.skip('needs the right to mount a small file system');
    try {
      const store = RunStore.open(folder);
      const { id } = store.createRun(exampleRun());
      store.recordEpochs(id, [{ record: epochOne, best: true }], 1);
      mkdirSync(artifactsFolder(folder));
      const big = { dtype: 'float32', shape: [600_000], data: new Float32Array(600_000) } as const;
      await expect(writeArtifact(store.artifacts, new Map([['w', big]]))).rejects.toMatchObject({
        code: 'runs/disk-full',
        message: expect.stringContaining(store.artifacts),
      });
      expect(readdirSync(store.artifacts)).toEqual([]);

      const failure = fillWithSteps(store, id);
      expect(failure).toMatchObject({ code: 'runs/disk-full', message: expect.stringContaining(folder) });
      const error = { code: 'runs/disk-full', message: 'full' };
      expect(() => store.setState(id, 'failed', error)).toThrow(expect.objectContaining({ code: 'runs/disk-full' }));
      expect(store.summary(id)).toMatchObject({ state: 'failed', error, epochsDone: 1 });
      expect(store.list()[0]!.state).toBe('failed');

      execFileSync('mount', ['-o', 'remount,size=16m', folder]);
      store.close();
      const reopened = RunStore.open(folder);
      expect(reopened.summary(id)).toMatchObject({ state: 'failed', error, bestMetrics: epochOne.metrics });
      reopened.close();
    } finally {
      unmount();
    }
  });

  it('does not prevent closing a history without pending writes', async (context) => {
    const folder = temporaryFolder();
    const unmount = smallDisk(folder, 512);
    if (unmount === null) return context.skip('needs the right to mount a small file system');
    try {
      const store = RunStore.open(folder);
      store.createRun(exampleRun());
      expect(() => writeFileSync(join(folder, 'filler'), Buffer.alloc(2 ** 20))).toThrow('ENOSPC');
      expect(() => store.close()).not.toThrow();
    } finally {
      unmount();
    }
  });
});

const epochOne = { epoch: 1, metrics: { loss: 1 }, durationMs: 1, stepsPerSecond: 1 };

/** Fills the disk with records until not even the shortest fits. */
function fillWithSteps(store: RunStore, id: string): unknown {
  let failure: unknown = null;
  let step = 1;
  for (let count = 10_000; count >= 1; count = Math.floor(count / 10)) {
    try {
      for (let i = 0; i < 1000; i++, step += count) store.recordSteps(id, step, steps(count), 2);
    } catch (error) {
      failure = error;
    }
  }
  // A failed write leaves its first pages in the file: what changes only the run's row could still fit into them.
  try {
    for (let i = 0; i < 1000; i++) store.rename(id, 'full');
  } catch (error) {
    failure = error;
  }
  return failure;
}

describe('read-only project', () => {
  /** Bind-mounts a folder read-only. @returns Unmounts it; null: not permitted. */
  function readOnly(folder: string): (() => void) | null {
    try {
      execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' });
      execFileSync('mount', ['-o', 'remount,ro,bind', folder], { stdio: 'ignore' });
      return () => execFileSync('umount', [folder]);
    } catch {
      return null;
    }
  }

  it('shows runs, curves and checkpoints; writes fail with runs/unwritable', async (context) => {
    const folder = temporaryFolder();
    const { child, runId } = await otherCore(folder);
    await kill(child);
    const before = readdirSync(folder).sort();
    expect(before).toContain('runs.sqlite-wal');
    const unmount = readOnly(folder);
    if (unmount === null) return context.skip('needs the right to mount');
    const store = RunStore.open(folder);
    try {
      const unwritable = expect.objectContaining({ code: 'runs/unwritable', message: expect.stringContaining(folder) });
      expect(store.readOnly).toEqual(unwritable);
      expect(store.list()).toMatchObject([{ id: runId, state: 'interrupted', stepsDone: 3 }]);
      expect(store.get(runId).model).toEqual(exampleRun().model);
      expect(store.series(runId, 10).points).toHaveLength(3);
      expect(() => store.createRun(exampleRun())).toThrow(unwritable);
      expect(() => store.rename(runId, 'other')).toThrow(unwritable);
      expect(() => store.delete(runId)).toThrow(unwritable);
      expect(store.list()).toHaveLength(1);
    } finally {
      store.close();
      unmount();
    }
    expect(readdirSync(folder).sort()).toEqual(before);
    const writable = RunStore.open(folder);
    expect(writable.readOnly).toBeNull();
    expect(writable.rename(runId, 'other').name).toBe('other');
    writable.close();
  });

  it('without a history has no runs', (context) => {
    const folder = temporaryFolder();
    const unmount = readOnly(folder);
    if (unmount === null) return context.skip('needs the right to mount');
    try {
      const store = RunStore.open(folder);
      expect(store.list()).toEqual([]);
      store.close();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      unmount();
    }
  });
});
