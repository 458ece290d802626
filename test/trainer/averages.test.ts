import { afterEach, expect, it } from 'vitest';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import { exampleRun } from '../runs/example-run.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';
import { portion, testInCi } from '../support/portion.ts';

/** Moving averages of weights in training, checkpoints and evaluation. */

let bench: TrainingBench;
afterEach(() => bench.close());

const run = (engine: 'onnx' | 'tensorflow', validate: boolean, epochs = 3) => {
  const optimizer = { ...defaultOptimizer('adam'), learningRate: 0.02, ema: { momentum: 0.9, validate } };
  return exampleRun({ engine, epochs, optimizer });
};

const averageOf = (weight: string): string => `optimizer/${weight}/average`;
const trainedOf = (weight: string): string => `optimizer/${weight}/trained`;

describeEngines('averages of weights', (engine) => {
  it('are used as last weights, without changing the training; the best weights are the validated ones', async () => {
    bench = new TrainingBench();
    const { id, test, epochsDone, bestMetrics, bestEpoch } = await bench.train(run(engine, false));
    const plain = await bench.train(
      exampleRun({
        ...run(engine, false).configuration,
        optimizer: { ...defaultOptimizer('adam'), learningRate: 0.02 },
      }),
    );
    // Averages do not change the training; TensorFlow's fused Adam kernel rounds differently.
    expect(bench.store.get(id).lastMetrics['val_loss']).toBeCloseTo(plain.lastMetrics['val_loss']!, 4);

    const last = await bench.state(id);
    const values = (state: typeof last, name: string) => state.get(name)!.data as Float32Array;
    const trained = values(await bench.state(plain.id), 'hidden/kernel');
    expect(relativeDifference(values(last, trainedOf('hidden/kernel')), trained)).toBeLessThan(1e-4);
    expect(relativeDifference(values(last, 'hidden/kernel'), trained)).toBeGreaterThan(0.01);
    expect(last.has(averageOf('hidden/kernel'))).toBe(false);
    expect((await bench.state(id, 'best')).has(averageOf('hidden/kernel'))).toBe(true);
    expect(await bench.supervisor.jobs.evaluate(id, 'best', 'test')).toEqual(test);
    const averaged = await bench.supervisor.jobs.evaluate(id, 'last', 'test');
    expect(averaged).not.toEqual(await bench.supervisor.jobs.evaluate(plain.id, 'last', 'test'));
    const best = await bench.supervisor.jobs.evaluate(id, 'best', 'validation');
    expect(best.metrics['loss']).toBeCloseTo(bestMetrics['val_loss']!, 6);
    expect(bestEpoch).toBeLessThanOrEqual(epochsDone);

    const resumed = await bench.train({
      ...run(engine, false, 5),
      continueFrom: { runId: id, checkpoint: 'last', mode: 'resume' },
    });
    const whole = await bench.train(run(engine, false, 5));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(resumed.test).toEqual(whole.test);
  });

  testInCi('are validated on request, without changing the training', async () => {
    bench = new TrainingBench();
    const { id, lastMetrics } = await bench.train(run(engine, true));
    const raw = await bench.train(run(engine, false));
    const losses = (of: string) => bench.store.get(of).epochRecords.map(({ metrics }) => metrics['loss']);
    expect(losses(id)).toEqual(losses(raw.id));
    expect(await bench.state(id)).toEqual(await bench.state(raw.id));
    expect(lastMetrics['val_loss']).not.toBe(raw.lastMetrics['val_loss']);
    const { metrics } = await bench.supervisor.jobs.evaluate(id, 'last', 'validation');
    expect(metrics['loss']).toBeCloseTo(lastMetrics['val_loss']!, 6);
    expect((await bench.state(id, 'best')).has(trainedOf('hidden/kernel'))).toBe(true);
  });

  it.runIf(engine === 'onnx' && portion !== 'quick')(
    'start at the current weights when enabled for a resumed run',
    async () => {
      bench = new TrainingBench();
      const plain = exampleRun({ engine, epochs: 2 });
      const first = await bench.train(plain);
      const from = { runId: first.id, checkpoint: 'last', mode: 'resume' } as const;
      const on = exampleRun({
        engine,
        epochs: 3,
        optimizer: { ...plain.configuration.optimizer, ema: { momentum: 1 } },
      });
      const second = await bench.train({ ...on, continueFrom: from });
      // With a momentum of 1 the average never changes.
      expect((await bench.state(second.id)).get('hidden/kernel')).toEqual(
        (await bench.state(first.id)).get('hidden/kernel'),
      );
      expect(bench.store.logLines(second.id).filter(({ level }) => level === 'warning')).toEqual([]);
    },
  );
});
