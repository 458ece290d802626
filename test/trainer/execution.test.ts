import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { evaluationBatchSize } from '../../src-main/engines/interface/model-calls.ts';
import { CallSizeChooser, chooseThreads } from '../../src-main/trainer/preparation/execution.ts';
import { compileOrThrow } from '../../src-main/trainer/preparation/compile.ts';
import { operationsPerExample } from '../../src-shared/program/builder/cost.ts';
import { trainRun } from '../../src-main/trainer/training/train-run.ts';
import type { FromTrainer } from '../../src-main/training-protocol/protocol.ts';
import type { FeatureSpec } from '../../src-shared/data/prepared.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cnnDocument, mlpDocument } from '../support/documents.ts';
import { openDatabase } from '../../src-main/runs/database.ts';
import { historyIdentity } from '../../src-main/runs/history-place.ts';
import { describeEngines } from './training-bench.ts';

/** Makes calls until the chooser decides. @returns Its decision and the number of steps used. */
function choose(callMs: (steps: number) => number, stepsLeft = 1e6, sizes = [1, 5, 20]) {
  const chooser = new CallSizeChooser(null, sizes);
  let steps = 0;
  while (chooser.chosen === null && steps < 1000) {
    const size = chooser.next(1000);
    steps += size;
    chooser.record(size, callMs(size), stepsLeft - steps);
  }
  return { chosen: chooser.chosen, steps };
}

describe('steps per call', () => {
  it('are many if a call costs more than its steps', () => {
    expect(choose((steps) => 0.5 + 0.1 * steps)).toEqual({ chosen: 20, steps: 12 + 5 * 5 + 5 * 20 });
  });

  it('are one if more do not help or take too long', () => {
    expect(choose((steps) => steps).chosen).toBe(1);
    expect(choose((steps) => 60 * steps)).toEqual({ chosen: 1, steps: 12 });
    expect(choose((steps) => 5 + 8 * steps).chosen).toBe(5);
  });

  it('are one, without trials, if few steps remain', () => {
    expect(choose((steps) => 0.5 + 0.1 * steps, 300)).toEqual({ chosen: 1, steps: 2 });
  });

  it('are taken from an earlier run, limited by the available steps', () => {
    const chooser = new CallSizeChooser(20, [1, 5, 20]);
    expect([100, 20, 19, 5, 4, 1].map((available) => chooser.next(available))).toEqual([20, 20, 5, 5, 1, 1]);
    expect(chooser.record(20, 1, 1e6)).toBe(false);
    expect(new CallSizeChooser(20, [1, 5]).chosen).toBeNull();
  });
});

const images: FeatureSpec = {
  columns: [{ type: 'image', name: 'image', shape: [28, 28, 1], offset: 0, scale: 255 }],
  inputShape: [28, 28, 1],
  targets: [{ kind: 'classes', name: 'label', classes: [...'0123456789'] }],
  weight: null,
};

describe('cost of a model', () => {
  const mlp = compileOrThrow(mlpDocument(), images, defaultTrainingConfiguration);
  const cnn = compileOrThrow(cnnDocument(), images, defaultTrainingConfiguration);

  it('counts products and convolutions', () => {
    const forward = 2 * (784 * 300 + 300 * 100 + 100 * 10);
    expect(operationsPerExample(mlp.programs.predict)).toBe(forward);
    // Gradients of the kernels cost the same again, and those of inputs too, except for the first layer.
    expect(operationsPerExample(mlp.programs.train)).toBe(3 * forward - 2 * 784 * 300);
    const convolutions = 2 * (26 * 26 * 32 * 9 + 24 * 24 * 64 * 9 * 32);
    expect(operationsPerExample(cnn.programs.predict)).toBe(convolutions + 2 * (9216 * 128 + 128 * 10));
  });

  it('determines threads and rows per call', () => {
    expect(chooseThreads(mlp.programs.train, 32)).toBe(1);
    expect(chooseThreads(cnn.programs.train, 64)).toBe(availableParallelism() === 1 ? 1 : 0);
    expect(evaluationBatchSize(mlp.programs.evaluate)).toBe(1024);
    expect(evaluationBatchSize(cnn.programs.evaluate)).toBeGreaterThanOrEqual(16);
    expect(evaluationBatchSize(cnn.programs.evaluate)).toBeLessThan(256);
  });
});

describeEngines('steps per call', (engine) => {
  const at = (seq: number, step: number, learningRate: number): RecordedSettings => {
    const epoch = Math.floor(step / Math.ceil(420 / 8));
    return { seq, step, epoch, at: '', command: { kind: 'set', patch: { learningRate } } };
  };
  it.each([
    ['', []],
    [' with settings that change at steps within calls', [at(1, 7, 0.1), at(2, 33, 0.0001), at(3, 60, 0.01)]],
  ])('do not change the result%s, bit for bit', async (_, commands) => {
    const results: number[][] = [];
    for (const stepsPerCall of [1, 5, 20]) {
      const run = { ...exampleRun({ engine, epochs: 2, batchSize: 8 }), dataset: moons(600) };
      const folder = temporaryFolder();
      const losses: number[] = [];
      const told: FromTrainer[] = [];
      openDatabase(folder).close();
      const history = historyIdentity(folder)!;
      const places = { runId: 'run', projectFolder: folder, artifacts: folder, history };
      const beginning = { start: null, earlier: null, engineAsRecorded: false, weightsSpec: null, commands };
      const job = { ...places, ...run, ...beginning };
      await trainRun(
        { ...job, execution: { stepsPerCall, intraOpThreads: 1 } },
        (m) => told.push(m),
        new AbortController().signal,
      );
      for (const message of told) if (message.kind === 'update') losses.push(...message.update.losses);
      expect(told).toContainEqual({ kind: 'execution', execution: { stepsPerCall, intraOpThreads: 1 } });
      results.push(losses);
    }
    expect(results[0]).toHaveLength(2 * Math.ceil(420 / 8));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});
