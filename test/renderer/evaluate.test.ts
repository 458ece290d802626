import { describe, expect, it } from 'vitest';
import { commonMistakes, confusionFigures } from '../../src-renderer/evaluate/confusion.ts';
import { exportFolderName } from '../../src-renderer/evaluate/export-folder.ts';
import { joinPath } from '../../src-renderer/ui/path-segments.ts';
import { draftOf, faultOf, hintOf, rowOf } from '../../src-renderer/evaluate/input-form.ts';
import { endedTraining, lastEpochOf } from '../../src-renderer/evaluate/result-of-training.ts';
import type { FittedColumn } from '../../src-shared/dataset/prepared.ts';

const age: FittedColumn = { type: 'numeric', name: 'age', offset: 0, scale: 1, fill: 28, min: 1, max: 80 };
const strict: FittedColumn = { ...age, fill: null };
const sex: FittedColumn = { type: 'categorical', name: 'sex', categories: ['female', 'male'], fill: null };
const image: FittedColumn = { type: 'image', name: 'image', shape: [1, 2, 1], offset: 0, scale: 255 };

describe('the confusion matrix', () => {
  const confusion = [
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ];

  it('gives recall along rows and precision along columns', () => {
    const figures = confusionFigures(confusion);
    expect(figures).toMatchObject({ total: 20, correct: 17, worst: 2 });
    expect(figures.recall).toEqual([0.8, 0.9, null]);
    expect(figures.precision).toEqual([8 / 9, 9 / 11, null]);
  });

  it('names the most frequent mistakes', () => {
    expect(commonMistakes(confusion, 1)).toEqual([{ actual: 0, predicted: 1, count: 2 }]);
  });
});

describe('the form of a row', () => {
  it('goes from a row to texts and back', () => {
    const row = { age: 22.5, sex: null, image: [1, 2] };
    const columns = [age, sex, image];
    const draft = draftOf(columns, row);
    expect(draft).toEqual({ age: '22.5', sex: '' });
    expect(rowOf(columns, draft, row)).toEqual(row);
  });

  it('shows six digits and predicts with the exact value until it is edited', () => {
    const row = { age: 0.8374687276987203 };
    const draft = draftOf([age], row);
    expect(draft).toEqual({ age: '0.837469' });
    expect(rowOf([age], draft, row)).toEqual(row);
    expect(rowOf([age], { age: '0.83747' }, row)).toEqual({ age: 0.83747 });
  });

  it('refuses what is no number, and nothing where nothing can be filled in', () => {
    expect(faultOf(age, 'x')).toBe("'x' is not a number.");
    expect(faultOf(age, '')).toBeNull();
    expect(faultOf(strict, ' ')).toContain('A number is needed');
    expect(faultOf(sex, '')).toBeNull();
  });

  it('says what training saw', () => {
    expect(hintOf(age, '5')).toBe('1 … 80');
    expect(hintOf(age, '500')).toContain('outside of 1 … 80');
    expect(hintOf(age, '')).toBe('empty: 28 is used');
  });
});

describe('the export folder', () => {
  it('is named after model and run', () => {
    expect(exportFolderName('MNIST 300–100!', 3)).toBe('mnist-300-100-run-3');
    expect(exportFolderName('模型', 1)).toBe('model-run-1');
  });

  it('lies in the folder chosen', () => {
    expect(joinPath('/a/', 'b')).toBe('/a/b');
    expect(joinPath('C:\\a', 'b')).toBe('C:\\a\\b');
  });
});

describe('the result from the end of training', () => {
  const run = { bestEpoch: 3, epochsDone: 10, lastCheckpoint: { epoch: 10, step: 100, batch: 0 } };

  it('is of the last weights, not of the best of an earlier epoch', () => {
    expect(lastEpochOf(run)).toBe(10);
    expect(endedTraining(run, 'last')).toBe(true);
    expect(endedTraining(run, 'best')).toBe(false);
    expect(endedTraining(run, 'initial')).toBe(false);
  });

  it('is of the best weights too where the last epoch was the best, unless the last ones alone are averages', () => {
    expect(endedTraining({ ...run, bestEpoch: 10 }, 'best')).toBe(true);
    expect(endedTraining({ ...run, bestEpoch: 10 }, 'best', true)).toBe(false);
    expect(endedTraining({ ...run, bestEpoch: 10 }, 'last', true)).toBe(true);
  });
});
