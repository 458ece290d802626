import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { constraintArguments, constraintFormulas } from '../../src-shared/layers/weights/constraint.ts';
import { namedExpectation, resolveNamed } from '../../src-shared/layers/weights/named-arguments.ts';
import { regularizerArguments, regularizerFormulas } from '../../src-shared/layers/weights/regularizer.ts';
import { classFeatures, sequentialDocument } from '../support/documents.ts';

function problems(params: Record<string, JsonValue>) {
  const document = sequentialDocument([{ kind: 'Dense', name: 'fc', params: { units: 3, ...params } }]);
  return analyze(document, classFeatures([4], 3)).problems;
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

const invalid: readonly Record<string, JsonValue>[] = [
  { kernelRegularizer: 'l3' },
  { kernelRegularizer: { name: 'l1', l1: -1 } },
  { kernelRegularizer: { name: 'l1', l2: 1 } },
  { kernelRegularizer: { name: 'orthogonal', mode: 'both' } },
  { activityRegularizer: 3 },
  { kernelConstraint: { name: 'maxNorm', axis: [0, 0] } },
  { kernelConstraint: { name: 'maxNorm', axis: 0.5 } },
  { kernelConstraint: { name: 'minMaxNorm', rate: 1.5 } },
  { kernelConstraint: 'toString' },
  { kernelConstraint: { name: 'maxNorm', axis: 2 } },
  { kernelConstraint: { name: 'unitNorm', axis: [0, -2] } },
  { biasConstraint: { name: 'unitNorm', axis: 1 } },
  { kernelConstraint: { name: 'minMaxNorm', minValue: 2 } },
  { biasRegularizer: 'orthogonal' },
  { activityRegularizer: 'orthogonal' },
  { units: 1, kernelRegularizer: { name: 'orthogonal', mode: 'columns' } },
];

test.each(invalid)('%j is an error of the layer', (params) => {
  expect(problems(params)).toMatchObject([{ severity: 'error', nodeId: 'fc' }]);
});

test('messages of invalid regularizers and constraints', () => {
  expect(invalid.flatMap((params) => problems(params).map(({ message }) => message))).toMatchInlineSnapshot(`
    [
      "Dense 'fc' expected Kernel regularizer to be one of l1, l2, l1l2, orthogonal, or nothing; received 'l3'. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel regularizer to be l1 with l1 from 0 to 1000000, or nothing; received name 'l1', l1 -1. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel regularizer to be l1 with no arguments but l1, or nothing; received name 'l1', l2 1. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel regularizer to be orthogonal with mode one of rows, columns, or nothing; received name 'orthogonal', mode 'both'. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Activity regularizer to be one of l1, l2, l1l2, orthogonal, or an object with one of them as name and its arguments, or nothing; received 3. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel constraint to be maxNorm with axis one axis of the weight, or a list of different ones, or nothing; received name 'maxNorm', axis (0 and 0). Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel constraint to be maxNorm with axis one axis of the weight, or a list of different ones, or nothing; received name 'maxNorm', axis 0.5. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel constraint to be minMaxNorm with rate from 0 to 1, or nothing; received name 'minMaxNorm', rate 1.5. Set it to none (the default) or another such value.",
      "Dense 'fc' expected Kernel constraint to be one of maxNorm, nonNeg, unitNorm, minMaxNorm, or nothing; received 'toString'. Set it to none (the default) or another such value.",
      "Dense 'fc' cannot be built on its input. The constraint of kernel needs different axes from 0 to 1 of the weight's shape [4, 3]; received 2. Set axis to 0.",
      "Dense 'fc' cannot be built on its input. The constraint of kernel needs different axes from 0 to 1 of the weight's shape [4, 3]; received 0, -2. Set axis to 0.",
      "Dense 'fc' cannot be built on its input. The constraint of bias needs different axes from 0 to 0 of the weight's shape [3]; received 1. Set axis to 0.",
      "Dense 'fc' cannot be built on its input. The constraint of kernel needs a smallest norm of at most its largest; received 2 and 1. Make the smallest smaller.",
      "Dense 'fc' cannot be built on its input. The regularizer of bias needs rank 2; received 3. Choose another regularizer.",
      "Dense 'fc' cannot be built on its input. The regularizer of its activity needs mode columns, as a batch has no fixed number of rows; received 3. Choose another regularizer.",
      "Dense 'fc' cannot be built on its input. The regularizer of kernel needs 2 or more columns; received 4 × 1. Choose another regularizer.",
    ]
  `);
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
