import { execFileSync, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactsFolder, sweepArtifacts, writeArtifact } from '../../src-main/runs/artifacts.ts';
import { databasePath, setDatabaseAside } from '../../src-main/runs/database.ts';
import { endProcess, isAlive, processIdentity } from '../../src-main/system/process-identity.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import { exampleRun } from './example-run.ts';
import { temporaryProject } from './temporary-project.ts';

const steps = (count: number): Float32Array => new Float32Array(count).fill(0.5);

/** A core in a process of its own, with one run it is training. */
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

describe('a run store that others use too', () => {
  it('leaves a live run of another core alone and marks it interrupted once that core is gone', async () => {
    const folder = temporaryProject();
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

  it('marks runs of a dead core interrupted when it is opened', async () => {
    const folder = temporaryProject();
    const { child, runId } = await otherCore(folder);
    await kill(child);
    const store = RunStore.open(folder);
    expect(store.summary(runId).state).toBe('interrupted');
    expect(store.series(runId, 10).points).toHaveLength(3);
    store.close();
  });

  it('takes both stores of one process for live', () => {
    const folder = temporaryProject();
    const one = RunStore.open(folder);
    const { id } = one.createRun(exampleRun());
    const two = RunStore.open(folder);
    expect(two.summary(id).state).toBe('preparing');
    one.close();
    expect(two.list()[0]!.state).toBe('interrupted');
    two.close();
  });

  it('tells a process from a later one with its pid', () => {
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

describe('a damaged run history', () => {
  it.each([
    ['not a database', (path: string) => writeFileSync(path, 'x'.repeat(8192))],
    ['cut off', (path: string) => truncateSync(path, 9000)],
  ])('is named, kept, and set aside on request: %s', (_, damage) => {
    const folder = temporaryProject();
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
  it('are removed when no run refers to them and they are old', async () => {
    const folder = join(temporaryProject(), 'artifacts');
    const write = (value: number) =>
      writeArtifact(folder, new Map([['w', { dtype: 'float32', shape: [1], data: Float32Array.of(value) }]]));
    const [kept, young, old] = [await write(1), await write(2), await write(3)];
    const partial = `.${old.sha256}.0123abcd.tmp`;
    writeFileSync(join(folder, partial), '');
    writeFileSync(join(folder, 'notes.txt'), 'of a person');
    const dayAgo = new Date(Date.now() - 86_400_000);
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(young.sha256)) utimesSync(join(folder, name), dayAgo, dayAgo);
    }
    await sweepArtifacts(folder, (sha256) => sha256 === kept.sha256);
    expect(readdirSync(folder).sort()).toEqual(
      [`${kept.sha256}.safetensors`, `${young.sha256}.safetensors`, 'notes.txt'].sort(),
    );
  });
});

/** Mounts a small file system, which root alone may do. @returns What unmounts it, or null. */
function smallDisk(folder: string, kibibytes: number): (() => void) | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder], { stdio: 'ignore' });
    return () => execFileSync('umount', [folder]);
  } catch {
    return null;
  }
}

describe('a full disk', () => {
  it('is told with folder and remedy; what is committed stays, and an ending is kept for later', async (context) => {
    const folder = temporaryProject();
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

  it('does not keep a history with nothing left to write from closing', async (context) => {
    const folder = temporaryProject();
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

function fillWithSteps(store: RunStore, id: string): unknown {
  try {
    for (let i = 0; i < 1000; i++) {
      store.appendSteps(id, 1 + i * 10_000, steps(10_000), 2);
      store.flush();
    }
    return null;
  } catch (error) {
    return error;
  }
}
