import { describe, expect, it } from 'vitest';
import {
  growingExtent,
  markLine,
  markWordsX,
  nearestPoint,
  spreadLabels,
  xRange,
} from '../../src-renderer/ui/charts/chart-series.ts';
import { flagGroups, flagsNear, nextStop, type ChartFlag } from '../../src-renderer/ui/charts/chart-flags.ts';
import { decimate, type Point } from '../../src-renderer/ui/charts/decimate.ts';
import { runColourIndex } from '../../src-renderer/ui/charts/run-colours.ts';
import {
  bestEpochMark,
  earlyEndMark,
  curvesOfRun,
  curvesOfRuns,
  formatMetric,
  metricLabel,
  stepsPerEpochOf,
} from '../../src-renderer/components/curves/curve-series.ts';
import type { EpochRecord } from '../../src-shared/training/run/run.ts';
import { runSummary } from './run-summary.ts';

const epochs: EpochRecord[] = [1, 2, 3].map((epoch) => ({
  epoch,
  durationMs: 100,
  stepsPerSecond: 50,
  metrics: { loss: 1 / epoch, accuracy: 0.5 + epoch / 10, val_loss: 1.1 / epoch, val_accuracy: 0.4 + epoch / 10 },
}));

describe('run colors', () => {
  it('are constant for a run and distinct for eight successive runs', () => {
    const indices = Array.from({ length: 8 }, (_, index) => runColourIndex(index + 1));
    expect(new Set(indices).size).toBe(8);
    expect(runColourIndex(9)).toBe(runColourIndex(1));
    expect(indices.every((index) => index >= 1 && index <= 8)).toBe(true);
  });
});

describe('curves of a run', () => {
  const points: Point[] = [
    [1, 2],
    [10, 1],
    [20, 0.5],
  ];
  const run = runSummary({ number: 3, bestEpoch: 2 });

  it('show steps on the epoch axis', () => {
    const [loss] = curvesOfRun({ run, points, epochs, stepsPerEpoch: 10 }, [bestEpochMark]);
    const step = loss!.series.find((series) => series.id === 'step');
    expect(step!.points).toEqual([
      [0.1, 2],
      [1, 1],
      [2, 0.5],
    ]);
  });

  it('omit steps while the number of steps per epoch is unknown', () => {
    const [loss] = curvesOfRun({ run, points, epochs, stepsPerEpoch: null }, [bestEpochMark]);
    expect(loss!.series.map((series) => series.id)).toEqual(['train', 'validation']);
  });

  it('show scheduled values as one solid line, separate from the metrics', () => {
    const scheduled = epochs.map((record) => {
      return { ...record, metrics: { ...record.metrics, learning_rate: 0.1 / record.epoch, momentum: 0.9 } };
    });
    const curves = curvesOfRun({ run, points, epochs: scheduled, stepsPerEpoch: 10 }, [bestEpochMark]);
    expect(curves.map(({ metric }) => metric)).toEqual(['loss', 'accuracy', 'learning_rate', 'momentum']);
    const rate = curves[2]!;
    expect(rate.series).toMatchObject([{ label: 'learning rate', stroke: 'solid' }]);
    expect(rate.marks).toEqual([]);
    expect(metricLabel('learning_rate')).toBe('learning rate');
    const both = curvesOfRuns([{ run, points, epochs: scheduled, stepsPerEpoch: 10 }]);
    expect(both[2]!.series).toMatchObject([{ label: 'run 3', stroke: 'solid' }]);
  });

  it('mark the best epoch by the metric of the run, and where early stopping ended it', () => {
    const early = runSummary({ number: 3, bestEpoch: 2, bestBy: 'val_accuracy', endedBy: 'earlyStopping' });
    const marks = [bestEpochMark, earlyEndMark];
    const [loss, accuracy] = curvesOfRun({ run: early, points, epochs, stepsPerEpoch: 10 }, marks);
    expect(loss!.marks).toMatchObject([
      { x: 2, label: 'best by validation accuracy: epoch 2' },
      { x: 3, y: 1.1 / 3, label: 'ended early: epoch 3' },
    ]);
    expect(accuracy!.marks).toMatchObject([{ x: 2, label: 'best: epoch 2' }, { x: 3 }]);
    expect(curvesOfRun({ run, points, epochs, stepsPerEpoch: 10 }, [earlyEndMark])[0]!.marks).toEqual([]);
  });

  it('show train dashed, validation solid, in the color of the run, with a mark at the best epoch', () => {
    const curves = curvesOfRun({ run, points, epochs, stepsPerEpoch: 10 }, [bestEpochMark]);
    expect(curves.map(({ metric }) => metric)).toEqual(['loss', 'accuracy']);
    const accuracy = curves[1]!;
    expect(accuracy.series.map(({ stroke, colour }) => [stroke, colour])).toEqual([
      ['dashed', 3],
      ['solid', 3],
    ]);
    expect(accuracy.marks).toEqual([
      { x: 2, y: 0.6000000000000001, label: 'best by validation loss: epoch 2', colour: 3 },
    ]);
    expect(curves[0]!.marks).toMatchObject([{ label: 'best: epoch 2' }]);
  });

  it('have no mark and no point for a NaN metric', () => {
    const broken = [{ ...epochs[0]!, metrics: { loss: Number.NaN } }];
    const [loss] = curvesOfRun({ run, points: [], epochs: broken, stepsPerEpoch: null }, [bestEpochMark]);
    expect(loss).toEqual({ metric: 'loss', title: 'loss', series: [], marks: [] });
  });
});

describe('curves of several runs', () => {
  it('show validation, or train for runs without validation', () => {
    const bare = epochs.map((record) => ({ ...record, metrics: { loss: record.metrics['loss']! } }));
    const [loss, accuracy] = curvesOfRuns([
      { run: runSummary({ id: 'a', number: 1 }), points: [], epochs, stepsPerEpoch: null },
      { run: runSummary({ id: 'b', number: 2 }), points: [], epochs: bare, stepsPerEpoch: null },
    ]);
    expect(loss!.series.map(({ id, stroke, colour }) => [id, stroke, colour])).toEqual([
      ['a', 'solid', 1],
      ['b', 'dashed', 2],
    ]);
    expect(accuracy!.series.map(({ id }) => id)).toEqual(['a']);
    // The title names the split.
    expect([loss, accuracy].map((curve) => curve!.title)).toEqual(['validation loss', 'validation accuracy']);
    expect(loss!.series.map(({ label }) => label)).toEqual(['run 1', 'run 2, train']);
    const [alone] = curvesOfRuns([
      { run: runSummary({ id: 'b', number: 2 }), points: [], epochs: bare, stepsPerEpoch: null },
    ]);
    expect(alone).toMatchObject({ title: 'loss, train', series: [{ label: 'run 2' }] });
  });

  it('mark errors in the scale of the targets', () => {
    const measured = epochs.map((record) => ({ ...record, metrics: { loss: 1, mae: 0.5, val_mae: 0.6 } }));
    const shown = { run: runSummary({ scaledTarget: true }), points: [], epochs: measured, stepsPerEpoch: null };
    expect(curvesOfRun(shown, [bestEpochMark]).map(({ title }) => title)).toEqual(['loss', 'MAE (scaled)']);
    expect(curvesOfRuns([shown]).map(({ title }) => title)).toEqual(['loss, train', 'validation MAE (scaled)']);
    expect(metricLabel('val_accuracy', true)).toBe('validation accuracy');
  });
});

describe('stepsPerEpochOf', () => {
  const known = { epochs: 10, epochsDone: 3, stepsDone: 30, completed: false };

  it('uses rows and batch size first, including a short last batch', () => {
    expect(stepsPerEpochOf({ ...known, trainRows: 101, batchSize: 10, totalSteps: 999 })).toBe(11);
  });

  it('uses the total while training, and the completed steps afterwards', () => {
    expect(stepsPerEpochOf({ ...known, totalSteps: 70 })).toBe(7);
    expect(stepsPerEpochOf({ ...known, completed: true })).toBe(10);
    expect(stepsPerEpochOf(known)).toBeNull();
  });
});

describe('chart series', () => {
  const points: Point[] = [
    [0, 5],
    [2, 6],
    [10, 7],
  ];

  it.each([
    [-1, 0],
    [0.9, 0],
    [1.1, 2],
    [5.9, 2],
    [6.1, 10],
    [99, 10],
  ])('nearestPoint finds the point closest to x = %d', (x, expected) => {
    expect(nearestPoint(points, x)?.[0]).toBe(expected);
  });

  it('nearestPoint and xRange return null without points', () => {
    expect(nearestPoint([], 1)).toBeNull();
    expect(xRange([])).toBeNull();
  });

  it('spreadLabels separates labels within the chart', () => {
    expect(spreadLabels([50, 50], 14, 0, 100)).toEqual([50, 64]);
    expect(spreadLabels([98, 99], 14, 0, 100)).toEqual([86, 100]);
    const placed = spreadLabels([10, 90, 12, 88], 14, 0, 100).sort((a, b) => a - b);
    placed.slice(1).forEach((middle, index) => expect(middle - placed[index]!).toBeGreaterThanOrEqual(14));
  });

  it('markLine moves words that would cover others one line down', () => {
    const taken: [number, number][][] = [];
    expect(markLine(10, 60, taken)).toBe(0);
    expect(markLine(70, 90, taken)).toBe(0);
    expect(markLine(50, 80, taken)).toBe(1);
    expect(markLine(40, 85, taken)).toBe(2);
    expect(markLine(90, 99, taken)).toBe(1);
  });

  it('markWordsX keeps text within the plot, else within the canvas', () => {
    const plot = { left: 40, right: 240 };
    expect(markWordsX(60, 100, plot, 300)).toBe(66);
    expect(markWordsX(200, 100, plot, 300)).toBe(94);
    // No side has enough space.
    expect(markWordsX(200, 180, plot, 300)).toBe(120);
    expect(markWordsX(140, 320, plot, 300)).toBe(0);
  });

  it('decimate keeps spikes', () => {
    const many = Array.from({ length: 10_000 }, (_, x): Point => [x, x === 4321 ? 1000 : Math.sin(x)]);
    const thin = decimate(many, 200);
    expect(thin.length).toBeLessThanOrEqual(200);
    expect(thin).toContainEqual([4321, 1000]);
    expect(thin[0]).toEqual(many[0]);
    expect(thin.at(-1)).toEqual(many.at(-1));
  });
});

describe('metricLabel', () => {
  it.each([
    ['loss', 'loss'],
    ['val_loss', 'validation loss'],
    ['mae', 'MAE'],
    ['val_rmse', 'validation RMSE'],
  ])('%s is labeled %s', (metric, label) => expect(metricLabel(metric)).toBe(label));
});

describe('growingExtent', () => {
  it('grows with the progress up to the planned end', () => {
    expect(growingExtent(0, 5_000)).toBe(10);
    expect(growingExtent(55, 5_000)).toBe(60);
    expect(growingExtent(130, 5_000)).toBe(150);
    expect(growingExtent(4_900, 5_000)).toBe(5_000);
    expect(growingExtent(1, 3)).toBe(3);
    expect(growingExtent(0.5, 0)).toBe(0.5);
  });
});

describe('formatMetric', () => {
  it('formats accuracy in percent, other metrics with four digits', () => {
    expect(formatMetric('val_accuracy', 1)).toBe('100.00 %');
    expect(formatMetric('val_mae', 0.123456)).toBe('0.1235');
    expect(formatMetric('rmse', 53_000, 'USD')).toBe('$53,000');
  });
});

describe('flags', () => {
  const flags: ChartFlag[] = [8, 1, 2].map((x) => ({ x, label: `at ${x}`, tone: 'neutral' }));

  it('are drawn as one where they would cover each other', () => {
    const groups = flagGroups(flags, (x) => x * 5, 9);
    expect(groups.map(({ at, flags: shown }) => [at, shown.map(({ x }) => x)])).toEqual([
      [5, [1, 2]],
      [40, [8]],
    ]);
  });

  it('are found near the crosshair', () => {
    expect(flagsNear(flags, 1.6, 0.7).map(({ x }) => x)).toEqual([1, 2]);
    expect(flagsNear(flags, 5, 1)).toEqual([]);
  });

  it('stop a crosshair that passes them, in both directions', () => {
    expect(nextStop(flags, 0, 4)).toBe(1);
    expect(nextStop(flags, 1, 4)).toBe(2);
    expect(nextStop(flags, 9, 0)).toBe(8);
    expect(nextStop(flags, 2, 4)).toBe(4);
    expect(nextStop(flags, 5, 5)).toBe(5);
  });
});
