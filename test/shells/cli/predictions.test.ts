import { describe, expect, test } from 'vitest';
import { cells, columnsOf, header, jsonLine } from '../../../src-main/shells/cli/terminal/prediction-lines.ts';
import { confusions, describeTest, flatTest } from '../../../src-main/shells/cli/terminal/format.ts';
import type { RowPrediction } from '../../../src-shared/contract/run-results.ts';
import { runSummary } from '../../renderer/run-summary.ts';

const best = { checkpoint: 'best', epoch: 2 } as const;
const price = { output: 'main', target: 'price', value: 12.5, unit: 'USD' };
const kind = { output: 'side', target: 'kind', value: 'b', classes: ['a', 'b'], probabilities: [0.25, 0.75] };

describe('predictions of several outputs', () => {
  const row: RowPrediction = { predictions: [price, kind], warnings: ["'size': odd"] };

  test('have separate columns in CSV', () => {
    expect(header(columnsOf(row), false)).toBe('row,main: price (USD),side: kind,side: p(a),side: p(b)');
    expect(cells(7, null, row, 4)).toBe('7,12.5,b,0.25,0.75');
  });

  test('are a list in JSON', () => {
    expect(JSON.parse(jsonLine(7, null, row, best))).toEqual({
      row: 7,
      ...best,
      predictions: [price, kind],
      warnings: ["'size': odd"],
    });
  });
});

test('predictions of one output are flat, as in earlier versions', () => {
  expect(header(columnsOf({ predictions: [kind] }), false)).toBe('row,kind,p(a),p(b)');
  expect(header(columnsOf({ predictions: [price] }), false)).toBe('row,price (USD)');
  expect(JSON.parse(jsonLine(1, null, { predictions: [price] }, best))).toEqual({
    row: 1,
    ...best,
    value: 12.5,
    unit: 'USD',
  });
});

test('predictions of pictures name their files; one that cannot be read has no values', () => {
  const columns = columnsOf({ predictions: [kind] });
  expect(header(columns, true)).toBe('row,file,kind,p(a),p(b)');
  expect(cells(1, 'a, b.png', { predictions: [kind] }, columns.length)).toBe('1,"a, b.png",b,0.25,0.75');
  expect(cells(2, 'c.png', { predictions: [] }, columns.length)).toBe('2,c.png,,,');
  expect(JSON.parse(jsonLine(2, 'c.png', { predictions: [], warnings: ['no'] }, best))).toEqual({
    row: 2,
    file: 'c.png',
    predictions: [],
    warnings: ['no'],
    ...best,
  });
});

test('a test result of several outputs names them', () => {
  const confusion = [
    [4, 1],
    [0, 5],
  ];
  const result = {
    metrics: { loss: 0.5, main_loss: 0.3, side_loss: 0.2 },
    rows: 10,
    ...best,
    outputs: [
      { output: 'main', target: 'price', unit: 'USD', rmseOriginal: 1500, rmseRelative: 0.5 },
      { output: 'side', target: 'kind', confusion },
    ],
  };
  expect(describeTest(result, 'test', runSummary())).toEqual([
    'test (10 rows, best weights, epoch 2): loss 0.5  main_loss 0.3  side_loss 0.2',
    "main, price: RMSE 1,500 USD (0.50 of the target's standard deviation)",
  ]);
  expect(flatTest(result, runSummary())).toMatchObject({
    loss: 0.5,
    rows: 10,
    ...best,
    outputs: [{ output: 'main' }, { output: 'side' }],
  });
  expect(confusions(result)).toEqual({ confusions: { side: confusion } });
});

test('a test result of several labels has one confusion matrix for each', () => {
  const [garden, lift] = [[[4, 1], [0, 5]], [[7, 0], [1, 2]]]; // prettier-ignore
  const outputs = [
    { output: 'main', target: 'garden', confusion: garden },
    { output: 'main', target: 'lift', confusion: lift },
  ];
  expect(confusions({ metrics: {}, rows: 10, outputs })).toEqual({ confusions: { garden, lift } });
});
