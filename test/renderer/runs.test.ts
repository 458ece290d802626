import { describe, expect, it } from 'vitest';
import { nextSorting, sortRuns, testFigure, type RunColumnId } from '../../src-renderer/features/runs/run-columns.ts';
import { mainFigure } from '../../src-renderer/terms/metric-keys.ts';
import { canResume, canStartAgain, resumeHint } from '../../src-renderer/terms/resumable.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { runSummary } from './run-summary.ts';

const good = runSummary({ id: 'good', number: 1, bestMetrics: { val_accuracy: 0.9 }, lastMetrics: { loss: 0.2 } });
const bad = runSummary({ id: 'bad', number: 2, bestMetrics: { val_accuracy: 0.5 }, lastMetrics: { loss: 0.9 } });
const unknown = runSummary({ id: 'unknown', number: 3, state: 'running', endedAt: null, engine: null });

const order = (column: RunColumnId, ascending: boolean) =>
  sortRuns([bad, unknown, good], { column, ascending }).map((run) => run.id);

describe('sorting runs', () => {
  it('sorts the highest accuracy first', () => {
    expect(order('best', false)).toEqual(['good', 'bad', 'unknown']);
  });

  it('sorts unknown values last in both directions', () => {
    expect(order('loss', true)).toEqual(['good', 'bad', 'unknown']);
    expect(order('loss', false)).toEqual(['bad', 'good', 'unknown']);
  });

  it('sorts the smallest error first', () => {
    const near = runSummary({ id: 'near', number: 1, bestMetrics: { val_loss: 0.1, val_mae: 0.2 } });
    const far = runSummary({ id: 'far', number: 2, bestMetrics: { val_loss: 0.4, val_mae: 0.8 } });
    expect(sortRuns([far, near], { column: 'best', ascending: false }).map((run) => run.id)).toEqual(['near', 'far']);
  });

  it('sorts equal runs newest first and does not change the given list', () => {
    const list = [good, bad];
    expect(sortRuns(list, { column: 'model', ascending: true }).map((run) => run.id)).toEqual(['bad', 'good']);
    expect(list).toEqual([good, bad]);
  });

  it('reverses the direction on the second click', () => {
    const first = nextSorting({ column: 'number', ascending: false }, 'loss');
    expect(first).toEqual({ column: 'loss', ascending: true });
    expect(nextSorting(first, 'loss')).toEqual({ column: 'loss', ascending: false });
  });
});

describe('main metric', () => {
  it('is validation accuracy, else a validation metric, else the loss', () => {
    expect(mainFigure({ loss: 1, accuracy: 0.5, val_loss: 2, val_accuracy: 0.6 })?.metric).toBe('val_accuracy');
    expect(mainFigure({ loss: 1, mae: 0.5, val_loss: 2, val_mae: 0.6 })?.metric).toBe('val_mae');
    expect(mainFigure({ loss: 1, val_loss: 2 })?.metric).toBe('val_loss');
    expect(mainFigure({ loss: 1, mae: 2 })?.metric).toBe('mae');
    expect(mainFigure({ loss: 1, learning_rate: 0.01, momentum: 0.9 })?.metric).toBe('loss');
    expect(mainFigure({})).toBeNull();
  });
});

describe('test metric', () => {
  it('is in the unit of a numeric target', () => {
    const price = { output: 'output', target: 'price', rmseOriginal: 53_000, unit: 'USD' };
    const test = { metrics: { loss: 0.2, mae: 0.3 }, rows: 10, outputs: [price] };
    expect(testFigure(runSummary({ test }))).toEqual({ metric: 'rmse', value: 53_000, unit: 'USD' });
    expect(testFigure(runSummary({ test: { metrics: { accuracy: 0.9 }, rows: 10, outputs: [] } }))?.value).toBe(0.9);
    expect(testFigure(runSummary())).toBeNull();
  });
});

describe('resuming', () => {
  const at = (epoch: number, batch = 0) => ({ epoch, batch, step: epoch * 10 + batch });
  const ended = (patch: Partial<RunSummary>) => runSummary({ state: 'interrupted', ...patch });

  it('is offered for unfinished runs with a checkpoint, also within the first epoch', () => {
    expect(canResume(ended({ lastCheckpoint: at(2) }))).toBe(true);
    expect(canResume(ended({ state: 'stopped', epochsDone: 0, lastCheckpoint: at(0, 4) }))).toBe(true);
    expect(canResume(ended({ epochsDone: 2, lastCheckpoint: null }))).toBe(false);
    expect(canResume(runSummary({ state: 'completed', lastCheckpoint: at(3) }))).toBe(false);
    expect(canResume(runSummary({ state: 'running', lastCheckpoint: at(2) }))).toBe(false);
  });

  it('is offered for runs without final checkpoint or test result', () => {
    expect(canResume(ended({ epochs: 3, epochsDone: 3, lastCheckpoint: at(2) }))).toBe(true);
    expect(canResume(ended({ epochs: 3, epochsDone: 3, lastCheckpoint: at(3) }))).toBe(true);
  });

  it('names the epoch after the last checkpoint, not after the last epoch', () => {
    const hints = [
      ended({ epochs: 12, epochsDone: 9, lastCheckpoint: at(7) }),
      ended({ epochsDone: 0, lastCheckpoint: at(0, 4) }),
      ended({ epochs: 3, lastCheckpoint: at(3) }),
    ].map(resumeHint);
    expect(hints).toMatchInlineSnapshot(`
      [
        "Continues run 1 at epoch 8, as if it had never stopped",
        "Continues run 1 in epoch 1 after batch 4, as if it had never stopped",
        "Evaluates run 1 on the test split; all its epochs are trained",
      ]
    `);
  });

  it('is replaced by starting again without a checkpoint', () => {
    expect(canStartAgain(ended({ lastCheckpoint: null }))).toBe(true);
    expect(canStartAgain(ended({ lastCheckpoint: null, engine: null }))).toBe(true);
    expect(canStartAgain(ended({ lastCheckpoint: at(1) }))).toBe(false);
    expect(canStartAgain(runSummary({ state: 'running', lastCheckpoint: null }))).toBe(false);
  });
});
