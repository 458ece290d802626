import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { graphProblemSchema } from '../../src-shared/document/schema/problem.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { printExpression } from '../../src-shared/expression/print.ts';
import { trainingConfigurationSchema } from '../../src-shared/training/configuration/configuration.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { classFeatures, configurationWith, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import { seedsOf } from '../support/portion.ts';
import { Dice, everything, randomExpression } from '../support/expressions.ts';

/** A formula as people type it: mostly valid, sometimes with an extra or missing character. */
function randomFormula(dice: Dice, variables: readonly [string, ...string[]]): string {
  const random = printExpression(randomExpression(dice, { ...everything, variables }, dice.below(5)));
  const text = dice.below(3) > 0 ? `${variables[0]} + (${random})` : random;
  if (dice.below(6) > 0) return text;
  const at = dice.below(text.length + 1);
  return text.slice(0, at) + dice.pick(['', '(', ')', '+', 'x', ',', '#', ' ', '0']) + text.slice(at + dice.below(2));
}

const parameters: readonly JsonValue[] = [
  [],
  [{ name: 'alpha', initial: 0.5, perValue: true }],
  [{ name: 'alpha', initial: 1e6, perValue: false }],
  [{ name: 'x', initial: 1, perValue: false }],
  [{ name: 'alpha' }],
  'alpha',
];

const features = [numericFeatures([4]), numericFeatures([2, 3]), classFeatures([4], 2), classFeatures([3, 2], 3)];
const seeds = seedsOf('formulas', { quick: 21, ci: 100, soak: 2000 });
let compiled = 0;

test.each(seeds)('a random formula is analyzed, and compiled if it has no errors (seed %i)', (seed) => {
  const dice = new Dice(seed, 'formula-fuzz');
  for (let round = 0; round < 50; round++) {
    const given = dice.pick(features);
    const [target] = given.targets;
    const units = target?.kind === 'classes' && target.classes.length > 2 ? target.classes.length : 1;
    const declared = dice.below(3) === 0;
    const params = {
      formula: randomFormula(dice, declared ? ['a', 'x', 'alpha'] : ['a', 'x']),
      parameters: declared ? dice.pick(parameters) : [],
    };
    const document = sequentialDocument([
      { kind: 'Dense', params: { units: 3, activation: dice.pick(['relu', { formula: randomFormula(dice, ['x']) }]) } },
      { kind: 'Formula', params },
      { kind: 'Flatten' },
      dense(units, dice.pick(['linear', 'softmax'])),
    ]);
    const goals = trainingConfigurationSchema.safeParse({
      ...configurationWith({}),
      loss: dice.pick(['auto', { formula: randomFormula(dice, ['y_pred', 'y_true']) }]),
      metrics: dice.pick([[], [{ name: 'own', formula: randomFormula(dice, ['y_pred', 'y_true']) }]]),
    });
    const configuration = goals.data ?? configurationWith({});
    for (const problem of analyze(document, given, configuration).problems) graphProblemSchema.parse(problem);
    const result = compileModel(document, given, configuration);
    if (!result.ok) continue;
    compiled++;
    for (const program of [
      result.model.programs.train,
      result.model.programs.evaluate,
      result.model.programs.predict,
    ]) {
      expect(validateProgram(program)).toEqual([]);
    }
  }
});

test('at least some random formulas compile', () => {
  expect(compiled).toBeGreaterThan(100);
});
