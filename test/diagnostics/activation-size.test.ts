import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { LayerLine } from '../support/documents.ts';
import { classFeatures, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';

const flat: LayerLine[] = [{ kind: 'Flatten' }, dense(1)];

function problems(lines: LayerLine[], inputShape: number[]) {
  return analyze(sequentialDocument(lines), numericFeatures(inputShape)).problems;
}

test('activation size across layers is limited to 268435456 values per example', () => {
  const larger = { kind: 'UpSampling1D', params: { size: 1000 } };
  const pool = { kind: 'GlobalAveragePooling1D' };
  const [problem, ...more] = problems([larger, larger, { ...larger, name: 'third' }, pool, dense(1)], [2, 4]);
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ code: 'layer/shape', severity: 'error', nodeId: 'third' });
  expect(problem!.message).toMatchInlineSnapshot(
    `"UpSampling1D 'third' cannot be built on its input. Expected at most 268435456 values per example; received 2000000000 × 4 (8000000000 values). Set smaller parameters, or pool or crop before it."`,
  );
  expect(problems([larger, larger, pool, dense(1)], [2, 4])).toEqual([]);
});

test('the output of RepeatVector has the same limit', () => {
  const repeated = (n: number) =>
    problems([dense(1000, 'relu'), { kind: 'RepeatVector', params: { n } }, ...flat], [4]);
  expect(repeated(100)).toEqual([]);
  expect(repeated(1_000_000).map(({ code }) => code)).toEqual(['layer/shape']);
});

test('intermediate values such as attention scores have the same limit', () => {
  const attention = { kind: 'MultiHeadAttention', params: { numHeads: 1, keyDim: 2 } };
  const lines = [{ kind: 'RepeatVector', params: { n: 20_000 } }, attention, { kind: 'GlobalAveragePooling1D' }];
  const found = analyze(sequentialDocument([...lines, dense(3, 'softmax')]), classFeatures([2], 3)).problems;
  expect(found.map(({ code }) => code)).toContain('layer/shape');
  expect(found.map(({ message }) => message).join()).toContain('20000 × 20000');
});
