import { afterEach, describe, expect, it } from 'vitest';
import type { NewRun } from '../../src-main/runs/types.ts';
import { defaultOptimizer, optimizerSchema } from '../../src-shared/training/configuration/optimizers.ts';
import type { OptimizerKind } from '../../src-shared/training/configuration/optimizers.ts';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import { exampleRun } from '../runs/example-run.ts';
import { TrainingBench } from './training-bench.ts';

/** Runs that are resumed with other settings of the optimizer. */

let bench: TrainingBench;
afterEach(() => bench.close());

const RATE = 0.01;

/** The data has 140 training rows. */
const run = (epochs: number, batchSize: number, kind: OptimizerKind, more: Record<string, unknown>): NewRun => {
  const optimizer = optimizerSchema.parse({ ...defaultOptimizer(kind), learningRate: RATE, ...more });
  return exampleRun({ engine: 'onnx', epochs, batchSize, optimizer });
};

const resumed = (run: NewRun, runId: string): NewRun => ({
  ...run,
  continueFrom: { runId, checkpoint: 'last', mode: 'resume' },
});

async function kernels(ids: readonly string[]): Promise<Float32Array[]> {
  const states = await Promise.all(ids.map((id) => bench.state(id)));
  return states.map((state) => state.get('classes/kernel')!.data as Float32Array);
}

const warnings = (id: string): number => bench.store.get(id).warnings.length;

describe('a checkpoint with accumulated gradients', () => {
  it.each([2, 3])('of three steps is resumed with an update every %i', async (count) => {
    bench = new TrainingBench();
    const first = await bench.train(run(1, 50, 'sgd', { gradientAccumulationSteps: 8 }));
    expect((await bench.state(first.id)).get('optimizer/gathered')!.data[0]).toBe(3);
    const more = { gradientAccumulationSteps: count };
    const second = await bench.train(resumed(run(2, 50, 'sgd', more), first.id));
    expect((await bench.state(second.id)).get('optimizer/gathered')!.data[0]).toBe(3 % count);
    const [before, after] = await kernels([first.id, second.id]);
    expect(after).not.toEqual(before);
    expect(warnings(second.id)).toBe(1);
  });

  it('is resumed without accumulation', async () => {
    bench = new TrainingBench();
    const first = await bench.train(run(1, 50, 'sgd', { gradientAccumulationSteps: 8 }));
    const second = await bench.train(resumed(run(2, 50, 'sgd', {}), first.id));
    const [before, after] = await kernels([first.id, second.id]);
    expect(after).not.toEqual(before);
    expect(warnings(second.id)).toBe(1);
  });
});

describe('a run that is resumed with another optimizer', () => {
  it.each([
    ['sgd', { momentum: 0.9 }],
    ['lion', {}],
    ['rmsprop', { momentum: 0.9 }],
  ] as const)('begins its slots again, also those of the same name: %s, then Adam', async (kind, more) => {
    bench = new TrainingBench();
    const first = await bench.train(run(3, 1000, kind, more));
    const second = await bench.train(resumed(run(4, 1000, 'adam', {}), first.id));
    const [before, after] = await kernels([first.id, second.id]);
    // Adam's first update is the learning rate in the direction of the gradient.
    for (const [index, value] of after!.entries()) expect(Math.abs(value - before![index]!) / RATE).toBeCloseTo(1, 2);
    expect((await bench.state(second.id)).get('optimizer/classes/kernel/updates')!.data[0]).toBe(1);

    const repeated = await bench.train({ ...planRun(bench.store, exampleRun(), { repeat: second.id }), versions: {} });
    expect(await bench.state(repeated.id)).toEqual(await bench.state(second.id));
  });

  it('keeps them where the rule is the same', async () => {
    bench = new TrainingBench();
    const first = await bench.train(run(3, 1000, 'adam', {}));
    const second = await bench.train(resumed(run(4, 1000, 'adamw', {}), first.id));
    expect((await bench.state(second.id)).get('optimizer/classes/kernel/updates')!.data[0]).toBe(4);
    expect(warnings(second.id)).toBe(0);
  });
});
