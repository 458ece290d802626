import { expect, test } from 'vitest';
import { compileModel } from '../../src-shared/compiler/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/initial-weights.ts';
import { validateProgram } from '../../src-shared/program/validate.ts';
import { classFeatures, configurationWith, mlpDocument } from '../support/documents.ts';

test('784-300-100-10 compiles', () => {
  const result = compileModel(mlpDocument(), classFeatures([28, 28, 1], 10), configurationWith({ seed: 1 }));
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  const { model } = result;
  expect(model.analysis.parameters).toBe(266_610);
  expect(model.weights.map((weight) => weight.name)).toEqual([
    'hidden1/kernel',
    'hidden1/bias',
    'hidden2/kernel',
    'hidden2/bias',
    'classes/kernel',
    'classes/bias',
  ]);
  for (const program of [model.train, model.evaluate, model.predict]) expect(validateProgram(program)).toEqual([]);
  expect(initialWeights(model, 1).get('hidden1/kernel')).toHaveLength(784 * 300);
});
