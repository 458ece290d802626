import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { DrawnPrediction } from '../../src-main/trainer/jobs/draws.ts';
import type { Prediction } from '../../src-shared/contract/run-results.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { exampleRun } from '../runs/example-run.ts';
import { describeEngines, TrainingBench } from './training-bench.ts';

/** Predictions of models with noise in prediction. */

let bench: TrainingBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

const noisy = (engine: 'onnx' | 'tensorflow', monteCarlo: boolean) => ({
  ...exampleRun({ engine, epochs: 2 }),
  model: sequentialDocument([
    dense(16, 'relu', { name: 'hidden' }),
    { kind: 'Dropout', params: { rate: 0.4, monteCarlo }, name: 'dropout' },
    dense(2, 'softmax', { name: 'classes' }),
  ]),
});

const rows = [
  { x: 0.2, y: 0.1 },
  { x: -0.4, y: 0.9 },
];

describeEngines('a Monte Carlo layer', (engine) => {
  it('predicts means and standard deviations over draws, repeatably; evaluation is repeatable', async () => {
    bench = new TrainingBench();
    const { id, test: recorded } = await bench.train(noisy(engine, true));
    const predicted = await bench.supervisor.jobs.predict(id, 'last', rows, 30);
    expect(predicted.map(({ draws }) => draws)).toEqual([30, 30]);
    for (const { predictions } of predicted) {
      const { probabilities, standardDeviations, classes, value } = predictions[0]!;
      expect(probabilities![0]! + probabilities![1]!).toBeCloseTo(1, 5);
      expect(standardDeviations).toHaveLength(2);
      expect(standardDeviations![0]).toBeGreaterThan(0);
      expect(standardDeviations![0]).toBeCloseTo(standardDeviations![1]!, 5);
      expect(value).toBe(classes![probabilities![0]! > probabilities![1]! ? 0 : 1]);
    }
    expect(await bench.supervisor.jobs.predict(id, 'last', rows, 30)).toEqual(predicted);
    const [one] = await bench.supervisor.jobs.predict(id, 'last', rows, 1);
    expect(one!.predictions[0]!.standardDeviations).toEqual([0, 0]);
    expect(await bench.supervisor.jobs.evaluate(id, recorded!.checkpoint!, 'test')).toEqual(recorded);

    const { files, maxDifference } = await bench.supervisor.jobs.export(
      id,
      'last',
      'savedmodel',
      join(bench.folder, 'out'),
    );
    const sidecar = files.find((file) => file.endsWith('lamina.json'))!;
    const { inputs } = JSON.parse(readFileSync(join(bench.folder, 'out', sidecar), 'utf8')) as { inputs: unknown };
    expect(inputs).toMatchObject([{ columns: ['x', 'y'] }, { name: 'draw', meaning: expect.stringMatching(/mean/) }]);
    if (maxDifference !== null) expect(maxDifference).toBeLessThan(1e-5);

    const plain = await bench.train(noisy(engine, false));
    expect(bench.losses(plain.id)).toEqual(bench.losses(id));
    expect(plain.lastMetrics['val_loss']).not.toBe(bench.store.summary(id).lastMetrics['val_loss']);
    const [without] = await bench.supervisor.jobs.predict(plain.id, 'last', rows, 30);
    expect(without).not.toHaveProperty('draws');
    expect(without!.predictions[0]).not.toHaveProperty('standardDeviations');
    // The mean of many draws is close to the prediction without noise.
    const [many] = await bench.supervisor.jobs.predict(id, 'last', rows, 400);
    const difference = many!.predictions[0]!.probabilities![0]! - without!.predictions[0]!.probabilities![0]!;
    expect(Math.abs(difference)).toBeLessThan(0.05);
  });
});

describe('DrawnPrediction', () => {
  const drawn = (draws: readonly Prediction[]): Prediction => {
    const all = new DrawnPrediction(draws[0]!);
    for (const draw of draws) all.add(draw);
    return all.result();
  };
  const own = { output: 'output', target: 'price' };

  test('computes mean and standard deviation of a number, like NumPy', () => {
    const result = drawn([1000.5, 1000.1, 1000.9].map((value) => ({ ...own, value, unit: 'USD' })));
    expect(result).toEqual({
      ...own,
      unit: 'USD',
      value: 1000.5,
      standardDeviations: [expect.closeTo(0.326598632, 8)],
    });
  });

  test('computes them for each probability; the class has the largest mean', () => {
    const classes = ['a', 'b'];
    const draw = (a: number): Prediction => ({
      ...own,
      classes,
      probabilities: [a, 1 - a],
      value: a > 0.5 ? 'a' : 'b',
    });
    expect(drawn([draw(0.9), draw(0.2), draw(0.3)])).toEqual({
      ...own,
      classes,
      value: 'b',
      probabilities: [expect.closeTo(1.4 / 3, 12), expect.closeTo(1.6 / 3, 12)],
      standardDeviations: [expect.closeTo(0.309121, 6), expect.closeTo(0.309121, 6)],
    });
  });
});
