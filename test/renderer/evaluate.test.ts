import { describe, expect, it } from 'vitest';
import { commonMistakes, confusionFigures } from '../../src-renderer/features/evaluate/confusion.ts';
import { exportFolderName } from '../../src-renderer/features/evaluate/export-folder.ts';
import { joinPath } from '../../src-renderer/ui/path-segments.ts';
import { draftOf, faultOf, hintOf, rowOf, samplesAtOnce } from '../../src-renderer/features/evaluate/input-form.ts';
import { chosenWeights, isResultOf, weightOptions } from '../../src-renderer/terms/weight-options.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import { runSummary } from './run-summary.ts';

const age: FittedColumn = { type: 'numeric', name: 'age', offset: 0, scale: 1, fill: 28, min: 1, max: 80 };
const strict: FittedColumn = { ...age, fill: null };
const sex: FittedColumn = { type: 'categorical', name: 'sex', categories: ['female', 'male'], fill: null };
const image: FittedColumn = { type: 'image', name: 'image', shape: [1, 2, 1], offset: 0, scale: 255 };

describe('confusion matrix', () => {
  const confusion = [
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ];

  it('recall is computed along rows, precision along columns', () => {
    const figures = confusionFigures(confusion);
    expect(figures).toMatchObject({ total: 20, correct: 17, worst: 2 });
    expect(figures.recall).toEqual([0.8, 0.9, null]);
    expect(figures.precision).toEqual([8 / 9, 9 / 11, null]);
  });

  it('commonMistakes lists the most frequent errors', () => {
    expect(commonMistakes(confusion, 1)).toEqual([{ actual: 0, predicted: 1, count: 2 }]);
  });
});

describe('row form', () => {
  it('converts a row to text and back', () => {
    const row = { age: 22.5, sex: null, image: [1, 2] };
    const columns = [age, sex, image];
    const draft = draftOf(columns, row);
    expect(draft).toEqual({ age: '22.5', sex: '', image: '' });
    expect(rowOf(columns, draft, row)).toEqual(row);
    expect(rowOf(columns, { ...draft, image: 'a.png' }, row)).toEqual({ ...row, image: 'a.png' });
  });

  it('reads fewer rows at a time if they have large images', () => {
    expect(samplesAtOnce([age, sex])).toBe(50);
    expect(samplesAtOnce([{ ...image, shape: [224, 224, 3] } as FittedColumn])).toBe(3);
    expect(samplesAtOnce([{ ...image, shape: [1000, 1000, 3] } as FittedColumn])).toBe(1);
  });

  it('shows six digits, but keeps the exact value until it is edited', () => {
    const row = { age: 0.8374687276987203 };
    const draft = draftOf([age], row);
    expect(draft).toEqual({ age: '0.837469' });
    expect(rowOf([age], draft, row)).toEqual(row);
    expect(rowOf([age], { age: '0.83747' }, row)).toEqual({ age: 0.83747 });
  });

  it('rejects text in a number field, and an empty field without a fill value', () => {
    expect([faultOf(age, '22.5'), faultOf(age, ''), faultOf(sex, '')]).toEqual([null, null, null]);
    expect([faultOf(age, 'x'), faultOf(strict, ' ')]).toMatchInlineSnapshot(`
      [
        "'x' is not a number.",
        "A number is needed: rows with a missing value were left out of training.",
      ]
    `);
  });

  it('shows the range of the training values', () => {
    expect(['5', '500', ''].map((text) => hintOf(age, text))).toMatchInlineSnapshot(`
      [
        "1 … 80",
        "outside of 1 … 80, as seen in training",
        "empty: 28 is used",
      ]
    `);
  });
});

describe('export folder', () => {
  it('is named after model and run', () => {
    expect(exportFolderName('MNIST 300–100!', 3)).toBe('mnist-300-100-run-3');
    expect(exportFolderName('模型', 1)).toBe('model-run-1');
  });

  it('is inside the chosen folder', () => {
    expect(joinPath('/a/', 'b')).toBe('/a/b');
    expect(joinPath('C:\\a', 'b')).toBe('C:\\a\\b');
  });
});

describe('weights to evaluate', () => {
  const metrics = { val_loss: 0.3 };
  const run = runSummary({
    bestEpoch: 3,
    bestCheckpointEpoch: 3,
    epochsDone: 10,
    lastCheckpoint: { epoch: 10, step: 100, batch: 0 },
    bestMetrics: metrics,
  });
  const result = { metrics: {}, rows: 1, outputs: [] };

  it('default to the best ones', () => {
    expect(weightOptions(run).map(({ value }) => value)).toEqual(['best', 'last']);
    expect(chosenWeights(run, null)).toBe('best');
    expect(chosenWeights(run, 'last')).toBe('last');
    expect(chosenWeights({ ...run, bestMetrics: {} }, null)).toBe('last');
    expect(chosenWeights({ ...run, bestCheckpointEpoch: null }, 'best')).toBe('last');
  });

  it('show the recorded result of the same weights', () => {
    const best = { ...result, checkpoint: 'best' as const, epoch: 3 };
    expect(isResultOf(best, run, 'best')).toBe(true);
    expect(isResultOf(best, run, 'last')).toBe(false);
    // Older versions recorded results of the last weights.
    expect(isResultOf(result, run, 'last')).toBe(true);
    expect(isResultOf(result, run, 'best')).toBe(false);
  });

  it('show the recorded result for both if the last epoch was the best, unless the last weights are averages', () => {
    const same = { ...run, bestCheckpointEpoch: 10 };
    expect(isResultOf(result, same, 'best')).toBe(true);
    expect(isResultOf(result, same, 'best', true)).toBe(false);
    // A stopped run may have trained further after that epoch.
    expect(isResultOf(result, { ...same, state: 'stopped' }, 'best')).toBe(false);
  });
});
