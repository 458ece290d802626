import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { constraintArguments, constraintFormulas } from '../../src-shared/layers/weights/constraint.ts';
import { namedExpectation, resolveNamed } from '../../src-shared/layers/weights/named-arguments.ts';
import { regularizerArguments, regularizerFormulas } from '../../src-shared/layers/weights/regularizer.ts';
import { classFeatures, sequentialDocument } from '../support/documents.ts';

function problems(params: Record<string, JsonValue>): string[] {
  const document = sequentialDocument([{ kind: 'Dense', name: 'fc', params: { units: 3, ...params } }]);
  return analyze(document, classFeatures([4], 3)).problems.map((problem) => problem.message);
}

test('named l1l2 uses 0.01 for both terms; an object uses only the given terms', () => {
  expect(resolveNamed(regularizerArguments, 'l1l2').values).toEqual({ l1: 0.01, l2: 0.01 });
  expect(resolveNamed(regularizerArguments, { name: 'l1l2', l2: 0.5 }).values).toEqual({ l1: 0, l2: 0.5 });
  expect(resolveNamed(regularizerArguments, { name: 'l1' }).values).toEqual({ l1: 0.01 });
});

test('every regularizer and constraint has a formula', () => {
  expect(Object.keys(regularizerFormulas)).toEqual(Object.keys(regularizerArguments));
  expect(Object.keys(constraintFormulas)).toEqual(Object.keys(constraintArguments));
});

test.each<[Record<string, JsonValue>, string]>([
  [
    { kernelRegularizer: 'l3' },
    "expected Kernel regularizer to be one of l1, l2, l1l2, orthogonal, or nothing; received 'l3'",
  ],
  [{ kernelRegularizer: { name: 'l1', l1: -1 } }, 'to be l1 with l1 from 0 to 1000000, or nothing'],
  [{ kernelRegularizer: { name: 'l1', l2: 1 } }, 'to be l1 with no arguments but l1, or nothing'],
  [{ kernelRegularizer: { name: 'orthogonal', mode: 'both' } }, 'orthogonal with mode one of rows, columns'],
  [{ activityRegularizer: 3 }, 'or an object with one of them as name and its arguments, or nothing; received 3'],
  [{ kernelConstraint: { name: 'maxNorm', axis: [0, 0] } }, 'maxNorm with axis one axis of the weight'],
  [{ kernelConstraint: { name: 'maxNorm', axis: 0.5 } }, 'maxNorm with axis one axis of the weight'],
  [{ kernelConstraint: { name: 'minMaxNorm', rate: 1.5 } }, 'minMaxNorm with rate from 0 to 1'],
  [{ kernelConstraint: 'toString' }, 'one of maxNorm, nonNeg, unitNorm, minMaxNorm, or nothing'],
  [
    { kernelConstraint: { name: 'maxNorm', axis: 2 } },
    "The constraint of kernel needs different axes from 0 to 1 of the weight's shape [4, 3]; received 2. Set axis to 0.",
  ],
  [{ kernelConstraint: { name: 'unitNorm', axis: [0, -2] } }, 'received 0, -2. Set axis to 0.'],
  [{ biasConstraint: { name: 'unitNorm', axis: 1 } }, 'The constraint of bias needs'],
  [
    { kernelConstraint: { name: 'minMaxNorm', minValue: 2 } },
    'needs a smallest norm of at most its largest; received 2 and 1.',
  ],
  [{ biasRegularizer: 'orthogonal' }, 'The regularizer of bias needs rank 2; received'],
  [{ activityRegularizer: 'orthogonal' }, 'The regularizer of its activity needs mode columns'],
  [{ units: 1, kernelRegularizer: { name: 'orthogonal', mode: 'columns' } }, 'needs 2 or more columns'],
])('%j is a problem', (params, words) => {
  expect(problems(params).join('\n')).toContain(words);
});

test('the default is no regularizer and no constraint, also as null', () => {
  for (const layer of layers) {
    for (const { name, type, default: standard, advanced } of layer.parameters) {
      if (type.kind !== 'regularizer' && type.kind !== 'constraint') continue;
      expect([layer.kind, name, standard, advanced]).toEqual([layer.kind, name, null, true]);
    }
  }
  expect(problems({ kernelRegularizer: null, kernelConstraint: null })).toEqual(problems({}));
  expect(namedExpectation(constraintArguments, 'nonNeg')).toBeNull();
});
