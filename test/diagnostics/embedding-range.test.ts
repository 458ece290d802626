import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';

const document = sequentialDocument([
  { kind: 'Reshape', params: { targetShape: [1, 1] } },
  { kind: 'Embedding', params: { inputDim: 10, outputDim: 4 }, name: 'words' },
  { kind: 'Flatten' },
  dense(3, 'softmax'),
]);

function problems(column: Partial<Extract<FittedColumn, { type: 'numeric' }>>) {
  const columns: FittedColumn[] = [
    { type: 'numeric', name: 'word', offset: 0, scale: 1, fill: null, min: 0, max: 9, ...column },
  ];
  return analyze(document, { ...classFeatures([1], 3), columns }).problems;
}

test('values within the table give no problem', () => {
  expect(problems({})).toEqual([]);
});

test('values beyond the table: the fix enlarges the table', () => {
  const [problem] = problems({ max: 12 });
  expect(problem).toMatchObject({ code: 'layer/index-range', severity: 'error', nodeId: 'words' });
  expect(problem!.message).toMatchInlineSnapshot(
    `"Embedding 'words' expected whole numbers from 0 to 9; received 0 to 12 from the column 'word'. Set Input size (input_dim in Keras) to 13."`,
  );
  const change = changeForFix(document, problem!.fixes[0]!, () => 'new')!;
  const after = applyChange(document, change);
  expect(after.nodes.find(({ id }) => id === 'words')!.params['inputDim']).toBe(13);
});

test('negative and scaled values give problems', () => {
  expect(problems({ min: -1 })[0]).toMatchObject({ code: 'layer/index-range', severity: 'error', fixes: [] });
  expect(problems({ offset: 4, scale: 2 })[0]).toMatchObject({ severity: 'error' });
  expect(problems({ scale: 9 })[0]).toMatchObject({ severity: 'advice' });
});
