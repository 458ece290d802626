import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { artifactPath, artifactsFolder, readArtifact, readHeader } from '../../src-main/runs/artifacts.ts';
import { copyArtifacts } from '../../src-main/runs/named-artifacts.ts';
import { RunStore } from '../../src-main/runs/store.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun } from '../runs/example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';
import { portion } from '../support/portion.ts';

/** A checkpoint file has what trains; the frozen rest is in another file, which a run's checkpoints share. */

let bench: TrainingBench;
afterEach(() => bench.close());

const FROZEN_BYTES = 4 * (2 * 800 + 800 + 800 * 800 + 800);

/** Two frozen layers with normalization between them, and a small head that trains. */
const withFrozenBase = (engine: 'onnx' | 'tensorflow', epochs: number, average = false): NewRun => {
  const optimizer = { ...defaultOptimizer('nadam'), ...(average ? { ema: { momentum: 0.9 } } : {}) };
  return {
    ...exampleRun({ engine, epochs, optimizer }),
    model: sequentialDocument([
      dense(800, 'relu', { name: 'one', frozen: true }),
      { kind: 'BatchNormalization', name: 'norm', frozen: true },
      dense(800, 'relu', { name: 'two', frozen: true }),
      dense(2, 'softmax', { name: 'head' }),
    ]),
  };
};

const files = (): string[] => readdirSync(bench.store.artifacts);
const sizes = (): number[] => files().map((name) => statSync(join(bench.store.artifacts, name)).size);
/** Makes the files older than any that a live trainer may still record. */
const age = (): void => files().forEach((name) => utimesSync(join(bench.store.artifacts, name), 0, 0));
const fileOf = (runId: string, kind: 'initial' | 'last' | 'best'): string =>
  bench.store.requireCheckpoint(runId, kind).sha256;

describeEngines('checkpoints of a model with frozen layers', (engine) => {
  it.each([false, true])('share one file with the frozen weights; averages of weights: %s', async (average) => {
    bench = new TrainingBench();
    const half = await bench.train(withFrozenBase(engine, 2, average));
    const kinds = ['initial', 'last', 'best'] as const;
    const headers = await Promise.all(kinds.map((kind) => readHeader(bench.store.artifacts, fileOf(half.id, kind))));
    for (const { shapes } of headers) {
      const weights = shapes.map(({ name }) => name).filter((name) => !name.startsWith('optimizer/'));
      expect(weights).toEqual(['head/kernel', 'head/bias']);
    }
    expect(new Set(headers.map(({ frozen }) => frozen)).size).toBe(1);
    expect(sizes().filter((size) => size > FROZEN_BYTES / 2)).toHaveLength(1);
    const state = await bench.state(half.id);
    for (const [name, value] of await bench.state(half.id, 'initial')) {
      if (/^(one|norm|two)\//.test(name)) expect(state.get(name), name).toEqual(value);
    }
    expect(state.get('two/kernel')!.data).toHaveLength(800 * 800);

    const continueFrom = { runId: half.id, checkpoint: 'last', mode: 'resume' } as const;
    const resumed = await bench.train({ ...withFrozenBase(engine, 3, average), continueFrom });
    const whole = await bench.train(withFrozenBase(engine, 3, average));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(resumed.test).toEqual(whole.test);
    expect(await bench.supervisor.jobs.evaluate(whole.id, whole.test!.checkpoint!, 'test')).toEqual(whole.test);
    // All three runs have the same frozen weights.
    expect(sizes().filter((size) => size > FROZEN_BYTES / 2)).toHaveLength(1);
  });

  it.runIf(engine === 'onnx' && portion !== 'quick')(
    'keep the frozen weights while a run or a document needs them',
    async () => {
      bench = new TrainingBench();
      const first = await bench.train(withFrozenBase(engine, 1));
      const second = await bench.train(withFrozenBase(engine, 2));
      const kept = bench.store.keepWeights(first.id, 'last');
      const { frozen } = await readHeader(bench.store.artifacts, kept.artifact);
      age();
      bench.store.delete(second.id);
      bench.store.delete(first.id);
      expect(files().sort()).toEqual([kept.artifact, frozen].map((sha256) => `${sha256}.safetensors`).sort());
      expect((await readArtifact(bench.store.artifacts, kept.artifact)).tensors.has('two/kernel')).toBe(true);
      expect((await bench.store.files.shapes(kept.artifact)).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['two/kernel', 'head/kernel']),
      );
      // A copy of the project has both files, and keeps them although no run has been recorded there.
      const copy = join(temporaryFolder(), 'copy');
      await copyArtifacts(bench.folder, copy, [kept.artifact]);
      for (const name of readdirSync(artifactsFolder(copy))) utimesSync(join(artifactsFolder(copy), name), 0, 0);
      writeFileSync(join(copy, 'model.lamina.json'), JSON.stringify({ weights: kept }));
      const store = RunStore.open(copy);
      await store.files.sweep();
      store.close();
      expect(readdirSync(artifactsFolder(copy)).sort()).toEqual(files().sort());
    },
  );

  it.runIf(engine === 'onnx' && portion !== 'quick')('are deleted with their frozen weights', async () => {
    bench = new TrainingBench();
    const { id } = await bench.train(withFrozenBase(engine, 1));
    expect(files().length).toBeGreaterThan(1);
    age();
    bench.store.delete(id);
    expect(files()).toEqual([]);
  });

  it.runIf(engine === 'onnx')('cannot be used without their frozen weights', async () => {
    bench = new TrainingBench();
    const { id } = await bench.train(withFrozenBase(engine, 1));
    const { frozen } = await readHeader(bench.store.artifacts, fileOf(id, 'last'));
    rmSync(artifactPath(bench.store.artifacts, frozen!));
    await expect(bench.state(id)).rejects.toMatchObject({ code: 'runs/checkpoint-missing' });
  });
});
